#pragma once

/// StreamContext: where streams begin and where they are executed.
///
///     renoir::StreamContext ctx(renoir::RuntimeConfig::local(4));
///     auto squares = ctx.stream_par_iter(0, 100).map([](int n) { return n * n; }).collect_vec();
///     ctx.execute_blocking();
///     if (auto vector = squares.get())
///         for (int square : *vector) std::cout << square << '\n';

#include <renoir/config/runtime_config.hpp>
#include <renoir/runtime/job.hpp>
#include <renoir/stream/csv_options.hpp>
#include <renoir/stream/stream.hpp>

#include <concepts>
#include <filesystem>
#include <functional>
#include <ranges>
#include <vector>

namespace renoir {

/// Membership in a cluster of ranks, for those who bring the ranks about: a launcher, or the tests,
/// where threads play ranks.
struct ClusterMember {
    ClusterLayout layout;
    std::uint32_t rank = 0;
    std::string host;  ///< for messages; may be empty
    /// Makes the link of a job; empty where the layout has one rank.
    std::function<std::unique_ptr<Link>()> connect;
    /// Called before a job with numbers of its streams and of its input files that must be the same
    /// on every rank; throws where they are not. May be empty.
    std::function<void(std::uint64_t graph, std::uint64_t inputs)> require_same;
    /// What each rank says, by rank. May be empty where the layout has one rank.
    std::function<std::vector<std::string>(const std::string&)> gather;
    /// Called when the job has failed and this rank cannot end its part in time, as a function of
    /// the user takes long: for those who can end the process. May be empty.
    std::function<void(const Error&)> give_up;
    /// The CPUs of this rank; empty: those that the process may use.
    std::vector<unsigned> cpus;
    /// Not 0: workers run their replicas in an order shuffled by this seed.
    std::uint64_t schedule_seed = 0;
    BatchMode batch_mode = BatchMode::automatic();
    /// With more destinations an exchange goes to a worker of their rank first.
    std::size_t most_lanes = 64;
};

/// `(replica, replicas) -> range`: the items of one replica of a parallel source.
template <class F>
concept ParallelGenerator =
    std::copy_constructible<F> && std::invocable<const F&, std::size_t, std::size_t> &&
    std::ranges::input_range<std::invoke_result_t<const F&, std::size_t, std::size_t>>;

/// `() -> std::optional<T>`: the next item, or nothing at the end.
template <class F>
concept Generator = std::invocable<F&> && requires(std::invoke_result_t<F&> item) {
    { item.has_value() } -> std::convertible_to<bool>;
    *item;
};

/// Builds one job and executes it once. The program is the same on every rank, so every rank builds
/// the same streams. Streams are made and the job is started by one thread.
class StreamContext {
 public:
    using Location = std::source_location;

    /// Throws Error(configuration) for a configuration with hosts: they cannot be started yet.
    explicit StreamContext(const RuntimeConfig& config);

    /// For launchers and tests: this process, or this thread, is one rank of many.
    StreamContext(const RuntimeConfig& config, ClusterMember member);

    /// A context on all cores of the affinity mask that this process inherited.
    [[nodiscard]] static StreamContext new_local();

    // Sources.

    /// The items of a source of any kind; see renoir/runtime/source.hpp.
    template <Source S>
    [[nodiscard]] auto stream(S source, Location where = Location::current());

    /// The elements of a range, in order, from one replica. A container given as a temporary is
    /// moved from; a view must outlive the execution.
    template <std::ranges::input_range Range>
    [[nodiscard]] auto stream_iter(Range range, Location where = Location::current());

    /// What `generate()` returns until it returns nothing, from one replica. It may take its time:
    /// items before a slow one are on their way while it is made.
    template <Generator F>
    [[nodiscard]] auto stream_generator(F generate, Location where = Location::current());

    /// On every replica the elements of `generate(replica, replicas)`.
    template <ParallelGenerator F>
    [[nodiscard]] auto stream_par_iter(F generate, Location where = Location::current());

    /// The numbers from `first` up to but not including `last`, in equal shares.
    template <std::integral Number>
    [[nodiscard]] auto stream_par_iter(Number first, Number last,
                                       Location where = Location::current());

    /// The lines of a text file, without their ends (`\n` or `\r\n`), as std::string_view. Each
    /// replica reads the lines that begin in its share of the bytes. Compressed files (gzip, zstd)
    /// are recognised by their content and read by one replica each. The file must be there,
    /// and the same, on every rank. Throws Error(input) at once when it cannot be read.
    [[nodiscard]] auto stream_file(const std::filesystem::path& file,
                                   Location where = Location::current());

    /// The lines of several files.
    [[nodiscard]] auto stream_files(const std::vector<std::filesystem::path>& files,
                                    Location where = Location::current());

    /// The lines of the files that a pattern such as `logs/*.txt` names, see glob(7).
    [[nodiscard]] auto stream_glob(const std::string& pattern,
                                   Location where = Location::current());

    /// The lines of the regular files in a folder, not those in folders below it.
    [[nodiscard]] auto stream_folder(const std::filesystem::path& folder,
                                     Location where = Location::current());

    /// The text of files in blocks of whole lines, as std::string_view: each begins at the begin of
    /// a line and ends with the newline of one (or with its file), and all of them together are the
    /// text, byte for byte. About 16 KB each, more where a line is longer. For functions that need
    /// no lines, such as text::words: a line at a time costs them a third more time. Cut, read and
    /// failing as stream_files.
    ///
    ///     ctx.stream_blocks({"book.txt"}).flat_map([](std::string_view block) {
    ///         return renoir::text::words(block);
    ///     });
    [[nodiscard]] auto stream_blocks(const std::vector<std::filesystem::path>& files,
                                     Location where = Location::current());

    /// The rows of a CSV file as values of the aggregate T; see renoir/io/csv_source.hpp for what
    /// its members may be and what is malformed. Cut, read and failing as stream_file; throws
    /// Error(input) at once when the header has not the columns that are wanted, Error(usage) for
    /// options that contradict each other.
    ///
    ///     struct Point {
    ///         double x, y;
    ///     };
    ///     ctx.stream_csv<Point>("points.csv", {.header = false})
    ///     ctx.stream_csv<Point>("places.csv", {.columns = {"longitude", "latitude"}})
    template <class T>
    [[nodiscard]] auto stream_csv(const std::filesystem::path& file, CsvOptions options = {},
                                  Location where = Location::current());

    /// The rows of several CSV files.
    template <class T>
    [[nodiscard]] auto stream_csv(const std::vector<std::filesystem::path>& files,
                                  CsvOptions options = {}, Location where = Location::current());

    /// As stream_csv, and the malformed rows as a second stream: `auto [rows, malformed] =
    /// ctx.stream_csv_with_malformed<Point>({"points.csv"});`
    template <class T>
    [[nodiscard]] auto stream_csv_with_malformed(const std::vector<std::filesystem::path>& files,
                                                 CsvOptions options = {},
                                                 Location where = Location::current());

    /// The lines of standard input, from one replica on rank 0. Waiting for input costs no CPU.
    [[nodiscard]] auto stream_stdin(Location where = Location::current());

    // Execution.

    /// Runs the job and returns when it has ended. Throws the Error that ended it early: an
    /// exception from a user function is reported with its operator, rank and worker, and stops all
    /// workers.
    void execute_blocking();

    /// Starts the job and returns at once.
    [[nodiscard]] JobHandle execute();

    // Ranks.

    /// Whether this is rank 0, which has the results of the `collect` family and prints for all.
    /// Always true where there is one rank.
    [[nodiscard]] bool is_root() const noexcept { return member_.rank == 0; }
    [[nodiscard]] std::size_t rank() const noexcept { return member_.rank; }
    [[nodiscard]] std::size_t ranks() const noexcept { return member_.layout.size(); }
    /// Number of workers of the whole job.
    [[nodiscard]] std::size_t workers() const noexcept;

    /// How many items of this rank came too late for every window that holds them and were dropped,
    /// so far.
    [[nodiscard]] std::uint64_t late_items() const noexcept { return graph_->late_items()->load(); }

    // For sources and sinks.

    [[nodiscard]] const std::shared_ptr<Graph>& graph() const noexcept { return graph_; }
    [[nodiscard]] std::shared_ptr<const Execution> execution() const noexcept { return execution_; }

    /// As `stream`, for the name that errors give the source.
    template <Source S>
    [[nodiscard]] auto named_stream(S source, OperatorInfo info);

 private:
    RuntimeConfig config_;
    ClusterMember member_;
    std::shared_ptr<Graph> graph_;
    std::shared_ptr<Execution> execution_;
};

template <Source S>
auto StreamContext::stream(S source, Location where) {
    return named_stream(std::move(source), {"stream", where});
}

template <Source S>
auto StreamContext::named_stream(S source, OperatorInfo info) {
    const BlockId block = graph_->add_block(source.replication(), member_.batch_mode);
    const OperatorInfo& named = graph_->add_operator(block, std::move(info));
    if constexpr (requires { source.abandon(); }) graph_->at_end([source] { source.abandon(); });
    if constexpr (requires { source.fingerprint(); }) graph_->add_input(source.fingerprint());
    if constexpr (requires { source.drive_with(nullptr); })
        graph_->when_driven([source](const auto& drive) { source.drive_with(drive); });
    return Stream<typename S::value_type, SourceChain<S>>(
        StreamHandle(graph_, block, named), SourceChain<S>{std::move(source), &named}, execution_);
}

}  // namespace renoir
