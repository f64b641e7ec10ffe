#pragma once

/// Reads one table of a TOML file and reports what is wrong with it, each mistake with its place.
///
///     const TableReader reader(file, table, "the table [launch]", keys);
///     if (const toml::node* port = reader.find("port")) use(reader.port(*port, "port"));

#include <renoir/base/error.hpp>

#include <toml++/toml.h>

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace renoir::detail {

/// `FILE:LINE:COLUMN: text`, of kind configuration.
[[nodiscard]] Error error_at(const std::filesystem::path& file, const toml::source_position& place,
                             const std::string& text);

/// A name as messages quote it.
[[nodiscard]] std::string in_quotes(std::string_view text);

/// The functions that return a value throw the Error for a wrong one; no text contains a value of
/// a string, which could be secret.
class TableReader {
 public:
    static constexpr std::uint16_t largest_port = std::numeric_limits<std::uint16_t>::max();

    /// `title` names the table in messages. An unknown key is an Error at once, before any missing
    /// one: a misspelt key is both, and the spelling is the cause.
    TableReader(const std::filesystem::path& file, const toml::table& table, std::string_view title,
                std::span<const std::string_view> keys);

    /// A table whose keys are up to the user.
    TableReader(const std::filesystem::path& file, const toml::table& table,
                std::string_view title);

    [[nodiscard]] const toml::node* find(std::string_view key) const { return table_.get(key); }

    [[nodiscard]] Error error(const toml::node& node, const std::string& text) const;

    [[nodiscard]] Error wrong_type(const toml::node& node, std::string_view key,
                                   std::string_view wanted, const std::string& remedy) const;

    /// The value of a key that has to be there; `example` is what the user could write.
    [[nodiscard]] const toml::node& required(std::string_view key, std::string_view example) const;

    /// Refuses two keys of which only one can be meant.
    void reject_both(std::string_view one, std::string_view other) const;

    [[nodiscard]] bool boolean(const toml::node& node, std::string_view key) const;

    [[nodiscard]] std::int64_t integer(const toml::node& node, std::string_view key) const;

    /// An integer or a decimal number.
    [[nodiscard]] double number(const toml::node& node, std::string_view key) const;

    /// `why` is the reason for a limit below the largest port.
    [[nodiscard]] std::uint16_t port(const toml::node& node, std::string_view key,
                                     std::uint16_t largest = largest_port,
                                     const std::string& why = {}) const;

    /// A string without NUL: programs and the system would see the text up to there.
    [[nodiscard]] std::string string(const toml::node& node, std::string_view key) const;

    /// A string that is not empty; `wanted` is what to give.
    [[nodiscard]] std::string text(const toml::node& node, std::string_view key,
                                   std::string_view wanted) const;

    [[nodiscard]] std::vector<std::string> strings(const toml::node& node,
                                                   std::string_view key) const;

    [[nodiscard]] const toml::table& table(const toml::node& node, std::string_view key) const;

    [[nodiscard]] std::optional<std::string> optional_string(std::string_view key) const;

    [[nodiscard]] std::optional<std::string> optional_text(std::string_view key,
                                                           std::string_view wanted) const;

 private:
    void reject_unknown(std::span<const std::string_view> keys) const;

    const std::filesystem::path& file_;
    const toml::table& table_;
    std::string_view title_;
};

}  // namespace renoir::detail
