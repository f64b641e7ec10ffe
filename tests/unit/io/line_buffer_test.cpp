#include "io/line_buffer.hpp"

#include <algorithm>
#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <utility>

#include "catch.hpp"
#include "text_files.hpp"

namespace {

using renoir::io::detail::LineBuffer;
using renoir::io::detail::Memory;

/// A text that comes in pieces of random sizes.
class Pieces : public renoir::io::detail::ByteStream {
 public:
    Pieces(std::string_view text, std::mt19937& random) : rest_(text), random_(random) {}

    std::size_t read(char* to, std::size_t room) override {
        const std::size_t most = std::min({room, rest_.size(), std::size_t{1} + random_() % 100});
        const std::size_t count = rest_.copy(to, most);
        rest_.remove_prefix(count);
        return count;
    }

 private:
    std::string_view rest_;
    std::mt19937& random_;
};

/// Gives all that is asked for.
class Endless : public renoir::io::detail::ByteStream {
 public:
    explicit Endless(std::size_t first_line) : first_line_(first_line) {}

    std::size_t read(char* to, std::size_t room) override {
        for (std::size_t i = 0; i < room; ++i, ++position_) {
            const bool ends = position_ == first_line_ || (position_ > first_line_ && i % 100 == 0);
            to[i] = ends ? '\n' : 'x';
        }
        return room;
    }

 private:
    std::size_t first_line_;
    std::size_t position_ = 0;
};

}  // namespace

TEST_CASE("blocks hold whole lines and nothing is lost") {
    std::mt19937 random(7);
    for (const std::size_t block_size : {1U, 2U, 16U, 64U, 1000U}) {
        for (int round = 0; round < 50; ++round) {
            const std::string text = test::random_text(random, random() % 3000);
            Pieces stream(text, random);
            LineBuffer buffer(block_size);
            std::string seen;
            Memory spare;
            for (;;) {
                std::string_view block = buffer.next(stream);
                if (block.empty()) break;
                seen += block;
                if (block.back() != '\n' && seen.size() != text.size()) FAIL("a line was cut");
                if (random() % 3 != 0) continue;
                // What was released stays as it is while the buffer goes on.
                const std::string copy(block);
                Memory given = buffer.release(std::move(spare));
                if (std::string_view(given.data(), copy.size()) != copy) FAIL("released");
                spare = std::move(given);
            }
            if (seen != text) FAIL("block size " << block_size);
        }
    }
    SUCCEED();
}

TEST_CASE("the buffer shrinks again after a long line") {
    constexpr std::size_t block_size = 1000;
    Endless stream(1'000'000);
    LineBuffer buffer(block_size);
    REQUIRE(buffer.next(stream).size() > 1'000'000);
    CHECK(buffer.release({}).capacity() > 1'000'000);

    Endless again(1'000'000);
    LineBuffer kept(block_size);
    REQUIRE(kept.next(again).size() > 1'000'000);
    REQUIRE(!kept.next(again).empty());
    CHECK(kept.release({}).capacity() < 3 * block_size);
}

TEST_CASE("a long line brings no more than a block of what follows it") {
    constexpr std::size_t block_size = 1000;
    Endless stream(1'000'000);
    LineBuffer buffer(block_size);
    const std::size_t size = buffer.next(stream).size();
    CHECK(size > 1'000'000);
    CHECK(size <= 1'000'001 + block_size);
}
