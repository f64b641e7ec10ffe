#include "config/table_reader.hpp"

#include <renoir/config/suggestion.hpp>

#include <algorithm>
#include <utility>

namespace renoir::detail {
namespace {

namespace fs = std::filesystem;

std::string joined(std::span<const std::string_view> words) {
    std::string list;
    for (const std::string_view word : words) {
        if (!list.empty()) list += ", ";
        list += word;
    }
    return list;
}

std::string_view name_of(toml::node_type type) {
    switch (type) {
        case toml::node_type::table:
            return "a table";
        case toml::node_type::array:
            return "an array";
        case toml::node_type::string:
            return "a string";
        case toml::node_type::integer:
            return "an integer";
        case toml::node_type::floating_point:
            return "a decimal number";
        case toml::node_type::boolean:
            return "a boolean";
        default:
            return "a date or time";
    }
}

bool is_before(const toml::source_position& a, const toml::source_position& b) {
    return std::pair(a.line, a.column) < std::pair(b.line, b.column);
}

}  // namespace

Error error_at(const fs::path& file, const toml::source_position& place, const std::string& text) {
    return {ErrorKind::configuration, file.string() + ":" + std::to_string(place.line) + ":" +
                                          std::to_string(place.column) + ": " + text};
}

std::string in_quotes(std::string_view text) {
    std::string quoted;
    quoted.append(1, '\'').append(text).append(1, '\'');
    return quoted;
}

TableReader::TableReader(const fs::path& file, const toml::table& table, std::string_view title,
                         std::span<const std::string_view> keys)
    : TableReader(file, table, title) {
    reject_unknown(keys);
}

TableReader::TableReader(const fs::path& file, const toml::table& table, std::string_view title)
    : file_(file), table_(table), title_(title) {}

Error TableReader::error(const toml::node& node, const std::string& text) const {
    return error_at(file_, node.source().begin, text);
}

Error TableReader::wrong_type(const toml::node& node, std::string_view key, std::string_view wanted,
                              const std::string& remedy) const {
    return error(node, in_quotes(key) + " has to be " + std::string(wanted) + ", not " +
                           std::string(name_of(node.type())) + "; " + remedy);
}

const toml::node& TableReader::required(std::string_view key, std::string_view example) const {
    if (const toml::node* node = find(key)) return *node;
    throw error(table_, std::string(title_) + " has no " + in_quotes(key) + "; add for example " +
                            std::string(example));
}

void TableReader::reject_both(std::string_view one, std::string_view other) const {
    if (find(one) == nullptr || find(other) == nullptr) return;
    throw error(*find(other), "both " + in_quotes(one) + " and " + in_quotes(other) +
                                  " are given; keep one of them");
}

bool TableReader::boolean(const toml::node& node, std::string_view key) const {
    if (const auto* value = node.as_boolean()) return value->get();
    throw wrong_type(node, key, "a boolean", "write true or false without quotes");
}

std::int64_t TableReader::integer(const toml::node& node, std::string_view key) const {
    if (const auto* value = node.as_integer()) return value->get();
    throw wrong_type(node, key, "an integer", "write a whole number without quotes");
}

double TableReader::number(const toml::node& node, std::string_view key) const {
    if (const auto* value = node.as_integer()) return static_cast<double>(value->get());
    if (const auto* value = node.as_floating_point()) return value->get();
    throw wrong_type(node, key, "a number", "write its value without quotes");
}

std::uint16_t TableReader::port(const toml::node& node, std::string_view key, std::uint16_t largest,
                                const std::string& why) const {
    const std::int64_t value = integer(node, key);
    if (value >= 1 && value <= largest) return static_cast<std::uint16_t>(value);
    const bool is_port = value >= 1 && value <= largest_port;
    throw error(node, in_quotes(key) + " is " + std::to_string(value) + (is_port ? why : "") +
                          "; give a port from 1 to " + std::to_string(largest));
}

std::string TableReader::string(const toml::node& node, std::string_view key) const {
    const auto* value = node.as_string();
    if (value == nullptr) {
        throw wrong_type(node, key, "a string", "write its value in quotes");
    }
    if (value->get().find('\0') == std::string::npos) return value->get();
    throw error(node, in_quotes(key) + " has a NUL character; leave it out");
}

std::string TableReader::text(const toml::node& node, std::string_view key,
                              std::string_view wanted) const {
    std::string value = string(node, key);
    if (!value.empty()) return value;
    throw error(node, in_quotes(key) + " is empty; give " + std::string(wanted));
}

std::vector<std::string> TableReader::strings(const toml::node& node, std::string_view key) const {
    const auto* array = node.as_array();
    if (array == nullptr) {
        throw wrong_type(node, key, "an array of strings",
                         "write for example " + std::string(key) + " = [\"--verbose\"]");
    }
    std::vector<std::string> values;
    for (const toml::node& element : *array) values.push_back(string(element, key));
    return values;
}

const toml::table& TableReader::table(const toml::node& node, std::string_view key) const {
    if (const auto* value = node.as_table()) return *value;
    throw wrong_type(node, key, "a table", "write for example " + std::string(key) + " = { }");
}

std::optional<std::string> TableReader::optional_string(std::string_view key) const {
    if (const toml::node* node = find(key)) return string(*node, key);
    return std::nullopt;
}

std::optional<std::string> TableReader::optional_text(std::string_view key,
                                                      std::string_view wanted) const {
    if (const toml::node* node = find(key)) return text(*node, key, wanted);
    return std::nullopt;
}

void TableReader::reject_unknown(std::span<const std::string_view> keys) const {
    // The table is sorted by name; what the user wrote first is reported first.
    const toml::key* first = nullptr;
    for (const auto& [key, value] : table_) {
        if (std::ranges::count(keys, key.str()) > 0) continue;
        if (first == nullptr || is_before(key.source().begin, first->source().begin)) {
            first = &key;
        }
    }
    if (first == nullptr) return;
    std::string remedy = did_you_mean(first->str(), keys);
    if (remedy.empty()) remedy = "the keys known here are " + joined(keys);
    throw error_at(file_, first->source().begin,
                   "unknown key " + in_quotes(first->str()) + "; " + remedy);
}

}  // namespace renoir::detail
