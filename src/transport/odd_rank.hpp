#pragma once

// Which rank is to blame where not all of them are alike.

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <vector>

namespace renoir {

struct OddRank {
    std::uint32_t odd = 0;    ///< the first one that differs from most
    std::uint32_t usual = 0;  ///< the first one that is like most

    friend bool operator==(const OddRank&, const OddRank&) = default;
};

/// Nothing where all values, one of each rank, are equal. Of values that equally many ranks have,
/// that of the lowest rank counts as the usual one.
template <class T>
[[nodiscard]] std::optional<OddRank> find_odd_rank(const std::vector<T>& values) {
    const auto number_of_equal = [&](const T& value) { return std::ranges::count(values, value); };
    if (number_of_equal(values.front()) == std::ssize(values)) return std::nullopt;
    const auto usual = std::ranges::max_element(values, {}, number_of_equal);
    const auto odd = std::ranges::find_if(values, [&](const T& value) { return value != *usual; });
    return OddRank{static_cast<std::uint32_t>(odd - values.begin()),
                   static_cast<std::uint32_t>(usual - values.begin())};
}

}  // namespace renoir
