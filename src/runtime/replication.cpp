#include <renoir/base/error.hpp>
#include <renoir/runtime/replication.hpp>

namespace renoir {

Replication Replication::limited(std::size_t replicas) {
    if (replicas == 0) {
        throw Error(ErrorKind::usage,
                    "a block cannot run with 0 replicas; give Replication::limited at least 1");
    }
    return {Kind::limited, replicas};
}

std::vector<ReplicaAddress> place(Replication replication, const ClusterLayout& layout) {
    std::vector<ReplicaAddress> addresses;
    for (std::uint32_t rank = 0; rank < layout.size(); ++rank) {
        for (std::uint32_t worker = 0; worker < layout[rank]; ++worker) {
            const bool full = (replication.kind() == Replication::Kind::limited ||
                               replication.kind() == Replication::Kind::one) &&
                              addresses.size() == replication.limit();
            const bool skipped = replication.kind() == Replication::Kind::host && worker != 0;
            if (!full && !skipped) addresses.push_back({rank, worker});
        }
    }
    return addresses;
}

}  // namespace renoir
