"""Executes package.py against a stand-in for Spack and compares it with the CMake files.

Spack itself is not needed. Usage: package_recipe_test.py REPOSITORY
"""

import pathlib
import re
import runpy
import sys
import types
import unittest

ROOT = pathlib.Path(sys.argv.pop(1))

# Which Spack package brings what the CMake files look for; None is what needs no package.
SPACK_NAMES = {
    "Threads": None,
    "PkgConfig": "pkgconfig",
    "Boost": "boost",
    "tomlplusplus": "tomlplusplus",
    "CLI11": "cli11",
    "hwloc": "hwloc",
    "libssh2": "libssh2",
    "MPI": "mpi",
    "ZLIB": "zlib-api",
    "libzstd": "zstd",
}


class FakeCMakePackage:
    run_tests = True

    def define(self, option, value):
        return option, value

    def define_from_variant(self, option, variant):
        return option, f"variant {variant}"


def execute_recipe():
    """Returns the recipe's class and its directives as (name, arguments, options)."""
    calls = []

    def recorder(name):
        return lambda *arguments, **options: calls.append((name, arguments, options))

    names = ["license", "version", "variant", "generator", "depends_on", "conflicts"]
    fakes = {
        "spack_repo": {},
        "spack_repo.builtin": {},
        "spack_repo.builtin.build_systems": {},
        "spack_repo.builtin.build_systems.cmake": {"CMakePackage": FakeCMakePackage},
        "spack": {},
        "spack.package": {name: recorder(name) for name in names},
    }
    for name, content in fakes.items():
        module = types.ModuleType(name)
        module.__dict__.update(content)
        sys.modules[name] = module
    return runpy.run_path(str(ROOT / "package.py"))["Renoir"], calls


class PackageRecipe(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.recipe, cls.calls = execute_recipe()

    def first_arguments(self, directive):
        return [arguments[0] for name, arguments, _ in self.calls if name == directive]

    def cmake_text(self, *files):
        return "\n".join((ROOT / file).read_text(encoding="utf-8") for file in files)

    def test_every_library_that_cmake_looks_for_is_a_dependency(self):
        text = self.cmake_text("cmake/RenoirDependencies.cmake")
        wanted = re.findall(r"find_package\((\w+)", text)
        wanted += re.findall(r"pkg_check_modules\(\w+(?: REQUIRED)? IMPORTED_TARGET (\w+)", text)
        dependencies = {spec.split("@")[0] for spec in self.first_arguments("depends_on")}
        self.assertGreaterEqual(len(wanted), 8)
        for name in wanted:
            self.assertIn(name, SPACK_NAMES, "a new library needs a line here and in package.py")
            if SPACK_NAMES[name]:
                self.assertIn(SPACK_NAMES[name], dependencies)

    def test_every_option_it_sets_exists_in_cmake(self):
        text = self.cmake_text("CMakeLists.txt", "cmake/RenoirDependencies.cmake")
        options = set(re.findall(r"option\((\w+)", text)) | {"BUILD_SHARED_LIBS"}
        arguments = self.recipe().cmake_args()
        self.assertGreaterEqual(len(arguments), 5)
        for option, _ in arguments:
            self.assertIn(option, options)

    def test_every_variant_reaches_cmake(self):
        variants = set(self.first_arguments("variant"))
        values = [value for _, value in self.recipe().cmake_args()]
        used = {str(value).split()[1] for value in values if str(value).startswith("variant")}
        self.assertEqual(used, variants)

    def test_a_build_for_users_has_neither_tests_nor_programs(self):
        recipe = self.recipe()
        recipe.run_tests = False
        arguments = dict(recipe.cmake_args())
        self.assertIs(arguments["RENOIR_TESTS"], False)
        self.assertIs(arguments["RENOIR_APPS"], False)

    def test_cmake_is_as_new_as_the_project_demands(self):
        minimum = re.search(
            r"cmake_minimum_required\(VERSION ([\d.]+)\)", self.cmake_text("CMakeLists.txt")
        ).group(1)
        self.assertIn(f"cmake@{minimum}:", self.first_arguments("depends_on"))


if __name__ == "__main__":
    unittest.main()
