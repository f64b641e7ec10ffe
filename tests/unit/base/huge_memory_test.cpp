#include "catch.hpp"

#include <renoir/base/huge_memory.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

TEST_CASE("large memory is zeroed, aligned and writable to its last byte") {
    constexpr std::size_t huge = std::size_t{2} << 20;
    for (const std::size_t bytes : {std::size_t{1}, std::size_t{63}, std::size_t{4096}, huge - 1,
                                    huge, huge + 1, 3 * huge - 5}) {
        INFO(bytes);
        const auto memory = renoir::detail::allocate_huge(bytes);
        REQUIRE(reinterpret_cast<std::uintptr_t>(memory.get()) % 64 == 0);
        REQUIRE(std::all_of(memory.get(), memory.get() + bytes,
                            [](std::byte value) { return value == std::byte{0}; }));
        std::fill_n(memory.get(), bytes, std::byte{0xff});
    }
}

TEST_CASE("large memories that live at the same time do not overlap") {
    struct Block {
        renoir::detail::HugeMemory memory;
        std::size_t bytes;
        std::byte mark;
    };
    std::vector<Block> blocks;
    for (std::size_t i = 0; i < 100; ++i) {
        const std::size_t bytes = (i % 5 + 1) << 20;
        const auto mark = static_cast<std::byte>(i + 1);
        blocks.push_back({renoir::detail::allocate_huge(bytes), bytes, mark});
        std::fill_n(blocks.back().memory.get(), bytes, mark);
        // Gaps that later blocks fill again.
        if (i % 3 == 0) blocks.erase(blocks.begin());
    }
    for (const Block& block : blocks) {
        const auto* begin = block.memory.get();
        REQUIRE(std::count(begin, begin + block.bytes, block.mark) ==
                static_cast<std::ptrdiff_t>(block.bytes));
    }
}

TEST_CASE("a HugeVector is a vector, small and large") {
    renoir::HugeVector<std::uint32_t> numbers;
    CHECK(numbers.empty());
    std::vector<std::uint32_t> expected;
    for (std::uint32_t i = 0; i < 3'000'000; ++i) {
        numbers.push_back(i);
        expected.push_back(i);
    }
    CHECK(std::ranges::equal(numbers, expected));
    const renoir::HugeVector<std::uint32_t> copy = numbers;
    CHECK(copy == numbers);
    CHECK(copy.data() != numbers.data());
    const renoir::HugeVector<std::uint32_t> moved = std::move(numbers);
    CHECK(moved == copy);
    numbers = {1, 2, 3};
    CHECK(std::ranges::equal(numbers, std::vector<std::uint32_t>{1, 2, 3}));
}

TEST_CASE("a HugeVector of more than all memory is refused") {
    renoir::HugeVector<std::uint64_t> numbers;
    CHECK_THROWS_AS(numbers.reserve(std::size_t{1} << 59), std::bad_alloc);
}
