// Hashes of keys: equal where keys are equal, and good in every bit.

#include "catch.hpp"
#include "guarded_page.hpp"

#include <renoir/base/hash.hpp>
#include <renoir/operators/key_by.hpp>

#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <vector>

namespace {

using renoir::hash_of;
using renoir::Hashable;
using renoir::detail::destination_of;
using renoir::detail::short_text;

std::string random_text(std::mt19937& random, std::size_t length) {
    std::string text(length, '\0');
    for (char& letter : text) letter = static_cast<char>(random() % 256);
    return text;
}

std::pair<std::uint64_t, std::uint64_t> image(std::string_view text) {
    const auto [head, tail] = short_text(text.data(), text.size());
    return {head, tail};
}

struct Place {
    std::string_view city;
    int number;
};
struct OwnedPlace {
    std::string city;
    int number;
};

struct HoldsVector {
    int number;
    std::vector<int> values;
};
struct HoldsHoldsVector {
    HoldsVector inner;
};

enum class Colour : std::uint8_t { red, green };

static_assert(Hashable<int> && Hashable<Colour> && Hashable<std::string_view>);
static_assert(Hashable<std::tuple<int, std::string, std::optional<double>>>);
static_assert(Hashable<Place> && Hashable<std::array<Place, 3>>);
static_assert(!Hashable<std::vector<int>> && !Hashable<int*>);
static_assert(!Hashable<std::pair<int, std::vector<int>>>);
static_assert(!Hashable<HoldsVector> && !Hashable<HoldsHoldsVector>);
static_assert(!Hashable<std::array<HoldsVector, 2>> && !Hashable<std::optional<HoldsVector>>);

/// How far the sizes of equally likely classes are from equal: about 1 for a good hash, however
/// many classes there are.
double unevenness(const std::vector<std::size_t>& sizes) {
    double total = 0;
    for (const std::size_t size : sizes) total += static_cast<double>(size);
    const double expected = total / static_cast<double>(sizes.size());
    double chi_square = 0;
    for (const std::size_t size : sizes) {
        chi_square += std::pow(static_cast<double>(size) - expected, 2) / expected;
    }
    return chi_square / static_cast<double>(sizes.size() - 1);
}

/// The largest unevenness that random hashes show once in a few million tries: the mean of the
/// chi-square distribution and five of its standard deviations, with room for its skew.
double most_uneven(std::size_t classes) {
    const double freedom = static_cast<double>(classes - 1);
    return (freedom + 5 * std::sqrt(2 * freedom) + 20) / freedom;
}

std::map<std::string, std::vector<std::uint64_t>> hashes_of_regular_keys() {
    constexpr int keys = 60000;
    std::map<std::string, std::vector<std::uint64_t>> hashes;
    for (int i = 0; i < keys; ++i) {
        hashes["numbers"].push_back(hash_of(i));
        hashes["multiples of 1024"].push_back(hash_of(std::int64_t{i} * 1024));
        hashes["whole doubles"].push_back(hash_of(static_cast<double>(i)));
        hashes["pairs"].push_back(hash_of(std::pair(i / 250, i % 250)));
        hashes["short texts"].push_back(hash_of(std::to_string(i)));
        hashes["texts with a common start"].push_back(hash_of("user-" + std::to_string(i)));
        hashes["long texts"].push_back(hash_of("a name that is rather long " + std::to_string(i)));
        hashes["texts with a common end"].push_back(hash_of(std::to_string(i) + "@example.org"));
    }
    return hashes;
}

}  // namespace

TEST_CASE("the image of a short text does not depend on where it lies or what lies beside it") {
    GuardedPage page;
    std::mt19937 random(1);
    for (std::size_t length = 0; length <= 16; ++length) {
        const std::string text = random_text(random, length);
        const auto expected = image(std::string(text).append(64, '\x5a').substr(0, length));
        for (std::size_t before_end = 0; before_end < 64; ++before_end) {
            INFO(length << " bytes, " << before_end << " before the end of the page");
            REQUIRE(image(page.place(text, before_end)) == expected);
        }
    }
}

TEST_CASE("texts of one length have the same image only when they are equal") {
    std::mt19937 random(2);
    for (std::size_t length = 1; length <= 16; ++length) {
        const std::string text = random_text(random, length);
        std::set<std::pair<std::uint64_t, std::uint64_t>> images{image(text)};
        for (std::size_t at = 0; at < length; ++at) {
            std::string other = text;
            other[at] = static_cast<char>(other[at] ^ 0x80);
            images.insert(image(other));
        }
        REQUIRE(images.size() == length + 1);
    }
}

TEST_CASE("a text hashes alike as a view and as a string, of any length, at the end of a page") {
    GuardedPage page;
    std::mt19937 random(3);
    for (std::size_t length = 0; length <= 100; ++length) {
        const std::string text = random_text(random, length);
        REQUIRE(hash_of(page.place(text, 0)) == hash_of(text));
        REQUIRE(hash_of(page.place(text, 7)) == hash_of(text));
        REQUIRE(hash_of(std::string_view(text)) == hash_of(text));
    }
    REQUIRE(hash_of(std::string_view{}) == hash_of(std::string()));
}

TEST_CASE("what holds views hashes as what owns the same texts") {
    std::mt19937 random(4);
    for (std::size_t length = 0; length <= 40; ++length) {
        const std::string text = random_text(random, length);
        const std::string_view view = text;
        REQUIRE(hash_of(std::pair(view, 3)) == hash_of(std::pair(text, 3)));
        REQUIRE(hash_of(std::tuple(1, view, view)) == hash_of(std::tuple(1, text, text)));
        REQUIRE(hash_of(std::optional(view)) == hash_of(std::optional(text)));
        REQUIRE(hash_of(std::array{view, view}) == hash_of(std::array{text, text}));
        REQUIRE(hash_of(Place{view, 9}) == hash_of(OwnedPlace{text, 9}));
    }
}

TEST_CASE("every byte and the length of a text change its hash") {
    std::mt19937 random(5);
    for (std::size_t length = 0; length <= 70; ++length) {
        const std::string text = random_text(random, length);
        REQUIRE(hash_of(text) != hash_of(text + '\0'));
        std::set<std::uint64_t> hashes{hash_of(text)};
        for (std::size_t at = 0; at < length; ++at) {
            std::string other = text;
            other[at] = static_cast<char>(other[at] ^ 1);
            hashes.insert(hash_of(other));
        }
        REQUIRE(hashes.size() == length + 1);
    }
    std::set<std::uint64_t> of_zeros;
    for (std::size_t length = 0; length <= 100; ++length) {
        of_zeros.insert(hash_of(std::string(length, '\0')));
    }
    REQUIRE(of_zeros.size() == 101);
}

TEST_CASE("equal numbers hash equally: both zeros, and every NaN") {
    REQUIRE(hash_of(0.0) == hash_of(-0.0));
    REQUIRE(hash_of(0.0F) == hash_of(-0.0F));
    REQUIRE(hash_of(0.0) != hash_of(1.0));
    const double quiet = std::numeric_limits<double>::quiet_NaN();
    REQUIRE(hash_of(quiet) == hash_of(-quiet));
    REQUIRE(hash_of(quiet) == hash_of(std::nan("17")));
    REQUIRE(hash_of(std::pair(1, quiet)) == hash_of(std::pair(1, -quiet)));
    REQUIRE(hash_of(std::int8_t{-1}) == hash_of(std::int64_t{-1}));
}

TEST_CASE("the order of members matters, and an empty optional is not its default value") {
    REQUIRE(hash_of(std::pair(1, 2)) != hash_of(std::pair(2, 1)));
    REQUIRE(hash_of(std::array{1, 2, 3}) != hash_of(std::array{3, 2, 1}));
    REQUIRE(hash_of(std::tuple(std::string("ab"), std::string("c"))) !=
            hash_of(std::tuple(std::string("a"), std::string("bc"))));
    REQUIRE(hash_of(std::optional<int>()) != hash_of(std::optional<int>(0)));
}

TEST_CASE("regular keys spread evenly over any number of destinations") {
    for (const auto& [name, hashes] : hashes_of_regular_keys()) {
        for (std::size_t destinations = 2; destinations <= 17; ++destinations) {
            std::vector<std::size_t> sizes(destinations);
            for (const std::uint64_t hash : hashes) ++sizes.at(destination_of(hash, destinations));
            INFO(name << " over " << destinations);
            REQUIRE(unevenness(sizes) < most_uneven(destinations));
        }
    }
}

TEST_CASE("the keys of one destination spread evenly over the slots of a table") {
    constexpr std::size_t slots = 1024;
    for (const auto& [name, hashes] : hashes_of_regular_keys()) {
        for (const std::size_t destinations : std::array<std::size_t, 4>{1, 2, 7, 16}) {
            std::vector<std::size_t> sizes(slots);
            for (const std::uint64_t hash : hashes) {
                if (destination_of(hash, destinations) == 0) ++sizes[hash % slots];
            }
            INFO(name << ", one of " << destinations);
            REQUIRE(unevenness(sizes) < most_uneven(slots));
        }
    }
}

TEST_CASE("the only destination gets everything") {
    REQUIRE(destination_of(0, 1) == 0);
    REQUIRE(destination_of(std::numeric_limits<std::uint64_t>::max(), 1) == 0);
    REQUIRE(destination_of(std::numeric_limits<std::uint64_t>::max(), 17) == 16);
}
