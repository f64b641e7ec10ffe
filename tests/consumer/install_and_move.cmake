# cmake -DBUILD=... -DPREFIX=... -P: installs a build and moves the result to PREFIX, so that a path
# of the place where it was installed breaks what comes after.

file(REMOVE_RECURSE "${PREFIX}" "${PREFIX}-at-first")
execute_process(COMMAND "${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${PREFIX}-at-first"
                COMMAND_ERROR_IS_FATAL ANY)
file(RENAME "${PREFIX}-at-first" "${PREFIX}")
