# Compiles SOURCE with its mistake; succeeds when the compiler refuses it and says what the lines
# "// expects: TEXT" of SOURCE ask for.

file(STRINGS "${SOURCE}" expectations REGEX "^// expects: ")
if(NOT expectations)
  message(FATAL_ERROR "${SOURCE} does not say what message it expects")
endif()

string(REPLACE "|" ";" folders "${INCLUDES}")
list(TRANSFORM folders PREPEND "-I")
execute_process(COMMAND "${COMPILER}" -std=c++20 -fsyntax-only -DWITH_MISTAKE ${folders} "${SOURCE}"
                RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(result EQUAL 0)
  message(FATAL_ERROR "${SOURCE} compiles with its mistake")
endif()

foreach(expectation IN LISTS expectations)
  string(REPLACE "// expects: " "" text "${expectation}")
  string(FIND "${output}" "${text}" position)
  if(position EQUAL -1)
    message(FATAL_ERROR "the compiler does not mention '${text}':\n${output}")
  endif()
endforeach()
