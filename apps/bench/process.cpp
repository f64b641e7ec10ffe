#include "process.hpp"

#include <sys/resource.h>

#include <fstream>
#include <stdexcept>
#include <string>

namespace bench {

namespace {

double seconds_of_time(const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

/// A line of /proc/self/status that tells kilobytes, see proc(5). (What getrusage() tells of memory
/// includes the program that started this one.)
std::int64_t status_bytes(const std::string& name) {
    constexpr std::int64_t unit = 1024;
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        std::int64_t value = 0;
        if (word == name && status >> value) return value * unit;
    }
    throw std::runtime_error("/proc/self/status, which tells the memory in use, has no " + name);
}

}  // namespace

double processor_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return seconds_of_time(usage.ru_utime) + seconds_of_time(usage.ru_stime);
}

std::int64_t resident_bytes() {
    return status_bytes("VmRSS:");
}

std::int64_t most_resident_bytes() {
    return status_bytes("VmHWM:");
}

}  // namespace bench
