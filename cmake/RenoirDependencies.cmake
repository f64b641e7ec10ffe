# Every library comes from the system (Debian packages or Spack); nothing is downloaded.

find_package(Threads REQUIRED)

# unordered_flat_map needs Boost 1.81; Debian 12 has it beside an older default.
find_package(Boost 1.81 REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(CLI11 REQUIRED)
find_package(spdlog REQUIRED)

find_package(PkgConfig REQUIRED)
pkg_check_modules(HWLOC REQUIRED IMPORTED_TARGET hwloc)

find_package(ZLIB)
pkg_check_modules(ZSTD IMPORTED_TARGET libzstd)
