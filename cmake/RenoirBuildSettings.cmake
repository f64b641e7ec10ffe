# How this project's own targets are compiled. Nothing here reaches the programs of users.

if(PROJECT_IS_TOP_LEVEL)
  if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
  endif()
  set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
  find_program(RENOIR_CCACHE ccache)
  if(RENOIR_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${RENOIR_CCACHE}")
  endif()
endif()

function(renoir_build_settings target)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON)
  if(RENOIR_DEVELOPER)
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
  endif()
  if(RENOIR_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${RENOIR_SANITIZE} -fno-omit-frame-pointer
                                             -fno-sanitize-recover=all -O1)
    target_link_options(${target} PUBLIC -fsanitize=${RENOIR_SANITIZE})
    # What sanitizers add to the code makes GCC see paths that are none; its manual advises against
    # -Werror with them. The same code is compiled without them, where this warning is an error.
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      target_compile_options(${target} PRIVATE -Wno-error=maybe-uninitialized)
    endif()
  endif()
endfunction()
