#pragma once

/// A link that counts what a rank sends through it.

#include <renoir/transport/link.hpp>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

namespace bench {

/// What a rank has sent to others.
struct Traffic {
    std::uint64_t bytes = 0;
    std::uint64_t frames = 0;
    std::uint64_t channels = 0;        ///< that have come to their end
    std::uint64_t most_under_way = 0;  ///< frames that had left and had not been received
    std::atomic<std::uint64_t> received_frames{0};  ///< by others
};

class CountingLink final : public renoir::Link {
 public:
    /// `traffic` has an element for each rank. Only this link counts what its rank sends, until the
    /// job has ended.
    CountingLink(std::unique_ptr<renoir::Link> link, std::vector<Traffic>& traffic)
        : link_(std::move(link)), traffic_(traffic), own_(traffic[link_->rank()]) {}

    void send(std::uint32_t to, std::initializer_list<Bytes> parts) override {
        std::size_t bytes = 0;
        for (const Bytes part : parts) bytes += part.size();
        count(bytes);
        if (parts.size() == parts_of_slab) count_channel(header_in(parts));
        link_->send(to, parts);
    }
    void send(std::uint32_t to, renoir::SlabPointer slab) override {
        count(slab->image(renoir::bytes_as_it_is(*slab)).size());
        count_channel(slab->header);
        link_->send(to, std::move(slab));
    }

    [[nodiscard]] std::uint32_t rank() const noexcept override { return link_->rank(); }
    [[nodiscard]] std::uint32_t ranks() const noexcept override { return link_->ranks(); }
    [[nodiscard]] Progress progress() const noexcept override { return link_->progress(); }
    [[nodiscard]] const std::shared_ptr<renoir::SlabReserve>& reserve() const noexcept override {
        return link_->reserve();
    }
    [[nodiscard]] std::optional<Frame> receive() override {
        std::optional<Frame> frame = link_->receive();
        if (frame) traffic_[frame->from].received_frames.fetch_add(1, std::memory_order_relaxed);
        return frame;
    }
    [[nodiscard]] bool flushed() override { return link_->flushed(); }
    void set_wakeup(std::function<void()> wakeup) override { link_->set_wakeup(std::move(wakeup)); }
    void beat(std::uint32_t limit) override { link_->beat(limit); }
    void finish() override { link_->finish(); }
    [[nodiscard]] bool finished() override { return link_->finished(); }

 private:
    // As the network sends a slab: the kind of the frame, then parts_of(slab).
    static constexpr std::size_t parts_of_slab = 4;
    static renoir::SlabHeader header_in(std::initializer_list<Bytes> parts) noexcept {
        renoir::SlabHeader header;
        std::memcpy(&header, parts.begin()[1].data(), sizeof(header));
        return header;
    }

    void count(std::size_t bytes) noexcept {
        own_.bytes += bytes;
        ++own_.frames;
        const std::uint64_t received = own_.received_frames.load(std::memory_order_relaxed);
        own_.most_under_way = std::max(own_.most_under_way, own_.frames - received);
    }
    // Each channel has one end.
    void count_channel(const renoir::SlabHeader& header) noexcept {
        if (header.mark.kind == renoir::MarkKind::end_of_stream) ++own_.channels;
    }

    std::unique_ptr<renoir::Link> link_;
    std::vector<Traffic>& traffic_;
    Traffic& own_;
};

}  // namespace bench
