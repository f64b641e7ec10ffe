// What is kept beyond the batch in which it arrives owns its texts.

#include "catch.hpp"

#include <renoir/codec/owned.hpp>

#include <array>
#include <memory>

namespace {

using renoir::is_view;
using renoir::owned_t;
using renoir::to_owned;
using View = std::string_view;
using Text = std::string;

static_assert(std::same_as<owned_t<View>, Text> && std::same_as<owned_t<int>, int>);
static_assert(std::same_as<owned_t<std::pair<View, int>>, std::pair<Text, int>>);
static_assert(std::same_as<owned_t<std::tuple<int, View>>, std::tuple<int, Text>>);
static_assert(std::same_as<owned_t<std::optional<View>>, std::optional<Text>>);
static_assert(std::same_as<owned_t<std::vector<View>>, std::vector<Text>>);
static_assert(std::same_as<owned_t<std::array<View, 2>>, std::array<Text, 2>>);
static_assert(std::same_as<owned_t<std::vector<std::pair<int, std::optional<View>>>>,
                           std::vector<std::pair<int, std::optional<Text>>>>);
static_assert(is_view<View> && is_view<std::pair<int, View>> && is_view<std::array<View, 2>>);
static_assert(!is_view<Text> && !is_view<int> && !is_view<std::vector<Text>>);

}  // namespace

TEST_CASE("what was made to own survives the memory that was looked at") {
    auto source = std::make_unique<std::string>("the source of the views, too long for a string");
    const View view = *source;
    const auto pair = to_owned(std::pair(view.substr(0, 3), 1));
    const auto tuple = to_owned(std::tuple(2, view));
    const auto array = to_owned(std::array{view, view.substr(4)});
    const auto nested = to_owned(std::vector<std::optional<View>>{view, std::nullopt, View()});
    const std::string expected = *source;
    source.reset();
    REQUIRE(pair == std::pair(Text("the"), 1));
    REQUIRE(tuple == std::tuple(2, expected));
    REQUIRE(array == std::array{expected, expected.substr(4)});
    REQUIRE(nested == std::vector<std::optional<Text>>{expected, std::nullopt, Text()});
}

TEST_CASE("what owns already is moved, not copied") {
    std::vector<std::unique_ptr<int>> values;
    values.push_back(std::make_unique<int>(7));
    const int* address = values[0].get();
    const auto kept = to_owned(std::move(values));
    REQUIRE(kept.at(0).get() == address);
    auto pair = to_owned(std::pair(View("key"), std::make_unique<int>(8)));
    REQUIRE(pair.first == "key");
    REQUIRE(*pair.second == 8);
}

TEST_CASE("what was kept is shown as the item that it stands for") {
    using Nested = std::vector<std::pair<int, std::optional<View>>>;
    const Text text = "kept";
    const std::pair<int, Text> pair(1, text);
    const std::tuple<Text, int> tuple(text, 2);
    const std::array<Text, 2> array{text, "other"};
    const std::vector<std::pair<int, std::optional<Text>>> nested{{1, text}, {2, std::nullopt}};
    REQUIRE(renoir::show_item<View>(text).data() == text.data());
    REQUIRE(renoir::show_item<std::pair<int, View>>(pair).second.data() == pair.second.data());
    REQUIRE(renoir::show_item<std::tuple<View, int>>(tuple) == std::tuple(View("kept"), 2));
    REQUIRE(renoir::show_item<std::array<View, 2>>(array)[1].data() == array[1].data());
    REQUIRE(renoir::show_item<Nested>(nested) == Nested{{1, View("kept")}, {2, std::nullopt}});
    REQUIRE(&renoir::show_item<Text>(text) == &text);
}
