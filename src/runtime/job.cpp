#include "runtime/worker.hpp"

#include <renoir/runtime/job.hpp>

#include <algorithm>
#include <latch>
#include <limits>
#include <map>
#include <thread>

namespace renoir {

class Job final : private Channels {
 public:
    Job(std::shared_ptr<const Graph> graph, JobOptions options);
    ~Job() override;
    Job(const Job&) = delete;
    Job& operator=(const Job&) = delete;

    void start();
    void join();
    [[nodiscard]] bool done() const noexcept { return done_.load(std::memory_order_acquire); }
    [[nodiscard]] bool failed() const { return state_.stopped(); }
    void cancel();
    void progress() noexcept;
    [[nodiscard]] std::optional<Error> error() const;

 private:
    Lanes lanes_from(EdgeId edge, std::uint32_t sender) override;
    std::vector<IncomingLane> lanes_to(EdgeId edge, std::uint32_t receiver) override;

    [[nodiscard]] bool connects(EdgeId edge, std::uint32_t sender, std::uint32_t receiver) const;
    [[nodiscard]] Lane lane_to(EdgeId edge, std::uint32_t sender, std::uint32_t receiver);
    [[nodiscard]] std::vector<std::uint32_t> routes(EdgeId edge,
                                                    const std::vector<Lane>& lanes) const;

    void start_worker(std::uint32_t index);
    void run_worker(std::uint32_t index);
    void end_worker();
    void drive_to_the_end() noexcept;
    void finish_network();
    void fail(const Failure& failure);
    void stop_with(Failure failure);
    void give_up();
    void wake_workers() noexcept;
    SlabRing& local_ring(const ChannelAddress& address);

    std::shared_ptr<const Graph> graph_;
    JobOptions options_;
    std::vector<std::vector<ReplicaAddress>> placements_;
    JobState state_;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::mutex rings_mutex_;
    std::map<ChannelAddress, SlabRing> rings_;
    std::unique_ptr<Network> network_;
    std::latch built_;
    std::atomic<std::size_t> working_;
    std::atomic<bool> done_{false};
    std::mutex join_mutex_;
    std::vector<std::thread> threads_;
};

Job::Job(std::shared_ptr<const Graph> graph, JobOptions options)
    : graph_(std::move(graph)),
      options_(std::move(options)),
      built_(static_cast<std::ptrdiff_t>(options_.layout.at(options_.rank))),
      working_(options_.layout[options_.rank]) {
    for (BlockId id = 0; id < graph_->blocks(); ++id) {
        placements_.push_back(place(graph_->block(id).replication, options_.layout));
    }
    std::shared_ptr<SlabReserve> reserve;
    if (options_.link != nullptr) reserve = options_.link->reserve();
    for (std::uint32_t index = 0; index < options_.layout[options_.rank]; ++index) {
        workers_.push_back(std::make_unique<Worker>(options_.rank, options_.host, index, *graph_,
                                                    options_.schedule_seed, reserve));
    }
    if (options_.link != nullptr) {
        network_ = std::make_unique<Network>(
            std::move(options_.link), [this] { wake_workers(); },
            [this](Failure failure) { stop_with(std::move(failure)); },
            NetworkOptions{options_.communication_thread,
                           static_cast<std::uint32_t>(options_.peer_timeout.count()),
                           [this] { give_up(); }});
    }
}

Job::~Job() {
    if (!done()) cancel();
    join();
}

void Job::start() {
    if (network_ != nullptr && network_->is_driven_by_caller())
        graph_->run_driven_actions([this] { progress(); });
    for (std::uint32_t index = 0; index < workers_.size(); ++index) start_worker(index);
}

// The workers that could not be started count as ended, so that the others are not waited for in
// vain.
void Job::start_worker(std::uint32_t index) {
    if (state_.stopped()) {
        built_.count_down();
        end_worker();
        return;
    }
    try {
        threads_.emplace_back([this, index] { run_worker(index); });
    } catch (const std::exception& error) {
        fail({ErrorKind::configuration, "worker " + std::to_string(index) +
                                            " could not be started: " + error.what() +
                                            "; ask for fewer workers with --local"});
        built_.count_down();
        end_worker();
    }
}

void Job::progress() noexcept {
    if (network_ != nullptr && network_->is_driven_by_caller()) network_->drive();
}

void Job::join() {
    drive_to_the_end();
    const std::lock_guard lock(join_mutex_);
    for (std::thread& thread : threads_) {
        if (thread.joinable()) thread.join();
    }
}

void Job::drive_to_the_end() noexcept {
    if (network_ == nullptr || !network_->is_driven_by_caller()) return;
    constexpr std::chrono::microseconds shortest_pause{10};
    constexpr std::chrono::microseconds longest_pause{1000};
    for (auto pause = shortest_pause; !done(); pause = std::min(2 * pause, longest_pause)) {
        if (network_->drive()) pause = shortest_pause;
        std::this_thread::sleep_for(pause);
    }
}

void Job::cancel() {
    if (done()) return;
    const std::string place = options_.host.empty() ? ""
                                                    : " on rank " + std::to_string(options_.rank) +
                                                          " (" + options_.host + ')';
    fail({ErrorKind::cancelled, "the job was cancelled" + place});
}

// A worker that fails to build still arrives, and the others stop at their first round.
void Job::run_worker(std::uint32_t index) {
    Worker& worker = *workers_[index];
    try {
        if (options_.bind_worker) options_.bind_worker(index);
        worker.build(*this, placements_);
    } catch (...) {
        fail(worker.describe_current_exception());
    }
    built_.arrive_and_wait();
    if (index == 0 && network_ != nullptr) network_->start();
    try {
        worker.run(state_, network_.get());
    } catch (...) {
        fail(worker.describe_current_exception());
    }
    wake_workers();
    worker.clear();
    end_worker();
}

void Job::end_worker() {
    if (working_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    finish_network();
    if (options_.on_end) options_.on_end(state_.failure().has_value());
    done_.store(true, std::memory_order_release);
}

void Job::finish_network() {
    if (network_ != nullptr) network_->finish();
}

void Job::fail(const Failure& failure) {
    if (!state_.fail(failure)) return;
    if (network_ != nullptr) network_->announce(failure);
    wake_workers();
}

void Job::stop_with(Failure failure) {
    if (state_.fail(std::move(failure))) wake_workers();
}

void Job::give_up() {
    if (options_.give_up) options_.give_up(*error());
}

void Job::wake_workers() noexcept {
    for (const auto& worker : workers_) worker->parker().wake();
}

SlabRing& Job::local_ring(const ChannelAddress& address) {
    const std::lock_guard lock(rings_mutex_);
    return rings_[address];
}

bool Job::connects(EdgeId edge, std::uint32_t sender, std::uint32_t receiver) const {
    const EdgeDescription& description = graph_->edge(edge);
    const ReplicaAddress from = placements_[description.from][sender];
    const ReplicaAddress to = placements_[description.to][receiver];
    switch (description.scope) {
        case EdgeScope::all:
            return true;
        case EdgeScope::same_replica:
            return sender == receiver;
        case EdgeScope::worker_of_ranks:
            return from.worker % options_.layout[to.rank] == to.worker;
        case EdgeScope::own_rank:
            return from.rank == to.rank;
    }
    return false;
}

Lane Job::lane_to(EdgeId edge, std::uint32_t sender, std::uint32_t receiver) {
    const ReplicaAddress from = placements_[graph_->edge(edge).from][sender];
    const ReplicaAddress to = placements_[graph_->edge(edge).to][receiver];
    const ChannelAddress address{edge, sender, receiver};
    if (to.rank == options_.rank)
        return {&local_ring(address), receiver, &workers_[to.worker]->parker()};
    return network_->outgoing(address, to.rank, workers_[from.worker]->parker());
}

Lanes Job::lanes_from(EdgeId edge, std::uint32_t sender) {
    const auto receivers = static_cast<std::uint32_t>(placements_[graph_->edge(edge).to].size());
    Lanes lanes;
    for (std::uint32_t receiver = 0; receiver < receivers; ++receiver) {
        if (connects(edge, sender, receiver))
            lanes.lanes.push_back(lane_to(edge, sender, receiver));
    }
    if (graph_->edge(edge).scope != EdgeScope::all)
        lanes.lane_of_destination = routes(edge, lanes.lanes);
    return lanes;
}

/// To a destination leads the lane of its replica, or else that of another one on its rank; or
/// else, where the sender chose freely, any.
std::vector<std::uint32_t> Job::routes(EdgeId edge, const std::vector<Lane>& lanes) const {
    constexpr auto none = std::numeric_limits<std::uint32_t>::max();
    const std::vector<ReplicaAddress>& receivers = placements_[graph_->edge(edge).to];
    std::vector<std::uint32_t> routes(receivers.size(), none);
    std::vector<std::uint32_t> lane_of_rank(options_.layout.size(), none);
    for (std::uint32_t lane = 0; lane < lanes.size(); ++lane) {
        routes[lanes[lane].destination] = lane;
        lane_of_rank[receivers[lanes[lane].destination].rank] = lane;
    }
    for (std::uint32_t destination = 0; destination < receivers.size(); ++destination) {
        std::uint32_t& route = routes[destination];
        if (route == none) route = lane_of_rank[receivers[destination].rank];
        if (route == none) route = destination % static_cast<std::uint32_t>(lanes.size());
    }
    return routes;
}

std::vector<IncomingLane> Job::lanes_to(EdgeId edge, std::uint32_t receiver) {
    const ReplicaAddress own = placements_[graph_->edge(edge).to].at(receiver);
    Parker& own_parker = workers_[own.worker]->parker();
    std::vector<IncomingLane> lanes;
    const std::vector<ReplicaAddress>& senders = placements_[graph_->edge(edge).from];
    for (std::uint32_t sender = 0; sender < senders.size(); ++sender) {
        if (!connects(edge, sender, receiver)) continue;
        const ReplicaAddress from = senders[sender];
        const ChannelAddress address{edge, sender, receiver};
        if (from.rank == options_.rank) {
            lanes.push_back({&local_ring(address), &workers_[from.worker]->parker()});
        } else {
            lanes.push_back(network_->incoming(address, from.rank, own_parker));
        }
    }
    return lanes;
}

std::optional<Error> Job::error() const {
    const std::optional<Failure> failure = state_.failure();
    if (!failure) return std::nullopt;
    const Error error(failure->kind, failure->text);
    const bool is_for_root = options_.rank != 0 && failure->is_known_to_root;
    return is_for_root ? error.reported_by_root() : error;
}

JobHandle::JobHandle(std::unique_ptr<Job> job) : job_(std::move(job)) {}
JobHandle::~JobHandle() = default;
JobHandle::JobHandle(JobHandle&&) noexcept = default;
JobHandle& JobHandle::operator=(JobHandle&&) noexcept = default;

void JobHandle::wait() {
    job_->join();
    if (std::optional<Error> failure = error()) throw Error(*failure);
}

bool JobHandle::done() const {
    return job_->done();
}

bool JobHandle::failed() const {
    return job_->failed();
}

std::optional<Error> JobHandle::error() const {
    return job_->error();
}

void JobHandle::progress() {
    job_->progress();
}

void JobHandle::cancel() {
    job_->cancel();
}

JobHandle start_job(std::shared_ptr<const Graph> graph, JobOptions options) {
    auto job = std::make_unique<Job>(std::move(graph), std::move(options));
    job->start();
    return JobHandle(std::move(job));
}

}  // namespace renoir
