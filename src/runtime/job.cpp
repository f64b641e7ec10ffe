#include "runtime/worker.hpp"

#include <renoir/runtime/job.hpp>

#include <algorithm>
#include <latch>
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
    std::vector<Lane> lanes_from(EdgeId edge, std::uint32_t sender) override;
    std::vector<IncomingLane> lanes_to(EdgeId edge, std::uint32_t receiver) override;

    void start_worker(std::uint32_t index);
    void run_worker(std::uint32_t index);
    void end_worker();
    void drive_to_the_end() noexcept;
    void finish_network();
    void fail(const Failure& failure);
    void stop_with(Failure failure);
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
    for (std::uint32_t index = 0; index < options_.layout[options_.rank]; ++index) {
        workers_.push_back(std::make_unique<Worker>(options_.rank, options_.host, index, *graph_,
                                                    options_.schedule_seed));
    }
    if (options_.link != nullptr) {
        network_ = std::make_unique<Network>(
            std::move(options_.link), [this] { wake_workers(); },
            [this](Failure failure) { stop_with(std::move(failure)); },
            NetworkOptions{options_.communication_thread,
                           static_cast<std::uint32_t>(options_.peer_timeout.count())});
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
    fail({ErrorKind::cancelled, "the job was cancelled"});
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
    if (network_ != nullptr) network_->finish(state_.stopped());
}

void Job::fail(const Failure& failure) {
    if (!state_.fail(failure)) return;
    if (network_ != nullptr) network_->announce(failure);
    wake_workers();
}

void Job::stop_with(Failure failure) {
    if (state_.fail(std::move(failure))) wake_workers();
}

void Job::wake_workers() noexcept {
    for (const auto& worker : workers_) worker->parker().wake();
}

SlabRing& Job::local_ring(const ChannelAddress& address) {
    const std::lock_guard lock(rings_mutex_);
    return rings_[address];
}

std::vector<Lane> Job::lanes_from(EdgeId edge, std::uint32_t sender) {
    const BlockId from = graph_->edge(edge).from;
    const ReplicaAddress own = placements_[from].at(sender);
    std::vector<Lane> lanes;
    std::uint32_t receiver = 0;
    for (const ReplicaAddress& to : placements_[graph_->edge(edge).to]) {
        const ChannelAddress address{edge, sender, receiver++};
        if (to.rank == options_.rank) {
            lanes.push_back({&local_ring(address), &workers_[to.worker]->parker()});
        } else {
            // The sender itself drives the network before it rests, so nobody needs waking.
            Parker& parker = workers_[own.worker]->parker();
            lanes.push_back({&network_->outgoing(address, to.rank, parker), &parker});
        }
    }
    return lanes;
}

std::vector<IncomingLane> Job::lanes_to(EdgeId edge, std::uint32_t receiver) {
    const ReplicaAddress own = placements_[graph_->edge(edge).to].at(receiver);
    Parker& own_parker = workers_[own.worker]->parker();
    std::vector<IncomingLane> lanes;
    std::uint32_t sender = 0;
    for (const ReplicaAddress& from : placements_[graph_->edge(edge).from]) {
        const ChannelAddress address{edge, sender++, receiver};
        if (from.rank == options_.rank) {
            lanes.push_back({&local_ring(address), &workers_[from.worker]->parker()});
        } else {
            // The receiver itself drives the network before it rests, so nobody needs waking.
            lanes.push_back({&network_->incoming(address, from.rank, own_parker), &own_parker});
        }
    }
    return lanes;
}

std::optional<Error> Job::error() const {
    const std::optional<Failure> failure = state_.failure();
    if (!failure) return std::nullopt;
    const Error error(failure->kind, failure->text);
    return options_.rank == 0 ? error : error.reported_by_root();
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
