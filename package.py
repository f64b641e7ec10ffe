"""Spack recipe; spack_repo/<namespace>/packages/renoir/package.py links to it."""

import pathlib

from spack_repo.builtin.build_systems.cmake import CMakePackage

from spack.package import *


class Renoir(CMakePackage):
    """Typed stream and batch dataflow for C++20: pipelines that run on all cores."""

    # The checkout that this file belongs to.
    git = f"file://{pathlib.Path(__file__).resolve().parent}"

    license("Apache-2.0")

    version("main", branch="main")

    variant("shared", default=True, description="Build a shared library")
    variant("zlib", default=True, description="Read gzip files")
    variant("zstd", default=True, description="Read zstd files")

    generator("ninja")

    depends_on("cxx", type="build")
    depends_on("cmake@3.24:", type="build")
    depends_on("pkgconfig", type="build")

    depends_on("boost@1.81:")
    depends_on("cli11@2.1:")
    depends_on("hwloc@2.5:")
    depends_on("libssh2@1.10:")
    depends_on("mpi@3.1:")
    depends_on("tomlplusplus@3.3:")
    depends_on("zlib-api", when="+zlib")
    depends_on("zstd@1.5:", when="+zstd")

    depends_on("catch2@2.13:", type="test")
    depends_on("python@3.9:", type="test")

    conflicts("%gcc@:11", msg="renoir needs GCC 12 or newer (C++20)")
    conflicts("%clang@:15", msg="renoir needs Clang 16 or newer (C++20)")

    def cmake_args(self):
        return [
            self.define_from_variant("BUILD_SHARED_LIBS", "shared"),
            self.define_from_variant("RENOIR_ZLIB", "zlib"),
            self.define_from_variant("RENOIR_ZSTD", "zstd"),
            # Programs are not installed; the tests run them.
            self.define("RENOIR_APPS", self.run_tests),
            self.define("RENOIR_TESTS", self.run_tests),
        ]
