#include <renoir/base/error.hpp>
#include <renoir/transport/in_process_link.hpp>

#include <algorithm>

namespace renoir {

class InProcessLink final : public Link {
 public:
    InProcessLink(std::shared_ptr<InProcessCluster> cluster, std::uint32_t rank)
        : cluster_(std::move(cluster)), rank_(rank) {}

    ~InProcessLink() override { set_wakeup(nullptr); }

    [[nodiscard]] std::uint32_t rank() const noexcept override { return rank_; }
    [[nodiscard]] std::uint32_t ranks() const noexcept override {
        return static_cast<std::uint32_t>(cluster_->mailboxes_.size());
    }

    void send(std::uint32_t to, std::initializer_list<Bytes> parts) override {
        std::vector<std::byte> bytes;
        for (const Bytes part : parts) bytes.insert(bytes.end(), part.begin(), part.end());
        deliver(to, {rank_, false, std::move(bytes)});
    }

    // As bytes, so that nothing gets across that would not between hosts.
    void send(std::uint32_t to, SlabPointer slab) override {
        const auto image = slab->image(bytes_as_it_is(*slab));
        deliver(to, {rank_, true, {image.begin(), image.end()}});
        cluster_->reserve_->give(std::move(slab));
    }

    [[nodiscard]] const std::shared_ptr<SlabReserve>& reserve() const noexcept override {
        return cluster_->reserve_;
    }

    [[nodiscard]] std::optional<Frame> receive() override {
        {
            InProcessCluster::Mailbox& mailbox = own();
            const std::lock_guard lock(mailbox.mutex);
            if (mailbox.abort_reason) throw Error(ErrorKind::cancelled, *mailbox.abort_reason);
            if (mailbox.frames.empty()) return std::nullopt;
            received_ = std::move(mailbox.frames.front());
            mailbox.frames.pop_front();
        }
        if (!received_.is_slab) return Frame{received_.from, received_.bytes, nullptr};
        SlabPointer slab = cluster_->reserve_->take();
        const std::size_t payload = received_.bytes.size() - slab->image(0).size();
        std::ranges::copy(received_.bytes, slab->image(payload).begin());
        check_image(*slab, payload);
        return Frame{received_.from, {}, std::move(slab)};
    }

    [[nodiscard]] bool flushed() override { return true; }

    void set_wakeup(std::function<void()> wakeup) override {
        const std::lock_guard lock(own().mutex);
        own().wakeup = std::move(wakeup);
    }
    [[nodiscard]] Progress progress() const noexcept override { return Progress::by_wakeup; }
    void beat(std::uint32_t) override {}

    // What is sent to a rank that has ended stays in its mailbox.
    void finish() override {}
    [[nodiscard]] bool finished() override { return true; }

 private:
    InProcessCluster::Mailbox& own() { return cluster_->mailboxes_[rank_]; }

    void deliver(std::uint32_t to, InProcessCluster::Sent sent) {
        InProcessCluster::Mailbox& mailbox = cluster_->mailboxes_[to];
        const std::lock_guard lock(mailbox.mutex);
        mailbox.frames.push_back(std::move(sent));
        // Under the lock, so that the wake-up cannot be taken away while it is called.
        if (mailbox.wakeup) mailbox.wakeup();
    }

    std::shared_ptr<InProcessCluster> cluster_;
    std::uint32_t rank_;
    InProcessCluster::Sent received_;
};

std::unique_ptr<Link> InProcessCluster::link(std::uint32_t rank) {
    return std::make_unique<InProcessLink>(shared_from_this(), rank);
}

void InProcessCluster::abort(const std::string& reason) {
    for (Mailbox& mailbox : mailboxes_) {
        const std::lock_guard lock(mailbox.mutex);
        if (!mailbox.abort_reason) mailbox.abort_reason = "another rank has failed: " + reason;
        if (mailbox.wakeup) mailbox.wakeup();
    }
}

}  // namespace renoir
