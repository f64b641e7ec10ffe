#pragma once

/// Names that nobody else has.

#include <string>

namespace renoir::launch {

/// 16 hexadecimal digits, which nobody can guess.
[[nodiscard]] std::string random_name();

}  // namespace renoir::launch
