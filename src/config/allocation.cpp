#include "config/allocation.hpp"

#include "base/child_process.hpp"
#include "config/table_reader.hpp"

#include <renoir/base/error.hpp>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>

namespace renoir::detail {
namespace {

/// The part of `text` before `mark`, or all of it; it is taken off, and the mark too.
std::string_view cut(std::string_view& text, std::string_view mark) {
    const std::size_t end = std::min(text.find(mark), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + mark.size(), text.size()));
    return part;
}

std::optional<std::size_t> positive_number(std::string_view text) {
    std::uint32_t number = 0;
    const char* const end = text.data() + text.size();
    const auto result = std::from_chars(text.data(), end, number);
    if (result.ec != std::errc() || result.ptr != end || number == 0) return std::nullopt;
    return number;
}

bool is_host_name(std::string_view text) {
    const auto is_visible = [](char letter) {
        const auto code = static_cast<unsigned char>(letter);
        return code > ' ' && code != 0x7f;
    };
    return !text.empty() && std::ranges::all_of(text, is_visible);
}

HostConfig host_with(std::string address, std::size_t cores) {
    HostConfig host;
    host.address = std::move(address);
    host.base_port = usual_base_port;
    host.num_cores = cores;
    return host;
}

// ---- Slurm -------------------------------------------------------------------------------------

Error slurm_error(const std::string& text) {
    return {ErrorKind::configuration,
            "slurm: " + text +
                "; run this in a job of sbatch or salloc, or give a TOML list of the hosts"};
}

std::string slurm_variable(const char* name) {
    const char* const value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
    throw slurm_error("this is not in an allocation of Slurm, " + std::string(name) +
                      " is not set");
}

/// Its names, one on a line.
std::string expanded(const std::string& node_list) {
    ChildOptions options;
    options.catches_errors = true;
    CapturedOutput output = capture_output({"scontrol", "show", "hostnames", node_list}, options);
    if (output.exit_code == 0) return std::move(output.text);
    std::string_view errors = output.errors;
    const std::string_view reason = cut(errors, "\n");
    throw slurm_error("scontrol cannot expand SLURM_JOB_NODELIST " + in_quotes(node_list) +
                      (reason.empty() ? "" : ": " + std::string(reason)));
}

std::vector<std::string> slurm_names() {
    const std::string node_list = slurm_variable("SLURM_JOB_NODELIST");
    const std::string lines = expanded(node_list);
    std::vector<std::string> names;
    for (std::string_view rest = lines; !rest.empty();) names.emplace_back(cut(rest, "\n"));
    if (!names.empty() && std::ranges::all_of(names, is_host_name)) return names;
    throw slurm_error("scontrol makes no host names of SLURM_JOB_NODELIST " + in_quotes(node_list));
}

struct CoreCount {
    std::size_t cores;  ///< of each host
    std::size_t hosts;
};

/// What `2(x3)` or `2` says.
std::optional<CoreCount> core_count(std::string_view text) {
    std::optional<std::size_t> hosts = 1;
    const std::size_t mark = text.find("(x");
    if (mark != text.npos) {
        if (!text.ends_with(')')) return std::nullopt;
        hosts = positive_number(text.substr(mark + 2, text.size() - mark - 3));
        text = text.substr(0, mark);
    }
    const auto cores = positive_number(text);
    if (!cores || !hosts) return std::nullopt;
    return CoreCount{*cores, *hosts};
}

/// One number for each host, or none where `text` is not like `2(x3),4` for so many hosts.
std::vector<std::size_t> cores_of_hosts(std::string_view text, std::size_t hosts) {
    std::vector<std::size_t> cores;
    while (!text.empty()) {
        const auto count = core_count(cut(text, ","));
        if (!count || count->hosts > hosts - cores.size()) return {};
        cores.insert(cores.end(), count->hosts, count->cores);
    }
    return cores.size() == hosts ? cores : std::vector<std::size_t>();
}

std::vector<HostConfig> hosts_of_slurm() {
    const std::vector<std::string> names = slurm_names();
    const std::string counts = slurm_variable("SLURM_JOB_CPUS_PER_NODE");
    const std::vector<std::size_t> cores = cores_of_hosts(counts, names.size());
    if (cores.empty()) {
        throw slurm_error("SLURM_JOB_CPUS_PER_NODE " + in_quotes(counts) +
                          " does not say the cores of " + std::to_string(names.size()) +
                          (names.size() == 1 ? " host" : " hosts"));
    }
    std::vector<HostConfig> hosts;
    for (std::size_t i = 0; i < names.size(); ++i) hosts.push_back(host_with(names[i], cores[i]));
    return hosts;
}

// ---- PBS ---------------------------------------------------------------------------------------

Error pbs_error(const std::string& text) {
    return {ErrorKind::configuration,
            "pbs: " + text + "; run this in a job of qsub, or give a TOML list of the hosts"};
}

/// The hosts with the number of lines that each has.
std::vector<HostConfig> hosts_in_node_file(const std::string& file) {
    std::ifstream stream(file);
    if (!stream) throw pbs_error("the PBS_NODEFILE " + in_quotes(file) + " cannot be read");
    std::vector<HostConfig> hosts;
    for (std::string line; std::getline(stream, line);) {
        if (line.empty()) continue;
        if (!is_host_name(line)) {
            throw pbs_error("the PBS_NODEFILE " + in_quotes(file) +
                            " has a line that is no host name");
        }
        const auto known = std::ranges::find(hosts, line, &HostConfig::address);
        if (known == hosts.end()) {
            hosts.push_back(host_with(line, 1));
        } else {
            ++known->num_cores;
        }
    }
    if (hosts.empty()) throw pbs_error("the PBS_NODEFILE " + in_quotes(file) + " has no hosts");
    return hosts;
}

/// The cores of each host where the file does not tell.
std::size_t pbs_cores() {
    for (const char* name : {"NCPUS", "PBS_NUM_PPN"}) {
        const char* const value = std::getenv(name);
        if (value == nullptr) continue;
        if (const auto cores = positive_number(value)) return *cores;
        throw pbs_error(std::string(name) + " " + in_quotes(value) + " is no number of cores");
    }
    return 1;
}

std::vector<HostConfig> hosts_of_pbs() {
    const char* const file = std::getenv("PBS_NODEFILE");
    if (file == nullptr) {
        throw pbs_error("this is not in an allocation of PBS, PBS_NODEFILE is not set");
    }
    std::vector<HostConfig> hosts = hosts_in_node_file(file);
    const bool tells_cores =
        std::ranges::any_of(hosts, [](const HostConfig& host) { return host.num_cores > 1; });
    if (tells_cores) return hosts;
    const std::size_t cores = pbs_cores();
    for (HostConfig& host : hosts) host.num_cores = cores;
    return hosts;
}

}  // namespace

std::optional<Scheduler> scheduler_of(std::string_view word) {
    if (word == "slurm") return Scheduler::slurm;
    if (word == "pbs") return Scheduler::pbs;
    return std::nullopt;
}

std::vector<HostConfig> hosts_of_allocation(Scheduler scheduler) {
    return scheduler == Scheduler::slurm ? hosts_of_slurm() : hosts_of_pbs();
}

}  // namespace renoir::detail
