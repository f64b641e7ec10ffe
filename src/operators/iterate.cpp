#include <renoir/base/error.hpp>
#include <renoir/operators/iterate.hpp>

namespace renoir::detail {

LoopDescription& begin_loop(const StreamHandle& entering, const OperatorInfo& info) {
    entering.require_usable(info);
    Graph& graph = entering.graph();
    const BlockDescription& before = graph.block(entering.block());
    LoopDescription& loop = graph.add_loop(before.loop, info);
    loop.coordinator = graph.add_block(Replication::one(), before.batch_mode);
    graph.block(loop.coordinator).loop = loop.outer;
    return loop;
}

void require_inside(const StreamHandle& end, const Graph& graph, const LoopDescription& loop) {
    if (&end.graph() != &graph) {
        throw Error(ErrorKind::usage, "the body of " + loop.info.text() +
                                          " returns a stream of another context; make all streams "
                                          "from one StreamContext");
    }
    end.require_usable(loop.info);
    if (graph.block(end.block()).loop == &loop) return;
    throw Error(ErrorKind::usage, "the body of " + loop.info.text() +
                                      " returns a stream from outside of the loop; return one "
                                      "that is made of the items it is given");
}

}  // namespace renoir::detail
