// What scripts/bench-remote runs on hosts: `chatter LINES` prints so many lines on each rank;
// `chatter wait FILE` prints one, and ends when the file is there.

#include <renoir/base/uncaught.hpp>
#include <renoir/renoir.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>

int main(int argc, char** argv) {
    auto [config, args] = renoir::RuntimeConfig::from_args(argc, argv);
    config.spawn_remote_workers();
    if (args.size() > 2) {
        std::puts("waiting");
        std::fflush(stdout);
        while (!std::filesystem::exists(std::string(args.at(2)))) {
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
        return 0;
    }
    const long lines = std::atol(std::string(args.at(1)).c_str());
    for (long line = 0; line < lines; ++line) std::printf("line %ld of a rank that prints\n", line);
    return 0;
}
