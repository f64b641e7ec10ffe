#include <renoir/base/error.hpp>
#include <renoir/stream/handle.hpp>

namespace renoir::detail {

void require_same_graph(const StreamHandle& first, const StreamHandle& second,
                        const OperatorInfo& info) {
    if (&first.graph() == &second.graph()) return;
    throw Error(
        ErrorKind::usage,
        info.text() + " combines streams of two contexts; make both from one StreamContext");
}

}  // namespace renoir::detail
