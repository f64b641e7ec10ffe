// expects: KeyFunction
// expects: Hashable
#include <renoir/renoir.hpp>

namespace {

struct Tagged {
    int number;
    std::vector<int> tags;
};

}  // namespace

void group_by_an_aggregate_without_a_hash(renoir::StreamContext& ctx) {
    auto stream = ctx.stream_iter(std::vector<int>{1, 2, 3});
#ifdef WITH_MISTAKE
    static_cast<void>(stream.group_by([](int number) {
                                return Tagged{number, {}};
                            })
                          .count()
                          .collect_vec());
#else
    static_cast<void>(stream.group_by([](int number) {
                                return Tagged{number, {}}.number;
                            })
                          .count()
                          .collect_vec());
#endif
}
