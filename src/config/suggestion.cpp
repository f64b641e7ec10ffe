#include <renoir/config/suggestion.hpp>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

namespace renoir::detail {
namespace {

/// Smallest number of letters to insert, remove or replace to make `b` of `a`.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
        }
    }
    return row[b.size()];
}

}  // namespace

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
    std::string_view closest;
    // A third of the letters may be wrong, two in a word of ordinary length.
    std::size_t limit = std::max<std::size_t>(word.size() > 3 ? 2 : 1, word.size() / 3) + 1;
    for (const std::string_view candidate : candidates) {
        const std::size_t distance = edit_distance(word, candidate);
        if (distance >= limit) continue;
        limit = distance;
        closest = candidate;
    }
    if (closest.empty()) return {};
    return "did you mean '" + std::string(closest) + "'?";
}

}  // namespace renoir::detail
