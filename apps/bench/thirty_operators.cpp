// A program of thirty operators as somebody might write it: scripts/bench measures how long the
// compiler takes for it. Reports on the words of a text file.
//
//     thirty_operators FILE

#include <iostream>

#include <renoir/renoir.hpp>

namespace {

struct Word {
    std::string text;
    std::uint64_t length = 0;
};

}  // namespace

int main(int argc, char** argv) {
    auto [config, args] = renoir::RuntimeConfig::from_args(argc, argv);
    renoir::StreamContext ctx(config);

    // 1 to 5
    auto words = ctx.stream_file(args.at(1))
                     .filter([](std::string_view line) { return !line.empty(); })
                     .flat_map([](std::string_view line) { return renoir::text::words(line); })
                     .map([](std::string_view word) {
                         return Word{std::string(word), word.size()};
                     })
                     .filter([](const Word& word) { return word.length > 1; })
                     .split(3);

    // 6 to 15
    auto frequent =
        std::move(words[0])
            .map([](Word word) { return std::move(word.text); })
            .filter([](const std::string& text) { return text.front() < 'x'; })
            .group_by([](const std::string& text) { return text; })
            .count()
            .filter([](const std::string&, std::uint64_t n) { return n > 1; })
            .map([](const std::string& text, std::uint64_t n) { return n * text.size(); })
            .unkey()
            .group_by(
                [](const std::pair<std::string, std::uint64_t>& row) { return row.first.front(); })
            .max([](const std::pair<std::string, std::uint64_t>& row) { return row.second; })
            .drop_key()
            .collect_vec();

    // 16 to 23
    auto lengths = std::move(words[1])
                       .map([](const Word& word) { return word.length; })
                       .shuffle()
                       .map([](std::uint64_t length) { return std::pair(length, length * length); })
                       .filter_map([](std::pair<std::uint64_t, std::uint64_t> row) {
                           return row.first < 30 ? std::optional(row) : std::nullopt;
                       })
                       .key_by([](const std::pair<std::uint64_t, std::uint64_t>& row) {
                           return row.first % 4;
                       })
                       .map([](std::uint64_t key, std::pair<std::uint64_t, std::uint64_t> row) {
                           return row.second + key;
                       })
                       .drop_key()
                       .map([](std::uint64_t square) { return static_cast<double>(square); });

    // 24 to 28
    auto spread = std::move(words[2])
                      .repartition_by(renoir::Replication::unlimited(),
                                      [](const Word& word) { return word.length; })
                      .rich_map([seen = 0.0](const Word& word) mutable {
                          seen += 1;
                          return seen / static_cast<double>(word.length);
                      })
                      .filter([](double part) { return part > 0.5; })
                      .merge(std::move(lengths))
                      .map([](double value) { return value / 2; });

    // 29 and 30
    auto total = std::move(spread).fold_assoc(
        0.0, [](double& sum, double value) { sum += value; },
        [](double& sum, double other) { sum += other; });
    auto totals = std::move(total).collect_vec();

    ctx.execute_blocking();
    if (auto rows = frequent.get())
        for (const auto& [word, letters] : *rows) std::cout << word << '\t' << letters << '\n';
    if (auto rows = totals.get())
        for (double sum : *rows) std::cout << sum << '\n';
}
