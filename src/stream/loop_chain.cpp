#include <renoir/base/error.hpp>
#include <renoir/stream/loop_chain.hpp>

#include <algorithm>

namespace renoir::detail {

LoopDescription* inner_loop(const StreamHandle& first, const StreamHandle& second,
                            const OperatorInfo& info) {
    LoopDescription* one = first.graph().block(first.block()).loop;
    LoopDescription* other = second.graph().block(second.block()).loop;
    if (depth_of(one) < depth_of(other)) std::swap(one, other);
    const LoopDescription* around = one;
    while (depth_of(around) > depth_of(other)) around = around->outer;
    if (around == other) return one;
    throw Error(ErrorKind::usage, info.text() + " combines streams of " + one->info.text() +
                                      " and of " + other->info.text() +
                                      ", but neither of these loops is inside the other; begin "
                                      "the inner one with a stream of the outer one");
}

std::vector<LoopDescription*> way_into(const LoopDescription* outer, LoopDescription* inner) {
    std::vector<LoopDescription*> way;
    for (LoopDescription* loop = inner; depth_of(loop) > depth_of(outer); loop = loop->outer)
        way.push_back(loop);
    std::reverse(way.begin(), way.end());
    return way;
}

void throw_not_replayable(const OperatorInfo& info) {
    throw Error(ErrorKind::usage,
                info.text() +
                    " takes views of text from outside of a loop into it, where they cannot be "
                    "kept; turn them into std::string before");
}

}  // namespace renoir::detail
