#pragma once

/// Texts as strings of JSON, which are strings of TOML as well.

#include <string>
#include <string_view>

namespace renoir::detail {

/// `value` between quotes; quotes, backslashes and control characters are escaped.
[[nodiscard]] std::string quoted_string(std::string_view value);

}  // namespace renoir::detail
