#include "shared/program.hpp"

#include <sched.h>

#include <cstdio>
#include <iostream>

#include "shared/failure.hpp"

namespace baseline {

namespace {

unsigned usable_cores() {
    cpu_set_t mask;
    CPU_ZERO(&mask);
    if (sched_getaffinity(0, sizeof mask, &mask) != 0) return 1;
    return static_cast<unsigned>(CPU_COUNT(&mask));
}

}  // namespace

Program::Program(const std::string& name, const std::string& description)
    : name_(name), arguments_(description, name) {
    arguments_.add_option("--threads", request_.threads, "threads, by default one for each core")
        ->check(CLI::Range(1, 1024));
    arguments_.add_flag("--json", json_, "end with a line for programs");
}

void Program::describe_output(const std::string& lines) {
    arguments_.add_option("--output", request_.output, "file for " + lines);
}

int Program::run(int argc, char** argv, const std::function<Summary(const Request&)>& work) {
    try {
        arguments_.parse(argc, argv);
        if (request_.threads == 0) request_.threads = usable_cores();
        print(work(request_));
        return 0;
    } catch (const CLI::ParseError& problem) {
        if (problem.get_exit_code() == 0) return arguments_.exit(problem);
        std::cerr << "error: " << problem.what() << "; see '" << name_ << " --help'\n";
        return 2;
    } catch (const Failure& failure) {
        std::cerr << "error: " << failure.what() << '\n';
        return failure.exit_code();
    } catch (const std::exception& problem) {
        std::cerr << "error: " << problem.what() << "; try fewer threads or a smaller input\n";
        return 1;
    }
}

void Program::print(const Summary& summary) const {
    std::printf("%s, %.3f s\n", summary.text.c_str(), summary.seconds);
    if (!json_) return;
    std::printf(R"({"app":"%s","seconds":%.6f,"items":%ju,"ranks":1,"workers":%u)", name_.c_str(),
                summary.seconds, std::uintmax_t{summary.items}, request_.threads);
    if (!summary.result.empty()) std::printf(R"(,"result":"%s")", summary.result.c_str());
    std::printf("}\n");
}

}  // namespace baseline
