# Target check-headers: compiles every public header by itself, with the flags of this build, so that
# no header needs another one before it.

file(GLOB_RECURSE public_headers CONFIGURE_DEPENDS RELATIVE "${PROJECT_SOURCE_DIR}/include"
     "${PROJECT_SOURCE_DIR}/include/renoir/*.hpp")
set(header_sources)
foreach(header IN LISTS public_headers)
  string(REPLACE ".hpp" ".cpp" source "${PROJECT_BINARY_DIR}/check-headers/${header}")
  file(CONFIGURE OUTPUT "${source}" CONTENT "#include <${header}>\n")
  list(APPEND header_sources "${source}")
endforeach()

add_library(check-headers OBJECT EXCLUDE_FROM_ALL ${header_sources})
target_link_libraries(check-headers PRIVATE renoir::renoir renoir::cli renoir::mpi)
renoir_build_settings(check-headers)
