/// Word count by hand, the yardstick for the library's: threads, a flat table and nothing else.
/// Words are maximal runs of ASCII letters, lower-cased.
///
///     baseline_wordcount FILE --threads 2 --json
///     baseline_wordcount FILE --variant fold --output counts.tsv

#include "report.hpp"
#include "shared/output_file.hpp"
#include "shared/program.hpp"

namespace {

using namespace baseline;

Summary count_words(const std::string& path, const std::string& variant, const Request& request) {
    const InputFile file(path);
    OutputFile output(request.output);

    const Stopwatch stopwatch;
    const Counts counts =
        variant == "fold" ? count_fold(file, request.threads) : count_assoc(file, request.threads);
    const double seconds = stopwatch.seconds();

    if (output.wanted()) output.write(lines_of(counts));
    const Totals totals = totals_of(counts);
    return {.text = std::to_string(totals.words) + " words, " + std::to_string(totals.distinct) +
                    " distinct",
            .seconds = seconds,
            .items = totals.words,
            .result = {}};
}

}  // namespace

int main(int argc, char** argv) {
    std::string file;
    std::string variant = "assoc";
    Program program("baseline_wordcount", "Counts the words of a text file by hand-written code.");
    program.arguments().add_option("FILE", file, "text to count")->required()->type_name("");
    program.arguments()
        .add_option("--variant", variant,
                    "assoc: count ranges, then merge; fold: send every word to its owner")
        ->check(CLI::IsMember({"assoc", "fold"}))
        ->capture_default_str();
    program.describe_output("word<TAB>count lines, sorted by word");
    return program.run(argc, argv,
                       [&](const Request& request) { return count_words(file, variant, request); });
}
