#include "config/unsupported.hpp"
#include "topology/pin_plan.hpp"

#include <renoir/stream/context.hpp>

#include <unistd.h>

#include <array>
#include <iostream>

namespace renoir {

namespace {

std::string host_name() {
    std::array<char, 256> name{};
    return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

ClusterMember only_rank(const RuntimeConfig& config) {
    ClusterMember member;
    member.layout = {static_cast<std::uint32_t>(config.workers())};
    return member;
}

}  // namespace

StreamContext::StreamContext(const RuntimeConfig& config)
    : StreamContext(config, only_rank(config)) {
    if (config.mode() == ExecutionMode::remote) throw detail::hosts_cannot_be_started(config);
}

StreamContext::StreamContext(const RuntimeConfig& config, ClusterMember member)
    : config_(config),
      member_(std::move(member)),
      graph_(std::make_shared<Graph>()),
      execution_(std::make_shared<Execution>()) {}

StreamContext StreamContext::new_local() {
    return StreamContext(RuntimeConfig::all_cores());
}

JobHandle StreamContext::execute() {
    graph_->check_complete();
    graph_->freeze();
    const auto plan = std::make_shared<topology::PinPlan>(
        topology::make_plan(member_.layout[member_.rank], config_.pinning()));
    if (config_.report_bindings()) std::cerr << topology::report(*plan, member_.rank, host_name());
    JobOptions options;
    options.layout = member_.layout;
    options.rank = member_.rank;
    options.link = std::move(member_.link);
    options.schedule_seed = member_.schedule_seed;
    options.bind_worker = [plan](std::uint32_t worker) {
        topology::bind_this_thread(*plan, worker);
    };
    options.on_end = [execution = execution_, graph = graph_](bool failed) {
        graph->run_end_actions();
        execution->advance(failed ? Execution::Stage::failed : Execution::Stage::succeeded);
    };
    execution_->advance(Execution::Stage::running);
    return start_job(graph_, std::move(options));
}

void StreamContext::execute_blocking() {
    execute().wait();
}

}  // namespace renoir
