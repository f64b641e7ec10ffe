#pragma once

/// Text whose word frequencies follow Zipf's law, for word counts.

#include "chunk_source.hpp"
#include "vocabulary.hpp"
#include "zipf.hpp"

namespace generate {

struct TextOptions {
    std::uint64_t bytes = 0;
    std::uint32_t words = 200'000;  ///< size of the vocabulary
    double exponent = 1.0;
    std::uint64_t seed = 42;
};

/// Lines of 5 to 15 words, separated by single spaces. The file has exactly `bytes` bytes and holds
/// whole words of the vocabulary only.
class Text final : public ChunkSource {
 public:
    explicit Text(const TextOptions& options);

    [[nodiscard]] std::uint64_t chunk_count() const override;
    [[nodiscard]] std::size_t max_chunk_bytes() const override;
    [[nodiscard]] std::size_t fill(std::uint64_t chunk, char* out) const override;

 private:
    TextOptions options_;
    std::vector<PaddedWord> vocabulary_;
    Zipf zipf_;
};

}  // namespace generate
