#include "text/quoted_string.hpp"

namespace renoir::detail {

std::string quoted_string(std::string_view value) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text = "\"";
    for (const char letter : value) {
        const auto code = static_cast<unsigned char>(letter);
        if (letter == '"' || letter == '\\') {
            text.append(1, '\\').append(1, letter);
        } else if (code < ' ' || code == 0x7f) {
            text.append("\\u00").append(1, digits[code / 16]).append(1, digits[code % 16]);
        } else {
            text += letter;
        }
    }
    return text + '"';
}

}  // namespace renoir::detail
