# cmake -DPROGRAM=... -DINPUT=... -DEXPECTED=... -P: runs the program on the input; its lines, in
# whatever order, must be those of the sorted file EXPECTED.

execute_process(COMMAND "${PROGRAM}" "${INPUT}" OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^\n]+" lines "${output}")
list(SORT lines)
file(STRINGS "${EXPECTED}" expected)
if(NOT lines STREQUAL expected)
  message(FATAL_ERROR "the program printed\n${output}\nand not the lines of ${EXPECTED}")
endif()
list(LENGTH lines count)
message(STATUS "${count} lines as expected")
