#pragma once

/// Numbers as people write them on a command line.

#include <cstdint>
#include <string>

namespace generate {

/// Reads a whole number from 1 to `largest`, with an optional suffix K, M, G or T for thousands,
/// millions and so on: `500M` is 500,000,000.
///
/// Throws renoir::Error (configuration) that names the option when it is anything else.
[[nodiscard]] std::uint64_t parse_size(const std::string& option, const std::string& text,
                                       std::uint64_t largest);

}  // namespace generate
