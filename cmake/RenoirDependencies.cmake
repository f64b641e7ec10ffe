# Every library comes from the system (Debian packages or Spack); nothing is downloaded.

find_package(Threads REQUIRED)

# unordered_flat_map needs Boost 1.81; Debian 12 has it beside an older default.
find_package(Boost 1.81 REQUIRED CONFIG)
find_package(tomlplusplus REQUIRED)
find_package(CLI11 REQUIRED)

# The functions of C only; the old C++ interface is a library of its own.
set(MPI_CXX_SKIP_MPICXX ON)
find_package(MPI REQUIRED COMPONENTS CXX)

find_package(PkgConfig REQUIRED)
pkg_check_modules(HWLOC REQUIRED IMPORTED_TARGET hwloc)
pkg_check_modules(LIBSSH2 REQUIRED IMPORTED_TARGET libssh2)

# Optional: without them compressed files are refused with a message that says why.
option(RENOIR_ZLIB "Read gzip files, where zlib is found" ON)
option(RENOIR_ZSTD "Read zstd files, where libzstd is found" ON)
if(RENOIR_ZLIB)
  find_package(ZLIB)
endif()
if(RENOIR_ZSTD)
  pkg_check_modules(ZSTD IMPORTED_TARGET libzstd)
endif()
