// expects: PartitionFunction
#include <renoir/renoir.hpp>

void repartition_by_text(renoir::StreamContext& ctx) {
    auto stream = ctx.stream_iter(std::vector<int>{1, 2, 3});
#ifdef WITH_MISTAKE
    stream
        .repartition_by(renoir::Replication::unlimited(),
                        [](int number) { return std::to_string(number); })
        .for_each([](const auto&) {});
#else
    stream
        .repartition_by(renoir::Replication::unlimited(),
                        [](int number) { return static_cast<std::uint64_t>(number); })
        .for_each([](const auto&) {});
#endif
}
