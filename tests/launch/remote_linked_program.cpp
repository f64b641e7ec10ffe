// A program with a shared library that the hosts lack, for remote_copy_test.py.

#include <renoir/renoir.hpp>

int version_of_remote_library();

int main(int argc, char** argv) {
    const auto [config, args] = renoir::RuntimeConfig::from_args(argc, argv);
    const renoir::StreamContext ctx(config);
    return version_of_remote_library() == 1 ? 0 : 1;
}
