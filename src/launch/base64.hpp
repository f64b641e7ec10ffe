#pragma once

/// Base64 as keys are written in: the alphabet with + and /.

#include <optional>
#include <string>
#include <string_view>

namespace renoir::launch {

/// With the `=` at the end that make the length a multiple of four.
[[nodiscard]] std::string base64_encoded(std::string_view bytes);

/// The bytes, or nothing when the text is no Base64. The `=` at the end may be missing.
[[nodiscard]] std::optional<std::string> base64_decoded(std::string_view text);

}  // namespace renoir::launch
