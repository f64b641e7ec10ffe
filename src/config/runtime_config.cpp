#include <renoir/base/error.hpp>
#include <renoir/config/runtime_config.hpp>

#include <utility>

#include "config/affinity.hpp"
#include "config/host_file.hpp"

namespace renoir {

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
    return local(detail::allowed_cpus().size());
}

RuntimeConfig RuntimeConfig::remote(const std::filesystem::path& file) {
    detail::HostFile content = detail::read_host_file(file);
    RuntimeConfig config;
    config.mode_ = ExecutionMode::remote;
    config.workers_ = 0;
    for (const HostConfig& host : content.hosts) config.workers_ += host.num_cores;
    config.file_ = file;
    config.hosts_ = std::move(content.hosts);
    config.tracing_dir_ = std::move(content.tracing_dir);
    config.cleanup_executable_ = content.cleanup_executable;
    return config;
}

RuntimeConfig RuntimeConfig::with_pinning(PinMode pinning) const {
    RuntimeConfig config = *this;
    config.pinning_ = pinning;
    return config;
}

RuntimeConfig RuntimeConfig::with_report_bindings(bool report) const {
    RuntimeConfig config = *this;
    config.report_bindings_ = report;
    return config;
}

}  // namespace renoir
