#pragma once

/// "did you mean" for words that a user misspelt.

#include <span>
#include <string>
#include <string_view>

namespace renoir::detail {

/// The text `did you mean 'x'?` for the candidate closest to `word`, or nothing if none is close.
[[nodiscard]] std::string did_you_mean(std::string_view word,
                                       std::span<const std::string_view> candidates);

}  // namespace renoir::detail
