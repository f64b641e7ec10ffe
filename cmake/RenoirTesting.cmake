# Catch2 v2 (Debian 12) and v3 (Spack) both serve; tests include "catch.hpp" of tests/support.
find_package(Catch2 REQUIRED)
include(Catch)

add_library(renoir_test_main OBJECT "${PROJECT_SOURCE_DIR}/tests/support/test_main.cpp")
target_include_directories(renoir_test_main PUBLIC "${PROJECT_SOURCE_DIR}/tests/support")
target_compile_features(renoir_test_main PUBLIC cxx_std_20)
target_link_libraries(renoir_test_main PUBLIC Catch2::Catch2)

# renoir_add_test(NAME SOURCES... [LIBRARIES ...]): one test program whose cases CTest runs one by
# one, each with a timeout so that a hang is a failure. Sanitizers take several times as long.
function(renoir_add_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "SOURCES;LIBRARIES")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_SOURCES)
    message(FATAL_ERROR "renoir_add_test(${name}): expected SOURCES, found '${arg_UNPARSED_ARGUMENTS}'")
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  if(RENOIR_SANITIZE)
    math(EXPR arg_TIMEOUT "3 * ${arg_TIMEOUT}")
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE renoir::renoir renoir_test_main ${arg_LIBRARIES})
  # Tests may look inside: they see the private headers too.
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/src")
  renoir_build_settings(${name})
  catch_discover_tests(${name} TEST_PREFIX "${name}: " PROPERTIES TIMEOUT ${arg_TIMEOUT})
endfunction()
