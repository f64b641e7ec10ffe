#include "launch/node_names.hpp"

#include <renoir/base/error.hpp>

#include <charconv>

namespace renoir::launch {
namespace {

constexpr std::string_view prefix = "240.0.";

/// A number up to 255 without leading zeros at the begin of `text`, which is shortened by it.
std::optional<std::size_t> take_byte(std::string_view& text) {
    unsigned value = 0;
    const char* const begin = text.data();
    const auto [end, error] = std::from_chars(begin, begin + text.size(), value);
    const auto length = static_cast<std::size_t>(end - begin);
    const bool has_leading_zero = length > 1 && text.front() == '0';
    if (error != std::errc{} || value > 255 || has_leading_zero) return std::nullopt;
    text.remove_prefix(length);
    return value;
}

/// The entry whose name `text` begins with; `text` is shortened by the name.
std::optional<std::size_t> take_node(std::string_view& text) {
    std::string_view rest = text;
    if (!rest.starts_with(prefix)) return std::nullopt;
    rest.remove_prefix(prefix.size());
    const auto high = take_byte(rest);
    if (!high || !rest.starts_with('.')) return std::nullopt;
    rest.remove_prefix(1);
    const auto low = take_byte(rest);
    if (!low || (*high == 0 && *low == 0)) return std::nullopt;
    text = rest;
    return *high * 256 + *low - 1;
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Whether an address that ends before `rest` would go on there: "240.0.0.1" in "240.0.0.1.5".
bool goes_on(std::string_view rest) {
    if (rest.empty()) return false;
    return is_digit(rest[0]) || (rest[0] == '.' && rest.size() > 1 && is_digit(rest[1]));
}

/// Whether an address that begins after `before` would have begun earlier: in "1240.0.0.1".
bool began_earlier(std::string_view before) {
    return !before.empty() && (is_digit(before.back()) || before.back() == '.');
}

}  // namespace

std::string node_name(std::size_t entry) {
    if (entry >= max_entries) {
        throw Error(ErrorKind::configuration, "there are more than " + std::to_string(max_entries) +
                                                  " entries of hosts; use fewer entries with "
                                                  "more cores each");
    }
    const std::size_t number = entry + 1;
    std::string name(prefix);
    return name.append(std::to_string(number / 256))
        .append(".")
        .append(std::to_string(number % 256));
}

std::optional<std::size_t> entry_of_node(std::string_view name) {
    const auto entry = take_node(name);
    return name.empty() ? entry : std::nullopt;
}

std::string with_addresses(std::string_view text, const std::vector<std::string>& addresses) {
    std::string result;
    std::size_t copied = 0;
    std::size_t at = text.find(prefix);
    while (at != text.npos) {
        std::string_view rest = text.substr(at);
        const auto entry = take_node(rest);
        const bool is_name = entry && *entry < addresses.size() && !goes_on(rest) &&
                             !began_earlier(text.substr(0, at));
        const std::size_t end = is_name ? text.size() - rest.size() : at + 1;
        if (is_name) {
            result.append(text.substr(copied, at - copied));
            result.append(addresses[*entry]);
            result.append(" (host ").append(std::to_string(*entry + 1)).append(")");
            copied = end;
        }
        at = text.find(prefix, end);
    }
    return result.append(text.substr(copied));
}

}  // namespace renoir::launch
