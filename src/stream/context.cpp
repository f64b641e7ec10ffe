#include "base/host_name.hpp"
#include "stream/ranks.hpp"
#include "topology/pin_plan.hpp"

#include <renoir/stream/context.hpp>

#include <iostream>
#include <numeric>

namespace renoir {

namespace {

void report_bindings(const topology::PinPlan& plan, const ClusterMember& member) {
    const std::string own = topology::binding_lines(plan, member.rank, detail::host_name());
    const std::vector<std::string> all = member.gather ? member.gather(own) : std::vector{own};
    if (member.rank == 0) std::cerr << topology::bindings_table(all);
}

}  // namespace

StreamContext::StreamContext(const RuntimeConfig& config)
    : StreamContext(config, detail::join_ranks(config)) {}

StreamContext::StreamContext(const RuntimeConfig& config, ClusterMember member)
    : config_(config),
      member_(std::move(member)),
      graph_(std::make_shared<Graph>()),
      execution_(std::make_shared<Execution>()) {
    graph_->set_layout(member_.layout, member_.most_lanes);
}

StreamContext StreamContext::new_local() {
    return StreamContext(RuntimeConfig::all_cores());
}

std::size_t StreamContext::workers() const noexcept {
    return std::accumulate(member_.layout.begin(), member_.layout.end(), std::size_t{0});
}

JobHandle StreamContext::execute() {
    graph_->check_complete();
    if (member_.require_same)
        member_.require_same(graph_->fingerprint(), graph_->fingerprint_of_inputs());
    graph_->freeze();
    const auto plan = std::make_shared<topology::PinPlan>(
        topology::make_plan(member_.cpus, member_.layout[member_.rank], config_.pinning()));
    if (config_.report_bindings()) report_bindings(*plan, member_);
    JobOptions options;
    options.layout = member_.layout;
    options.rank = member_.rank;
    if (member_.connect) options.link = member_.connect();
    options.communication_thread = config_.communication_thread();
    options.peer_timeout = config_.peer_timeout();
    options.host = member_.host;
    options.schedule_seed = member_.schedule_seed;
    options.bind_worker = [plan](std::uint32_t worker) {
        topology::bind_this_thread(*plan, worker);
    };
    options.on_end = [execution = execution_, graph = graph_](bool failed) {
        graph->run_end_actions();
        execution->advance(failed ? Execution::Stage::failed : Execution::Stage::succeeded);
    };
    options.give_up = member_.give_up;
    execution_->advance(Execution::Stage::running);
    return start_job(graph_, std::move(options));
}

void StreamContext::execute_blocking() {
    execute().wait();
}

}  // namespace renoir
