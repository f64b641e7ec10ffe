#pragma once

/// Ranks that are threads of one process, for tests: every frame is a serial byte buffer, as
/// between hosts.

#include <renoir/transport/link.hpp>

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace renoir {

/// The mailboxes of all ranks of an in-process cluster.
///
///     auto cluster = std::make_shared<renoir::InProcessCluster>(2);
///     auto link_of_rank_0 = cluster->link(0);
class InProcessCluster : public std::enable_shared_from_this<InProcessCluster> {
 public:
    explicit InProcessCluster(std::uint32_t ranks) : mailboxes_(ranks) {}

    [[nodiscard]] std::unique_ptr<Link> link(std::uint32_t rank);

    /// From now on every rank that receives gets an Error with this reason: one of them is gone.
    void abort(const std::string& reason);

 private:
    friend class InProcessLink;

    struct Sent {
        std::uint32_t from = 0;
        bool is_slab = false;
        std::vector<std::byte> bytes;
    };
    struct Mailbox {
        std::mutex mutex;
        std::deque<Sent> frames;
        std::function<void()> wakeup;
        std::optional<std::string> abort_reason;
    };

    std::deque<Mailbox> mailboxes_;
    std::shared_ptr<SlabReserve> reserve_ = std::make_shared<SlabReserve>();  // of all ranks
};

}  // namespace renoir
