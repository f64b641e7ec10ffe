#include "faulty_link.hpp"

#include <renoir/base/error.hpp>
#include <renoir/transport/ring.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace fault_test {

namespace {

using renoir::Error;
using renoir::ErrorKind;
using renoir::SlabHeader;
using renoir::SlabPointer;
using Line = HeldFrames::Line;

// How frames begin, see src/runtime/network.cpp; the last word is of these links alone.
constexpr std::uint32_t slab_frame = 0;
constexpr std::uint32_t credit_frame = 1;
constexpr std::uint32_t failure_frame = 2;
constexpr std::uint32_t last_word = 0xffff'ffff;

constexpr std::size_t offset_of_address = sizeof(std::uint32_t);
constexpr std::size_t offset_of_credits = offset_of_address + 3 * sizeof(std::uint32_t);
constexpr std::size_t offset_of_count = offset_of_address + offsetof(SlabHeader, count);

std::uint32_t word_at(Link::Bytes bytes, std::size_t offset) {
    std::uint32_t word = 0;
    if (bytes.size() < offset + sizeof(word)) throw std::logic_error("a frame that is too short");
    std::memcpy(&word, bytes.data() + offset, sizeof(word));
    return word;
}

Line line_of(const SlabHeader& header) {
    return {slab_frame, header.edge, header.source, header.destination};
}

Line line_of(Link::Bytes bytes) {
    const std::uint32_t kind = word_at(bytes, 0);
    if (kind == failure_frame) return {failure_frame, 0, 0, 0};
    if (kind != slab_frame && kind != credit_frame) throw std::logic_error("an unknown frame");
    const auto address = [&](std::size_t i) {
        return word_at(bytes, offset_of_address + i * sizeof(std::uint32_t));
    };
    return {kind, address(0), address(1), address(2)};
}

}  // namespace

Faults Faults::drawn(std::uint32_t seed) {
    std::minstd_rand random(seed * 7919 + 1);
    random.discard(3);
    const auto one_of = [&](std::initializer_list<std::uint32_t> choices) {
        return *(choices.begin() + random() % choices.size());
    };
    Faults faults;
    faults.seed = seed;
    faults.longest_delay = one_of({0, 1, 4, 12});
    faults.longest_hold = one_of({0, 0, 10, 40});
    faults.denials = one_of({0, 1, 10});
    faults.lost_credits = one_of({0, 2, renoir::SlabRing::slots / 2});
    faults.splits_credits = one_of({0, 1}) != 0;
    faults.wakes = one_of({0, 1}) != 0;
    if (one_of({0, 0, 0, 1}) != 0) faults.progress = Link::Progress::by_caller;
    return faults;
}

std::string Faults::text() const {
    return "delays up to " + std::to_string(longest_delay) + ", holds up to " +
           std::to_string(longest_hold) + ", denials " + std::to_string(denials) +
           ", lost credits " + std::to_string(lost_credits) +
           (splits_credits ? ", split credits" : "") + (wakes ? ", wakes" : "") +
           (progress == Link::Progress::by_caller ? ", by caller" : "") + ", seed " +
           std::to_string(seed);
}

void HeldFrames::add(const Line& line, Frame frame, std::uint64_t now) {
    if (faults_.longest_hold != 0 && below(100) == 0) {
        held_until_ = now + 1 + below(faults_.longest_hold);
        ++observations_.holds;
    }
    lines_[line].push_back({std::move(frame), added_++, now + below(faults_.longest_delay + 1)});
}

std::optional<HeldFrames::Frame> HeldFrames::take(std::uint64_t now) {
    if (now < held_until_) return std::nullopt;
    std::vector<Lines::iterator> due;
    std::uint64_t oldest = added_;
    for (auto line = lines_.begin(); line != lines_.end(); ++line) {
        oldest = std::min(oldest, line->second.front().number);
        if (line->second.front().due <= now) due.push_back(line);
    }
    if (due.empty()) return std::nullopt;
    Held taken = remove(due[below(static_cast<std::uint32_t>(due.size()))]);
    if (taken.number != oldest) ++observations_.overtakings;
    return std::move(taken.frame);
}

HeldFrames::Held HeldFrames::remove(Lines::iterator line) {
    Held taken = std::move(line->second.front());
    line->second.pop_front();
    if (line->second.empty()) lines_.erase(line);
    return taken;
}

/// Holds frames on both sides: what has not left its rank is not flushed, and what has come may not
/// be seen yet.
class FaultyLink final : public Link {
 public:
    FaultyLink(FaultyCluster& cluster, std::unique_ptr<Link> link)
        : cluster_(cluster),
          faults_(cluster.faults_),
          observations_(cluster.observations_),
          link_(std::move(link)),
          outgoing_(faults_, faults_.seed * 1000 + 2 * rank() + 1, observations_),
          incoming_(faults_, faults_.seed * 1000 + 2 * rank() + 2, observations_),
          has_finished_(ranks()),
          silence_(ranks()) {
        stop_if_it_is_time();
    }

    [[nodiscard]] std::uint32_t rank() const noexcept override { return link_->rank(); }
    [[nodiscard]] std::uint32_t ranks() const noexcept override { return link_->ranks(); }
    [[nodiscard]] Progress progress() const noexcept override { return faults_.progress; }
    [[nodiscard]] const std::shared_ptr<renoir::SlabReserve>& reserve() const noexcept override {
        return link_->reserve();
    }
    void set_wakeup(std::function<void()> wakeup) override {
        if (faults_.wakes) link_->set_wakeup(std::move(wakeup));
    }

    void send(std::uint32_t to, std::initializer_list<Bytes> parts) override {
        check_call();
        HeldFrames::Frame frame{to, {}, nullptr};
        for (const Bytes part : parts)
            frame.bytes.insert(frame.bytes.end(), part.begin(), part.end());
        const Line line = line_of(frame.bytes);
        if (line[0] == slab_frame) take_credit(line, word_at(frame.bytes, offset_of_count));
        send(line, std::move(frame));
    }

    void send(std::uint32_t to, SlabPointer slab) override {
        check_call();
        ++observations_.slabs_as_they_are;
        const Line line = line_of(slab->header);
        take_credit(line, slab->header.count);
        send(line, {to, {}, std::move(slab)});
    }

    [[nodiscard]] std::optional<Frame> receive() override {
        check_call();
        ++calls_;
        // Even a rank that has stopped looks, so that a test that hangs can be ended.
        while (auto frame = link_->receive()) accept(std::move(*frame));
        if (is_stopped()) return std::nullopt;
        release();
        auto taken = incoming_.take(calls_);
        if (!taken) return std::nullopt;
        delivered_ = std::move(*taken);
        if (delivered_.slab == nullptr) give_credit();
        count_frame();
        return Frame{delivered_.peer, delivered_.bytes, std::move(delivered_.slab)};
    }

    [[nodiscard]] bool flushed() override {
        check_call();
        return outgoing_.empty() && !is_denied();
    }

    void finish() override {
        check_call();
        finishes_ = true;
        denials_left_ = faults_.denials;
    }

    [[nodiscard]] bool finished() override {
        check_call();
        const auto others = static_cast<std::ptrdiff_t>(ranks()) - 1;
        const bool all_have_finished = std::ranges::count(has_finished_, true) == others;
        return has_said_last_word_ && all_have_finished && incoming_.empty() && !is_denied();
    }

    /// Only a rank that has stopped is ever silent, however busy the machine is.
    void beat(std::uint32_t limit) override {
        check_call();
        for (std::uint32_t other = 0; other < ranks(); ++other) {
            if (other != rank()) listen_to(other, limit);
        }
        if (is_stopped() && cluster_.stop_->comes_back) cluster_.is_stopped_ = false;
    }

 private:
    [[nodiscard]] bool is_stopped() const noexcept { return cluster_.is_stopped(rank()); }

    void listen_to(std::uint32_t other, std::uint32_t limit) {
        const bool is_silent = is_stopped() || cluster_.is_stopped(other);
        const bool is_over = has_said_last_word_ && has_finished_[other];
        silence_[other] = is_silent && !is_over ? silence_[other] + 1 : 0;
        if (limit == 0 || silence_[other] <= limit) return;
        throw Error(ErrorKind::cancelled, "rank " + std::to_string(other) +
                                              " has been silent for " + std::to_string(limit) +
                                              " s, seen from rank " + std::to_string(rank()));
    }

    void send(const Line& line, HeldFrames::Frame frame) {
        if (finishes_) ++observations_.words_after_the_last;
        denials_left_ = faults_.denials;
        outgoing_.add(line, std::move(frame), calls_);
        count_frame();
        release();
    }

    void count_frame() {
        ++cluster_.frames_[rank()];
        stop_if_it_is_time();
    }

    void stop_if_it_is_time() {
        const auto& stop = cluster_.stop_;
        if (!stop || stop->rank != rank() || cluster_.frames_[rank()] != stop->frame) return;
        if (has_said_last_word_) return;
        cluster_.is_stopped_ = true;
        cluster_.has_stopped_ = true;
    }

    void release() {
        if (is_stopped()) return;
        while (auto frame = outgoing_.take(calls_)) {
            if (frame->slab != nullptr) {
                link_->send(frame->peer, std::move(frame->slab));
            } else {
                link_->send(frame->peer, {frame->bytes});
            }
        }
        if (finishes_ && !has_said_last_word_ && outgoing_.empty()) say_last_word();
    }

    void say_last_word() {
        has_said_last_word_ = true;
        for (std::uint32_t other = 0; other < ranks(); ++other) {
            if (other != rank()) link_->send(other, {std::as_bytes(std::span(&last_word, 1))});
        }
    }

    void accept(Frame frame) {
        if (frame.slab != nullptr) {
            const Line line = line_of(frame.slab->header);
            return incoming_.add(line, {frame.from, {}, std::move(frame.slab)}, calls_);
        }
        if (word_at(frame.bytes, 0) == last_word) {
            has_finished_[frame.from] = true;
            return;
        }
        const Line line = line_of(frame.bytes);
        if (line[0] == credit_frame) return accept_credits(line, frame);
        incoming_.add(line, {frame.from, {frame.bytes.begin(), frame.bytes.end()}, nullptr},
                      calls_);
    }

    void accept_credits(const Line& line, const Frame& frame) {
        std::uint32_t credits = word_at(frame.bytes, offset_of_credits);
        std::uint32_t& lost = lost_[line];
        const std::uint32_t loses = std::min(credits, faults_.lost_credits - lost);
        lost += loses;
        credits -= loses;
        observations_.lost_credits += loses;
        if (credits > 1 && faults_.splits_credits) ++observations_.split_credits;
        while (credits != 0) {
            const std::uint32_t given = faults_.splits_credits ? 1 : credits;
            std::vector<std::byte> bytes(frame.bytes.begin(), frame.bytes.end());
            std::memcpy(bytes.data() + offset_of_credits, &given, sizeof(given));
            incoming_.add(line, {frame.from, std::move(bytes), nullptr}, calls_);
            credits -= given;
        }
    }

    /// Of the window that the channel of this line has, as the network should know it.
    std::int64_t& credits_of(Line line) {
        line[0] = slab_frame;
        return credits_.try_emplace(line, renoir::SlabRing::slots).first->second;
    }

    void take_credit(const Line& line, std::uint32_t items) {
        std::int64_t& credits = credits_of(line);
        if (items != 0 && credits <= 0) ++observations_.slabs_without_credit;
        if (--credits == 0) ++observations_.empty_windows;
    }

    void give_credit() {
        const Line line = line_of(delivered_.bytes);
        if (line[0] != credit_frame) return;
        std::int64_t& credits = credits_of(line);
        credits += word_at(delivered_.bytes, offset_of_credits);
        if (credits > static_cast<std::int64_t>(renoir::SlabRing::slots - faults_.lost_credits))
            ++observations_.credits_beyond_window;
    }

    bool is_denied() {
        if (denials_left_ == 0) return false;
        --denials_left_;
        ++observations_.denials;
        return true;
    }

    void check_call() {
        if (faults_.progress == Progress::by_caller && std::this_thread::get_id() != maker_)
            ++observations_.calls_of_other_threads;
    }

    FaultyCluster& cluster_;
    const Faults& faults_;
    Observations& observations_;
    std::unique_ptr<Link> link_;
    std::thread::id maker_ = std::this_thread::get_id();
    std::uint64_t calls_ = 0;
    HeldFrames outgoing_;
    HeldFrames incoming_;
    HeldFrames::Frame delivered_;
    std::map<Line, std::uint32_t> lost_;
    std::map<Line, std::int64_t> credits_;
    std::uint32_t denials_left_ = 0;
    bool finishes_ = false;
    bool has_said_last_word_ = false;
    std::vector<bool> has_finished_;      // by rank
    std::vector<std::uint32_t> silence_;  // by rank, in beats
};

FaultyCluster::FaultyCluster(std::uint32_t ranks, Faults faults, std::optional<Stop> stop)
    : cluster_(std::make_shared<renoir::InProcessCluster>(ranks)),
      faults_(faults),
      stop_(stop),
      frames_(ranks) {}

std::unique_ptr<Link> FaultyCluster::link(std::uint32_t rank) {
    return std::make_unique<FaultyLink>(*this, cluster_->link(rank));
}

}  // namespace fault_test
