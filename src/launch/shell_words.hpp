#pragma once

/// Words for a shell.

#include <span>
#include <string>
#include <string_view>

namespace renoir::launch {

/// `word` written so that a shell reads exactly it, whatever bytes it has (a shell knows no byte
/// 0). Quotes only where they are needed.
[[nodiscard]] std::string shell_quoted(std::string_view word);

/// The words with blanks between, each quoted.
[[nodiscard]] std::string shell_line(std::span<const std::string> words);

}  // namespace renoir::launch
