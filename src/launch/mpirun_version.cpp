#include "launch/mpirun_version.hpp"

#include <renoir/base/error.hpp>

#include <charconv>
#include <cstddef>
#include <utility>

namespace renoir::launch {
namespace {

Error unusable(const std::string& what) {
    return {ErrorKind::configuration,
            "mpirun in PATH is " + what + "; install Open MPI 4.1 or a later version"};
}

/// Major and minor number of "4.1.4" or "5.0.11rc1"; zeros for anything else.
std::pair<unsigned, unsigned> major_and_minor(std::string_view number) {
    std::pair<unsigned, unsigned> parts{0, 0};
    const char* const end = number.data() + number.size();
    const auto [dot, error] = std::from_chars(number.data(), end, parts.first);
    if (error != std::errc{} || dot == end || *dot != '.') return {0, 0};
    std::from_chars(dot + 1, end, parts.second);
    return parts;
}

}  // namespace

MpirunVersion mpirun_version(std::string_view text) {
    constexpr std::string_view mark = "(Open MPI) ";
    const std::size_t begin = text.find(mark);
    if (begin == text.npos) throw unusable("not that of Open MPI");
    text.remove_prefix(begin + mark.size());
    const std::string_view number = text.substr(0, text.find_first_of(" \r\n"));
    const auto [major, minor] = major_and_minor(number);
    if (major < 4 || (major == 4 && minor < 1)) {
        throw unusable("that of Open MPI " + std::string(number));
    }
    return {major == 4 ? MpirunFamily::open_mpi_4 : MpirunFamily::open_mpi_5, std::string(number)};
}

}  // namespace renoir::launch
