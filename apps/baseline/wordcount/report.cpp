#include "report.hpp"

#include <algorithm>
#include <utility>

namespace baseline {

namespace {

using Entry = std::pair<std::string, std::uint64_t>;

std::vector<Entry> sorted_entries(const Counts& counts) {
    std::vector<Entry> entries;
    for (const WordCounter& part : counts) {
        part.for_each_short([&](const Word& word, std::uint64_t count) {
            entries.emplace_back(letters_of(word), count);
        });
        part.for_each_long([&](const std::string& word, std::uint64_t count) {
            entries.emplace_back(word, count);
        });
    }
    std::sort(entries.begin(), entries.end());
    return entries;
}

}  // namespace

Totals totals_of(const Counts& counts) {
    Totals totals;
    const auto add = [&](const auto&, std::uint64_t count) {
        totals.words += count;
        ++totals.distinct;
    };
    for (const WordCounter& part : counts) {
        part.for_each_short(add);
        part.for_each_long(add);
    }
    return totals;
}

std::string lines_of(const Counts& counts) {
    std::string lines;
    for (const auto& [word, count] : sorted_entries(counts)) {
        lines += word;
        lines += '\t';
        lines += std::to_string(count);
        lines += '\n';
    }
    return lines;
}

}  // namespace baseline
