#include "text/scan.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"

namespace {

namespace detail = renoir::text::detail;

using ScanFunction = detail::Scan (*)(const char*, std::size_t, char*, std::uint16_t*) noexcept;

/// All forms of the scan that this processor can run.
std::vector<ScanFunction> runnable_scans() {
    std::vector<ScanFunction> scans = {detail::scan_window_plain, detail::scan_window};
#if defined(__x86_64__)
    if (detail::has_bit_instructions()) scans.push_back(detail::scan_window_bits);
    if (detail::has_wide_vectors()) scans.push_back(detail::scan_window_wide);
#endif
    return scans;
}

bool is_letter(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

struct Found {
    std::size_t consumed = 0;
    std::vector<std::string> words;

    bool operator==(const Found&) const = default;
};

Found reference(const std::string& window) {
    Found found;
    std::string word;
    found.consumed = window.size();
    for (const char byte : window) {
        if (is_letter(byte)) {
            word += static_cast<char>(byte | 0x20);
        } else if (!word.empty()) {
            found.words.push_back(word);
            word.clear();
        }
    }
    if (word.empty()) return found;
    if (window.size() == detail::window_size) {
        found.consumed -= word.size();
    } else {
        found.words.push_back(word);
    }
    return found;
}

Found run(ScanFunction scan, const std::string& window) {
    // Memory of exactly the sizes promised, so that ASan sees a step too far.
    const auto from = std::make_unique<char[]>(window.size());
    std::ranges::copy(window, from.get());
    const auto text = std::make_unique<char[]>(detail::window_size);
    const auto edges = std::make_unique<std::uint16_t[]>(detail::window_size + detail::edges_after);
    const detail::Scan result = scan(from.get(), window.size(), text.get(), edges.get());
    Found found;
    found.consumed = result.consumed;
    for (std::size_t i = 0; i + 1 < result.edge_count; i += 2) {
        const std::size_t start = edges[i];
        found.words.emplace_back(text.get() + start, edges[i + 1] - start);
    }
    return found;
}

}  // namespace

TEST_CASE("every form of the scan finds the same words") {
    std::mt19937 random(3);
    const std::string_view alphabet =
        GENERATE("", "aZ", "a ", "abcdefghijklmnopqrstuvwxyzABCDE   ");
    for (std::size_t size = 1; size <= detail::window_size; ++size) {
        for (int repeat = 0; repeat < (size <= 2 * detail::part_size ? 20 : 1); ++repeat) {
            std::string window(size, ' ');
            for (char& byte : window) {
                byte = alphabet.empty() ? static_cast<char>(random())
                                        : alphabet[random() % alphabet.size()];
            }
            const Found expected = reference(window);
            for (const ScanFunction scan : runnable_scans()) {
                if (run(scan, window) != expected) FAIL("size " << size << ": " << window);
            }
        }
    }
    SUCCEED();
}

TEST_CASE("a scan stops before a word that fills the end of the window") {
    for (std::size_t letters = 0; letters <= detail::window_size; ++letters) {
        const std::string window =
            std::string(detail::window_size - letters, '-') + std::string(letters, 'x');
        for (const ScanFunction scan : runnable_scans()) {
            const Found found = run(scan, window);
            CHECK(found.consumed == detail::window_size - letters);
            CHECK(found.words.empty());
        }
    }
}

TEST_CASE("words of one letter give the most edges") {
    std::string window;
    while (window.size() < detail::window_size) window += "a ";
    for (const ScanFunction scan : runnable_scans()) {
        CHECK(run(scan, window).words == std::vector<std::string>(detail::window_size / 2, "a"));
    }
}

TEST_CASE("the portable step tells letters from all other bytes") {
    for (int value = 0; value < 256; ++value) {
        for (std::size_t place = 0; place < detail::step_size; ++place) {
            char from[detail::step_size] = {};
            char to[detail::step_size] = {};
            from[place] = static_cast<char>(value);
            const std::uint64_t letters = detail::lower_step_portable(from, to);
            const bool letter = is_letter(from[place]);
            if (letters != (letter ? std::uint64_t{1} << place : 0)) FAIL("byte " << value);
            if (letter && to[place] != static_cast<char>(value | 0x20)) FAIL("byte " << value);
        }
    }
    SUCCEED();
}
