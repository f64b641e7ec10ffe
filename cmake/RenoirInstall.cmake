# cmake --install: headers, library, the program renoir-hosts, CMake package `renoir` and pkg-config
# file. Everything is found relative to where the files are, so that an installed tree may be moved.

include(CMakePackageConfigHelpers)

set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/renoir")
set(pkgconfig_folder "${CMAKE_INSTALL_LIBDIR}/pkgconfig")

set(libraries renoir)
if(TARGET renoir_testing)
  list(APPEND libraries renoir_testing)
endif()

install(TARGETS ${libraries} EXPORT renoir-targets)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
        FILES_MATCHING PATTERN "*.hpp")
install(EXPORT renoir-targets NAMESPACE renoir:: DESTINATION "${package_folder}")

cmake_path(RELATIVE_PATH CMAKE_INSTALL_FULL_LIBDIR BASE_DIRECTORY "${CMAKE_INSTALL_FULL_BINDIR}"
           OUTPUT_VARIABLE libraries_from_programs)
set_target_properties(renoir-hosts PROPERTIES INSTALL_RPATH "$ORIGIN/${libraries_from_programs}")
install(TARGETS renoir-hosts)

# Components of their own, since only their users need CLI11 or the header of MPI.
foreach(component cli mpi)
  install(TARGETS renoir_${component} EXPORT renoir-${component}-targets)
  install(EXPORT renoir-${component}-targets NAMESPACE renoir:: DESTINATION "${package_folder}")
endforeach()

# What a user has to find follows from what the libraries link. A shared library keeps its private
# dependencies to itself; a static one hands them on, as $<LINK_ONLY:...>.
set(linked)
foreach(library IN LISTS libraries)
  get_target_property(interface ${library} INTERFACE_LINK_LIBRARIES)
  list(APPEND linked "${interface}")
endforeach()

# renoir_dependency(TARGET FIND_COMMAND [PKGCONFIG_MODULE...]), the modules by preference
macro(renoir_dependency target find_command)
  if("${linked}" MATCHES "${target}[;>]|${target}$")
    string(APPEND RENOIR_FIND_DEPENDENCIES "${find_command}\n")
    foreach(module ${ARGN})
      pkg_check_modules(RENOIR_PC_${module} QUIET "${module}")
      # A header-only build of a private dependency may have no module, and needs none.
      if(RENOIR_PC_${module}_FOUND)
        list(APPEND RENOIR_PC_REQUIRES "${module}")
        break()
      endif()
    endforeach()
  endif()
endmacro()

set(RENOIR_FIND_DEPENDENCIES "")
set(RENOIR_PC_REQUIRES "")
renoir_dependency(Threads::Threads "find_dependency(Threads)")
renoir_dependency(Boost::headers "find_dependency(Boost 1.81 CONFIG)")
renoir_dependency(tomlplusplus::tomlplusplus "find_dependency(tomlplusplus)" tomlplusplus)
renoir_dependency(MPI::MPI_CXX "set(MPI_CXX_SKIP_MPICXX ON)\nfind_dependency(MPI COMPONENTS CXX)"
                  ompi-c mpich)
renoir_dependency(PkgConfig::HWLOC "renoir_find_module(HWLOC hwloc)" hwloc)
renoir_dependency(PkgConfig::LIBSSH2 "renoir_find_module(LIBSSH2 libssh2)" libssh2)
renoir_dependency(ZLIB::ZLIB "find_dependency(ZLIB)" zlib)
renoir_dependency(PkgConfig::ZSTD "renoir_find_module(ZSTD libzstd)" libzstd)

configure_package_config_file(
  "${PROJECT_SOURCE_DIR}/cmake/renoir-config.cmake.in" "${PROJECT_BINARY_DIR}/renoir-config.cmake"
  INSTALL_DESTINATION "${package_folder}" NO_SET_AND_CHECK_MACRO)
# Before 1.0 a new minor version may change the interface.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/renoir-config-version.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/renoir-config.cmake"
              "${PROJECT_BINARY_DIR}/renoir-config-version.cmake"
        DESTINATION "${package_folder}")

cmake_path(RELATIVE_PATH CMAKE_INSTALL_FULL_INCLUDEDIR
           BASE_DIRECTORY "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig"
           OUTPUT_VARIABLE RENOIR_PC_INCLUDES)
list(JOIN RENOIR_PC_REQUIRES ", " RENOIR_PC_REQUIRES)
# Boost has no pkg-config module; compilers look into /usr/include by themselves.
set(RENOIR_PC_BOOST "")
if(Boost_INCLUDE_DIRS AND NOT Boost_INCLUDE_DIRS STREQUAL "/usr/include")
  set(RENOIR_PC_BOOST " -I${Boost_INCLUDE_DIRS}")
endif()
configure_file("${PROJECT_SOURCE_DIR}/cmake/renoir.pc.in" "${PROJECT_BINARY_DIR}/renoir.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/renoir.pc" DESTINATION "${pkgconfig_folder}")
