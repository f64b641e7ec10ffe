#include "transport/mpi_link.hpp"

#include "transport/mpi_ranks.hpp"

#include <renoir/base/error.hpp>

#include <algorithm>
#include <cstring>
#include <deque>
#include <string>
#include <utility>
#include <vector>

namespace renoir {

namespace {

/// Messages with frames under way to a rank.
constexpr std::uint32_t window = 8;
/// Acknowledgements alone, and the messages at the end, come beside them.
constexpr std::uint32_t posted_receives = window + 6;

enum class MessageKind : std::uint16_t {
    frames,
    slab,  ///< one frame, a slab as it is
    acknowledgement,
    finished,  ///< the sender has no more frames
    farewell,  ///< the sender sends nothing at all any more
};

[[nodiscard]] bool has_frames(MessageKind kind) noexcept {
    return kind == MessageKind::frames || kind == MessageKind::slab;
}

/// In the envelope of a slab, which is what a message is made of.
struct MessageHeader {
    MessageKind kind = MessageKind::frames;
    std::uint32_t acknowledged = 0;  ///< messages with frames that the sender has read so far
};

using FrameLength = std::uint64_t;

class Message {
 public:
    explicit Message(SlabPointer memory) : slab(std::move(memory)) {}

    static Message of_kind(SlabPointer memory, MessageKind kind) {
        Message message(std::move(memory));
        message.kind_ = kind;
        if (kind == MessageKind::slab) message.payload_ = bytes_as_it_is(*message.slab);
        return message;
    }

    [[nodiscard]] MessageKind kind() const noexcept { return kind_; }
    [[nodiscard]] std::span<std::byte> bytes() noexcept { return slab->image(payload_); }
    [[nodiscard]] std::span<std::byte> all_bytes() noexcept {
        return slab->image(network_slab_capacity);
    }
    [[nodiscard]] bool is_full() const noexcept {
        return kind_ != MessageKind::frames || payload_ == network_slab_capacity;
    }

    /// Takes as many of the bytes as fit and returns the rest.
    Link::Bytes append(Link::Bytes bytes) noexcept {
        const std::size_t count = std::min(bytes.size(), network_slab_capacity - payload_);
        if (count != 0) std::memcpy(slab->payload() + payload_, bytes.data(), count);
        payload_ += count;
        return bytes.subspan(count);
    }
    void write_header(std::uint32_t acknowledged) noexcept {
        const MessageHeader header{kind_, acknowledged};
        static_assert(sizeof(header) <= sizeof(Slab::envelope));
        std::memcpy(slab->envelope.data(), &header, sizeof(header));
    }

    SlabPointer slab;
    MPI_Request request = MPI_REQUEST_NULL;

 private:
    MessageKind kind_ = MessageKind::frames;
    std::size_t payload_ = 0;
};

/// Bytes of frames, message by message, as frames.
class FrameReader {
 public:
    /// The next message; all frames of the one before must have been read.
    void open(Link::Bytes bytes) noexcept { rest_ = bytes; }

    /// The next frame that is complete. It is valid until the next call.
    [[nodiscard]] std::optional<Link::Bytes> next() {
        if (std::exchange(partial_is_read_, false)) partial_.clear();
        if (partial_.empty() && rest_.size() >= sizeof(FrameLength)) {
            const FrameLength length = length_at(rest_.data());
            if (rest_.size() - sizeof(length) >= length) {
                const Link::Bytes frame = rest_.subspan(sizeof(length), length);
                rest_ = rest_.subspan(sizeof(length) + length);
                return frame;
            }
        }
        return assemble();
    }

 private:
    static FrameLength length_at(const std::byte* bytes) noexcept {
        FrameLength length = 0;
        std::memcpy(&length, bytes, sizeof(length));
        return length;
    }

    /// A frame that lies in several messages.
    std::optional<Link::Bytes> assemble() {
        take_until(sizeof(FrameLength));
        if (partial_.size() < sizeof(FrameLength)) return std::nullopt;
        const FrameLength length = length_at(partial_.data());
        take_until(sizeof(length) + length);
        if (partial_.size() < sizeof(length) + length) return std::nullopt;
        partial_is_read_ = true;
        return Link::Bytes(partial_).subspan(sizeof(length));
    }
    void take_until(std::size_t size) {
        if (partial_.size() >= size) return;
        const auto taken = rest_.first(std::min(size - partial_.size(), rest_.size()));
        partial_.insert(partial_.end(), taken.begin(), taken.end());
        rest_ = rest_.subspan(taken.size());
    }

    Link::Bytes rest_;
    std::vector<std::byte> partial_;
    bool partial_is_read_ = false;
};

struct SilentPeer {
    int rank = 0;
};

/// One direction and the other between this rank and another one.
class Peer {
 public:
    Peer(MPI_Comm communicator, int tag, int rank, bool says_farewell_first, SlabReserve& reserve)
        : communicator_(communicator),
          tag_(tag),
          rank_(rank),
          says_farewell_first_(says_farewell_first),
          reserve_(reserve) {
        for (std::uint32_t i = 0; i < posted_receives; ++i) post();
    }

    void send(std::initializer_list<Link::Bytes> parts) {
        FrameLength length = 0;
        for (const Link::Bytes part : parts) length += part.size();
        append(std::as_bytes(std::span(&length, 1)));
        for (const Link::Bytes part : parts) append(part);
        send_what_may();
    }

    void send(SlabPointer slab) {
        waiting_.push_back(Message::of_kind(std::move(slab), MessageKind::slab));
        send_what_may();
    }

    [[nodiscard]] std::optional<Link::Frame> receive() {
        while (true) {
            if (reading_) {
                if (const auto bytes = reader_.next()) return Link::Frame{name(), *bytes, nullptr};
                close_message();
            }
            if (!open_message()) return std::nullopt;
            if (SlabPointer slab = take_slab()) return Link::Frame{name(), {}, std::move(slab)};
        }
    }

    void progress() {
        while (!flying_.empty() && is_complete(flying_.front())) {
            reserve_.give(std::move(flying_.front().slab));
            flying_.pop_front();
        }
        send_what_may();
        if (read_ - acknowledged_ >= window / 2 && !is_silent_)
            send_alone(MessageKind::acknowledgement);
        if (may_say_finished()) say_finished();
    }

    void finish() { finishes_ = true; }

    [[nodiscard]] bool is_flushed() const noexcept { return waiting_.empty() && flying_.empty(); }
    [[nodiscard]] bool has_finished() const noexcept {
        return is_silent_ && other_is_silent_ && is_flushed();
    }

    /// Says that this rank is alive where nothing else was said since the last call, and throws
    /// when the other one was silent for `limit` calls.
    void beat(std::uint32_t limit) {
        if (!std::exchange(has_spoken_, false) && !is_silent_)
            send_alone(MessageKind::acknowledgement);
        if (other_is_silent_) return;
        silence_ = std::exchange(has_heard_, false) ? 0 : silence_ + 1;
        if (limit != 0 && silence_ > limit) throw SilentPeer{rank_};
    }

    /// Takes back what MPI is not going to use any more; returns the messages that it may use.
    [[nodiscard]] std::deque<Message> abandon() noexcept {
        for (Message& message : posted_) {
            MPI_Cancel(&message.request);
            MPI_Wait(&message.request, MPI_STATUS_IGNORE);
        }
        posted_.clear();
        return std::move(flying_);
    }

 private:
    void append(Link::Bytes bytes) {
        while (!bytes.empty()) {
            if (waiting_.empty() || waiting_.back().is_full())
                waiting_.push_back(Message::of_kind(reserve_.take(), MessageKind::frames));
            bytes = waiting_.back().append(bytes);
        }
    }

    /// A message that is not full goes when nothing is under way that it could wait for.
    void send_what_may() {
        while (!waiting_.empty() && sent_ - acknowledged_by_other_ < window) {
            if (!waiting_.front().is_full() && !flying_.empty()) return;
            Message message = std::move(waiting_.front());
            waiting_.pop_front();
            ++sent_;
            start(std::move(message));
        }
    }

    void send_alone(MessageKind kind) { start(Message::of_kind(reserve_.take(), kind)); }

    void start(Message message) {
        message.write_header(read_);
        has_spoken_ = true;
        acknowledged_ = read_;
        flying_.push_back(std::move(message));
        Message& started = flying_.back();
        const auto bytes = started.bytes();
        check_mpi(MPI_Isend(bytes.data(), static_cast<int>(bytes.size()), MPI_BYTE, rank_, tag_,
                            communicator_, &started.request),
                  "MPI_Isend");
    }

    void post() { post(reserve_.take()); }
    void post(SlabPointer slab) {
        Message& target = posted_.emplace_back(std::move(slab));
        const auto bytes = target.all_bytes();
        check_mpi(MPI_Irecv(bytes.data(), static_cast<int>(bytes.size()), MPI_BYTE, rank_, tag_,
                            communicator_, &target.request),
                  "MPI_Irecv");
    }

    static bool is_complete(Message& message) {
        int complete = 0;
        check_mpi(MPI_Test(&message.request, &complete, MPI_STATUS_IGNORE), "MPI_Test");
        return complete != 0;
    }

    /// Opens the message that was posted first, when it has arrived.
    bool open_message() {
        if (other_is_silent_ || posted_.empty()) return false;
        int arrived = 0;
        MPI_Status status;
        check_mpi(MPI_Test(&posted_.front().request, &arrived, &status), "MPI_Test");
        if (arrived == 0) return false;
        has_heard_ = true;
        int size = 0;
        check_mpi(MPI_Get_count(&status, MPI_BYTE, &size), "MPI_Get_count");
        Slab& slab = *posted_.front().slab;
        if (static_cast<std::size_t>(size) < slab.image(0).size() ||
            slab.capacity() != network_slab_capacity) {
            throw Error(ErrorKind::internal,
                        "what is no message arrived from rank " + std::to_string(rank_));
        }
        const std::size_t payload = static_cast<std::size_t>(size) - slab.image(0).size();
        std::memcpy(&header_, slab.envelope.data(), sizeof(header_));
        acknowledged_by_other_ = header_.acknowledged;
        other_has_finished_ |=
            header_.kind == MessageKind::finished || header_.kind == MessageKind::farewell;
        other_is_silent_ |= header_.kind == MessageKind::farewell;
        if (header_.kind == MessageKind::slab) {
            check_image(slab, payload);
        } else {
            reader_.open({slab.payload(), payload});
            reading_ = true;
        }
        return true;
    }

    void close_message() {
        reading_ = false;
        if (has_frames(header_.kind)) ++read_;
        SlabPointer slab = std::move(posted_.front().slab);
        posted_.pop_front();
        post(std::move(slab));
    }

    /// The slab that the open message is, if it is one.
    SlabPointer take_slab() {
        if (header_.kind != MessageKind::slab || reading_) return nullptr;
        ++read_;
        SlabPointer slab = std::move(posted_.front().slab);
        posted_.pop_front();
        post();
        return slab;
    }

    [[nodiscard]] std::uint32_t name() const noexcept { return static_cast<std::uint32_t>(rank_); }

    // The last words: the first rank says that it has finished, the second answers with its
    // farewell when it has finished as well, and the first says its own. What says farewell is the
    // last that its sender sends, so nothing arrives when a link is gone.
    [[nodiscard]] bool may_say_finished() const noexcept {
        if (!finishes_ || is_silent_ || !waiting_.empty()) return false;
        if (says_farewell_first_) return other_has_finished_;
        return !has_said_finished_ || other_is_silent_;
    }
    void say_finished() {
        const bool is_last_word = says_farewell_first_ || has_said_finished_;
        send_alone(is_last_word ? MessageKind::farewell : MessageKind::finished);
        has_said_finished_ = true;
        is_silent_ = is_last_word;
    }

    MPI_Comm communicator_;
    int tag_;
    int rank_;
    bool says_farewell_first_;
    SlabReserve& reserve_;

    std::deque<Message> waiting_;  // to be sent; only the last one is not full
    std::deque<Message> flying_;   // being sent
    std::uint32_t sent_ = 0;       // messages with frames
    std::uint32_t acknowledged_by_other_ = 0;

    std::deque<Message> posted_;  // in the order of posting
    FrameReader reader_;
    bool reading_ = false;
    MessageHeader header_;    // of the open message
    std::uint32_t read_ = 0;  // messages with frames
    std::uint32_t acknowledged_ = 0;

    bool has_spoken_ = false;  // since the last beat
    bool has_heard_ = true;
    std::uint32_t silence_ = 0;  // beats

    bool finishes_ = false;
    bool has_said_finished_ = false;
    bool is_silent_ = false;
    bool other_has_finished_ = false;
    bool other_is_silent_ = false;
};

class MpiLink final : public Link {
 public:
    MpiLink(MpiRanks& ranks, int tag, std::shared_ptr<const void> life)
        : ranks_(ranks), life_(std::move(life)) {
        const auto turn = ranks_.turn();
        for (std::uint32_t other = 0; other < ranks_.size(); ++other) {
            if (other == ranks_.rank()) continue;
            peers_.emplace_back(ranks_.communicator(), tag, static_cast<int>(other),
                                ranks_.rank() > other, *reserve_);
        }
    }
    ~MpiLink() override {
        const auto turn = ranks_.turn();
        for (Peer& peer : peers_) keep(peer.abandon());
    }

    [[nodiscard]] std::uint32_t rank() const noexcept override { return ranks_.rank(); }
    [[nodiscard]] std::uint32_t ranks() const noexcept override { return ranks_.size(); }

    void send(std::uint32_t to, std::initializer_list<Bytes> parts) override {
        const auto turn = ranks_.turn();
        peer(to).send(parts);
    }
    void send(std::uint32_t to, SlabPointer slab) override {
        const auto turn = ranks_.turn();
        peer(to).send(std::move(slab));
    }
    [[nodiscard]] const std::shared_ptr<SlabReserve>& reserve() const noexcept override {
        return reserve_;
    }

    [[nodiscard]] std::optional<Frame> receive() override {
        const auto turn = ranks_.turn();
        for (std::size_t looked = 0; looked < peers_.size(); ++looked) {
            if (auto frame = peers_[next_].receive()) return frame;
            peers_[next_].progress();
            next_ = next_ + 1 == peers_.size() ? 0 : next_ + 1;
        }
        return std::nullopt;
    }

    [[nodiscard]] bool flushed() override {
        const auto turn = ranks_.turn();
        return std::ranges::all_of(peers_, [](Peer& peer) {
            peer.progress();
            return peer.is_flushed();
        });
    }

    void set_wakeup(std::function<void()>) override {}

    [[nodiscard]] Progress progress() const noexcept override {
        return ranks_.threads() == MpiThreads::this_only ? Progress::by_caller
                                                         : Progress::by_polling;
    }

    void beat(std::uint32_t limit) override {
        const auto turn = ranks_.turn();
        try {
            for (Peer& peer : peers_) peer.beat(limit);
        } catch (const SilentPeer& peer) {
            throw Error(ErrorKind::cancelled,
                        ranks_.name_of(static_cast<std::uint32_t>(peer.rank)) +
                            " has been silent for " + std::to_string(limit) + " s, seen from " +
                            ranks_.name_of(rank()) +
                            "; look whether its host is up and its process runs; --peer-timeout "
                            "sets this time");
        }
    }

    void finish() override {
        const auto turn = ranks_.turn();
        for (Peer& peer : peers_) peer.finish();
    }
    [[nodiscard]] bool finished() override {
        if (!std::ranges::all_of(peers_, [](const Peer& peer) { return peer.has_finished(); }))
            return false;
        life_.reset();
        return true;
    }

 private:
    Peer& peer(std::uint32_t to) { return peers_[to < rank() ? to : to - 1]; }

    void keep(std::deque<Message> messages) {
        if (!messages.empty())
            ranks_.keep(std::make_shared<std::deque<Message>>(std::move(messages)));
    }

    MpiRanks& ranks_;
    std::shared_ptr<const void> life_;
    std::shared_ptr<SlabReserve> reserve_ = std::make_shared<SlabReserve>();
    std::deque<Peer> peers_;
    std::size_t next_ = 0;
};

}  // namespace

std::unique_ptr<Link> make_mpi_link(MpiRanks& ranks, int tag, std::shared_ptr<const void> life) {
    return std::make_unique<MpiLink>(ranks, tag, std::move(life));
}

}  // namespace renoir
