#include "zipf.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace generate {

namespace {

/// Weights with an average of one, so that each column of the table is one high.
std::vector<double> scaled_weights(std::uint32_t ranks, double exponent) {
    std::vector<double> weights(ranks);
    for (std::uint32_t rank = 0; rank < ranks; ++rank) {
        weights[rank] = 1.0 / std::pow(rank + 1.0, exponent);
    }
    // From the smallest up, which loses the fewest digits.
    const double sum = std::accumulate(weights.rbegin(), weights.rend(), 0.0);
    for (double& weight : weights) weight *= ranks / sum;
    return weights;
}

std::uint32_t threshold_of(double share) {
    constexpr double whole = 0x1.0p32;
    constexpr double largest = std::numeric_limits<std::uint32_t>::max();
    return static_cast<std::uint32_t>(std::min(share * whole, largest));
}

}  // namespace

Zipf::Zipf(std::uint32_t ranks, double exponent) : columns_(ranks) {
    std::vector<double> weights = scaled_weights(ranks, exponent);
    std::vector<std::uint32_t> low;
    std::vector<std::uint32_t> high;
    for (std::uint32_t rank = 0; rank < ranks; ++rank) {
        (weights[rank] < 1.0 ? low : high).push_back(rank);
        columns_[rank] = {std::numeric_limits<std::uint32_t>::max(), rank};
    }
    // Each low column is filled up by a high rank, which may become low by that.
    while (!low.empty() && !high.empty()) {
        const std::uint32_t filled = low.back();
        const std::uint32_t giver = high.back();
        low.pop_back();
        columns_[filled] = {threshold_of(weights[filled]), giver};
        weights[giver] -= 1.0 - weights[filled];
        if (weights[giver] < 1.0) {
            high.pop_back();
            low.push_back(giver);
        }
    }
}

}  // namespace generate
