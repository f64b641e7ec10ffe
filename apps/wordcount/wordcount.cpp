// Counts the words of text files: maximal runs of ASCII letters, in lower case.
//
//     wordcount book.txt --top 10
//     wordcount --local 4 *.txt --output counts.tsv --json
//
// Three ways to write it, from Renoir's examples:
//   assoc  group_by(word).count(), which counts locally before words travel (the default)
//   fold   group_by(word).fold(...), for which every word travels to the worker of its key
//   opt    fold_assoc(...) into one map for each worker, merged on one

#include "common/report.hpp"

#include <renoir/config/cli.hpp>
#include <renoir/renoir.hpp>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using WordCount = std::pair<std::string, std::uint64_t>;
using WordCounts = std::vector<WordCount>;

struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
    using is_avalanching = void;
    std::size_t operator()(std::string_view text) const noexcept { return renoir::hash_of(text); }
};
using WordMap = boost::unordered_flat_map<std::string, std::uint64_t, TextHash, std::equal_to<>>;

struct Options {
    std::vector<std::filesystem::path> files;
    std::string variant = "assoc";
    std::size_t top = 10;
    std::filesystem::path output;
    bool json = false;
};

auto words_of(renoir::StreamContext& ctx, const Options& options) {
    // Words do not care for lines, so none are cut.
    return ctx.stream_blocks(options.files).flat_map([](std::string_view block) {
        return renoir::text::words(block);
    });
}

void count(WordMap& counts, std::string_view word, std::uint64_t times) {
    const auto found = counts.find(word);
    if (found != counts.end()) {
        found->second += times;
    } else {
        counts.emplace(word, times);
    }
}

WordCounts run_assoc(renoir::StreamContext& ctx, const Options& options, double& seconds) {
    auto counts = words_of(ctx, options)
                      .group_by([](std::string_view word) { return word; })
                      .count()
                      .collect_vec();
    seconds = apps::seconds_of([&] { ctx.execute_blocking(); });
    return counts.get().value_or(WordCounts{});
}

WordCounts run_fold(renoir::StreamContext& ctx, const Options& options, double& seconds) {
    auto counts = words_of(ctx, options)
                      .group_by([](std::string_view word) { return word; })
                      .fold(std::uint64_t{0}, [](std::uint64_t& n, std::string_view) { ++n; })
                      .collect_vec();
    seconds = apps::seconds_of([&] { ctx.execute_blocking(); });
    return counts.get().value_or(WordCounts{});
}

WordCounts run_opt(renoir::StreamContext& ctx, const Options& options, double& seconds) {
    auto maps =
        words_of(ctx, options)
            .fold_assoc(
                WordMap(), [](WordMap& counts, std::string_view word) { count(counts, word, 1); },
                [](WordMap& counts, const WordMap& others) {
                    for (const auto& [word, times] : others) count(counts, word, times);
                })
            .collect_vec();
    seconds = apps::seconds_of([&] { ctx.execute_blocking(); });
    WordCounts counts;
    for (const WordMap& map : maps.get().value_or(std::vector<WordMap>{})) {
        counts.insert(counts.end(), map.begin(), map.end());
    }
    return counts;
}

WordCounts run(renoir::StreamContext& ctx, const Options& options, double& seconds) {
    if (options.variant == "fold") return run_fold(ctx, options, seconds);
    if (options.variant == "opt") return run_opt(ctx, options, seconds);
    return run_assoc(ctx, options, seconds);
}

void print_top(WordCounts counts, std::size_t top) {
    top = std::min(top, counts.size());
    const auto more_frequent = [](const WordCount& a, const WordCount& b) {
        return std::pair(b.second, std::string_view(a.first)) <
               std::pair(a.second, std::string_view(b.first));
    };
    const auto end = counts.begin() + static_cast<std::ptrdiff_t>(top);
    std::partial_sort(counts.begin(), end, counts.end(), more_frequent);
    for (auto row = counts.begin(); row != end; ++row)
        std::cout << row->first << '\t' << row->second << '\n';
}

void write_sorted(WordCounts counts, const std::filesystem::path& path) {
    std::sort(counts.begin(), counts.end());
    renoir::AtomicFile file(path);
    for (const auto& [word, times] : counts) file.write_row(word, times);
    file.commit();
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Counts the words of text files: runs of ASCII letters, in lower case.");
    Options options;
    app.add_option("FILE", options.files, "Text files, plain or compressed")->required();
    app.add_option("--variant", options.variant, "How to count")
        ->check(CLI::IsMember({"fold", "assoc", "opt"}))
        ->capture_default_str();
    app.add_option("--top", options.top, "How many of the most frequent words to print")
        ->capture_default_str();
    app.add_option("--output", options.output,
                   "Write word<TAB>count, sorted by word, to this file");
    app.add_flag("--json", options.json, "End with one line of JSON");
    auto runtime = renoir::add_runtime_options(app);
    renoir::parse(app, argc, argv);

    renoir::StreamContext ctx(runtime.config());
    double seconds = 0;
    const WordCounts counts = run(ctx, options, seconds);

    if (!ctx.is_root()) return 0;
    if (!options.output.empty()) write_sorted(counts, options.output);
    print_top(counts, options.top);
    if (options.json) {
        std::uint64_t words = 0;
        for (const auto& row : counts) words += row.second;
        apps::print_json("wordcount", seconds, words, ctx);
    }
}
