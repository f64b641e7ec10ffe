#include "sizes.hpp"

#include <charconv>
#include <optional>
#include <renoir/base/error.hpp>
#include <string_view>

namespace generate {

namespace {

std::optional<std::uint64_t> multiplier(std::string_view suffix) {
    if (suffix.empty()) return 1;
    if (suffix == "K" || suffix == "k") return 1'000;
    if (suffix == "M") return 1'000'000;
    if (suffix == "G") return 1'000'000'000;
    if (suffix == "T") return 1'000'000'000'000;
    return std::nullopt;
}

}  // namespace

std::uint64_t parse_size(const std::string& option, const std::string& text,
                         std::uint64_t largest) {
    const char* const end = text.data() + text.size();
    std::uint64_t number = 0;
    const auto [rest, problem] = std::from_chars(text.data(), end, number);
    const auto factor = multiplier({rest, static_cast<std::size_t>(end - rest)});
    if (problem != std::errc{} || !factor || number == 0 || number > largest / *factor) {
        throw renoir::Error(renoir::ErrorKind::configuration,
                            option + " is '" + text + "'; give a whole number from 1 to " +
                                std::to_string(largest) + ", written out or with K, M, G or T");
    }
    return number * *factor;
}

}  // namespace generate
