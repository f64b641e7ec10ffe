#pragma once

/// Counts words of any length.

#include <boost/unordered/unordered_flat_map.hpp>
#include <string>
#include <string_view>

#include "word_table.hpp"

namespace baseline {

/// Short words go to the flat table, long ones, which are rare, to an ordinary map.
class WordCounter {
 public:
    void count(std::span<const Word> words) { table_.count(words); }

    /// Takes a word of more than 16 letters, in lower case.
    void count_long(std::string_view word) { add_long(word, 1); }

    /// Adds the count of another counter for one word.
    void add(const Word& word, std::uint64_t count) { table_.add(word, count); }
    void add_long(std::string_view word, std::uint64_t count);

    [[nodiscard]] std::size_t distinct() const noexcept {
        return table_.size() + long_words_.size();
    }

    void for_each_short(auto&& visit) const { table_.for_each(visit); }

    void for_each_long(auto&& visit) const {
        for (const auto& [word, count] : long_words_) visit(word, count);
    }

 private:
    struct StringHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view word) const noexcept {
            return std::hash<std::string_view>{}(word);
        }
    };

    WordTable table_;
    boost::unordered_flat_map<std::string, std::uint64_t, StringHash, std::equal_to<>> long_words_;
};

}  // namespace baseline
