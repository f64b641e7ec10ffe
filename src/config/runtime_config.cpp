#include <renoir/base/error.hpp>
#include <renoir/config/runtime_config.hpp>

#include <cstdlib>
#include <utility>

#include "config/affinity.hpp"
#include "config/allocation.hpp"
#include "config/host_file.hpp"

namespace renoir {

namespace {

detail::HostFile content_of(const std::filesystem::path& file) {
    const char* const shared = std::getenv(detail::hosts_variable);
    if (shared != nullptr) return detail::read_host_text(shared, detail::hosts_variable);
    const auto scheduler = detail::scheduler_of(file.native());
    if (!scheduler) return detail::read_host_file(file);
    detail::HostFile content;
    content.hosts = detail::hosts_of_allocation(*scheduler);
    return content;
}

}  // namespace

RuntimeConfig RuntimeConfig::local(std::size_t workers) {
    if (workers == 0) {
        throw Error(ErrorKind::configuration,
                    "0 workers were asked for; give at least 1, or none at all to use all cores");
    }
    RuntimeConfig config;
    config.workers_ = workers;
    return config;
}

RuntimeConfig RuntimeConfig::all_cores() {
    RuntimeConfig config = local(detail::allowed_cpus().size());
    config.mode_ = ExecutionMode::automatic;
    return config;
}

RuntimeConfig RuntimeConfig::remote(const std::filesystem::path& file) {
    detail::HostFile content = content_of(file);
    RuntimeConfig config;
    config.mode_ = ExecutionMode::remote;
    config.workers_ = 0;
    for (const HostConfig& host : content.hosts) config.workers_ += host.num_cores;
    config.file_ = file;
    config.hosts_ = std::move(content.hosts);
    config.tracing_dir_ = std::move(content.tracing_dir);
    config.cleanup_executable_ = content.cleanup_executable;
    config.launch_ = std::move(content.launch);
    return config;
}

RuntimeConfig RuntimeConfig::on_ranks(std::shared_ptr<MpiRanks> ranks,
                                      std::size_t workers_per_rank) {
    RuntimeConfig config = local(workers_per_rank);
    config.mode_ = ExecutionMode::embedded;
    config.workers_per_rank_ = workers_per_rank;
    config.ranks_ = std::move(ranks);
    // The cores belong to the program that has started us.
    config.pinning_ = PinMode::none;
    return config;
}

RuntimeConfig RuntimeConfig::with_pinning(PinMode pinning) const {
    RuntimeConfig config = *this;
    config.pinning_ = pinning;
    return config;
}

RuntimeConfig RuntimeConfig::with_workers_per_rank(std::size_t workers) const {
    RuntimeConfig config = *this;
    config.workers_ = local(workers).workers_;
    config.workers_per_rank_ = workers;
    return config;
}

RuntimeConfig RuntimeConfig::with_communication_thread(bool own_thread) const {
    RuntimeConfig config = *this;
    config.communication_thread_ = own_thread;
    return config;
}

RuntimeConfig RuntimeConfig::with_peer_timeout(std::chrono::seconds timeout) const {
    RuntimeConfig config = *this;
    config.peer_timeout_ = timeout;
    return config;
}

RuntimeConfig RuntimeConfig::with_report_bindings(bool report) const {
    RuntimeConfig config = *this;
    config.report_bindings_ = report;
    return config;
}

RuntimeConfig RuntimeConfig::with_dry_run(bool dry_run) const {
    RuntimeConfig config = *this;
    config.dry_run_ = dry_run;
    return config;
}

RuntimeConfig RuntimeConfig::with_new_host_keys_accepted(bool accepted) const {
    RuntimeConfig config = *this;
    config.accepts_new_host_keys_ = accepted;
    return config;
}

}  // namespace renoir
