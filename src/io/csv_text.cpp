#include <renoir/io/csv_input.hpp>
#include <renoir/io/csv_number.hpp>

#include <charconv>
#include <cmath>

namespace renoir::io {

const std::vector<CsvCell>* CsvSplitter::split(std::string_view row) {
    cells_.clear();
    unescaped_.clear();
    // Cells look into it: it must not move.
    unescaped_.reserve(row.size());
    std::size_t position = 0;
    for (;;) {
        if (quote_ && position < row.size() && row[position] == *quote_) {
            if (!add_quoted(row, position)) return nullptr;
        } else {
            add_plain(row, position);
            const std::string_view text = cells_.back().text;
            const std::size_t quote = quote_ ? text.find(*quote_) : text.npos;
            if (quote != text.npos) {
                problem_ = {"a quote in a field that does not begin with one",
                            cells_.back().offset + quote};
                return nullptr;
            }
        }
        if (position == row.size()) return &cells_;
        ++position;
    }
}

void CsvSplitter::add_plain(std::string_view row, std::size_t& position) {
    const std::size_t end = std::min(row.find(delimiter_, position), row.size());
    cells_.push_back({row.substr(position, end - position), false, position});
    position = end;
}

bool CsvSplitter::add_quoted(std::string_view row, std::size_t& position) {
    const std::size_t begin = position + 1;
    const std::size_t unescaped_before = unescaped_.size();
    std::size_t copied = begin;
    std::size_t closing = row.find(*quote_, begin);
    while (closing != row.npos && closing + 1 < row.size() && row[closing + 1] == *quote_) {
        unescaped_.append(row, copied, closing + 1 - copied);
        copied = closing + 2;
        closing = row.find(*quote_, copied);
    }
    if (closing == row.npos) {
        problem_ = {"a quote that is never closed", position};
        return false;
    }
    std::string_view text = row.substr(begin, closing - begin);
    if (copied != begin) {
        unescaped_.append(row, copied, closing - copied);
        text = std::string_view(unescaped_).substr(unescaped_before);
    }
    cells_.push_back({text, true, position});
    position = closing + 1;
    if (position == row.size() || row[position] == delimiter_) return true;
    problem_ = {"text behind the quote that closes a field", position};
    return false;
}

std::string shortened(std::string_view row) {
    constexpr std::size_t longest = 80;
    if (row.size() <= longest) return std::string(row);
    std::size_t size = longest;
    // Not in the middle of a character of UTF-8.
    while (size > longest - 4 && (static_cast<unsigned char>(row[size]) & 0xc0U) == 0x80U) --size;
    return std::string(row.substr(0, size)) + "...";
}

namespace detail {

template <class Number>
bool parse_number(std::string_view text, Number& number) noexcept {
    if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return false;
    if constexpr (std::is_floating_point_v<Number>) {
        return std::isfinite(number);
    } else {
        return true;
    }
}

template bool parse_number(std::string_view, signed char&) noexcept;
template bool parse_number(std::string_view, unsigned char&) noexcept;
template bool parse_number(std::string_view, short&) noexcept;
template bool parse_number(std::string_view, unsigned short&) noexcept;
template bool parse_number(std::string_view, int&) noexcept;
template bool parse_number(std::string_view, unsigned int&) noexcept;
template bool parse_number(std::string_view, long&) noexcept;
template bool parse_number(std::string_view, unsigned long&) noexcept;
template bool parse_number(std::string_view, long long&) noexcept;
template bool parse_number(std::string_view, unsigned long long&) noexcept;
template bool parse_number(std::string_view, float&) noexcept;
template bool parse_number(std::string_view, double&) noexcept;
template bool parse_number(std::string_view, long double&) noexcept;

}  // namespace detail

}  // namespace renoir::io
