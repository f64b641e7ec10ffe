#include "topology/pin_plan.hpp"

#include <sched.h>
#include <renoir/base/error.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <sstream>
#include <system_error>
#include <tuple>

namespace renoir::topology {
namespace {

bool binds_by_default(std::size_t cpus, std::size_t workers) {
    return workers == cpus;
}

/// All CPUs, those that share no core with an earlier one first; neighbours stay together.
std::vector<Cpu> by_core(const Machine& machine) {
    std::vector<Cpu> cpus = machine.cpus;
    std::ranges::sort(cpus, {},
                      [](const Cpu& cpu) { return std::tuple(cpu.numa_node, cpu.core, cpu.id); });
    std::map<unsigned, std::size_t> seen_of_core;
    std::map<unsigned, std::size_t> round_of_cpu;
    for (const Cpu& cpu : cpus) round_of_cpu[cpu.id] = seen_of_core[cpu.core]++;
    std::ranges::stable_sort(cpus, {}, [&](const Cpu& cpu) { return round_of_cpu.at(cpu.id); });
    return cpus;
}

std::vector<WorkerBinding> core_bindings(const Machine& machine) {
    std::vector<WorkerBinding> bindings;
    for (const Cpu& cpu : by_core(machine)) bindings.push_back({{cpu.id}, cpu.core, cpu.numa_node});
    return bindings;
}

std::vector<WorkerBinding> numa_bindings(const Machine& machine) {
    std::map<unsigned, std::vector<unsigned>> cpus_of_node;
    for (const Cpu& cpu : machine.cpus) cpus_of_node[cpu.numa_node].push_back(cpu.id);
    std::vector<WorkerBinding> bindings;
    for (auto& [node, cpus] : cpus_of_node) {
        std::ranges::sort(cpus);
        bindings.push_back({cpus, std::nullopt, node});
    }
    return bindings;
}

/// The different bindings that a mode hands out in turn; none if it binds nobody.
std::vector<WorkerBinding> choices(const Machine& machine, std::size_t workers, PinMode mode) {
    switch (mode) {
        case PinMode::automatic:
            if (!binds_by_default(machine.cpus.size(), workers)) return {};
            return core_bindings(machine);
        case PinMode::core:
            return core_bindings(machine);
        case PinMode::numa:
            return numa_bindings(machine);
        case PinMode::none:
            return {};
    }
    return {};
}

/// CPU numbers as `taskset` writes them: 0-3,8.
std::string cpu_list(const std::vector<unsigned>& cpus) {
    std::string text;
    for (std::size_t first = 0; first < cpus.size();) {
        std::size_t last = first;
        while (last + 1 < cpus.size() && cpus[last + 1] == cpus[last] + 1) ++last;
        if (!text.empty()) text += ',';
        text += std::to_string(cpus[first]);
        if (last > first) text += '-' + std::to_string(cpus[last]);
        first = last + 1;
    }
    return text;
}

using Row = std::array<std::string, 6>;

std::string number_or_any(const std::optional<unsigned>& number) {
    return number ? std::to_string(*number) : "any";
}

std::string aligned(const std::vector<Row>& rows) {
    std::array<std::size_t, std::tuple_size_v<Row>> widths{};
    for (const Row& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    std::string text;
    for (const Row& row : rows) {
        for (std::size_t i = 0; i + 1 < row.size(); ++i) {
            text += row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
        }
        text += row.back() + '\n';
    }
    return text;
}

}  // namespace

PinPlan make_plan(const Machine& machine, std::size_t workers, PinMode mode) {
    const std::vector<WorkerBinding> bindings = choices(machine, workers, mode);
    PinPlan plan{std::vector<WorkerBinding>(workers),
                 mode == PinMode::core || mode == PinMode::numa};
    if (bindings.empty()) return plan;
    for (std::size_t worker = 0; worker < workers; ++worker) {
        plan.workers[worker] = bindings[worker % bindings.size()];
    }
    return plan;
}

const Machine& this_machine() {
    static const Machine machine = read_machine();
    return machine;
}

PinPlan make_plan(const std::vector<unsigned>& cpus, std::size_t workers, PinMode mode) {
    if (mode == PinMode::none) return make_plan(Machine{}, workers, mode);
    if (mode == PinMode::automatic && !binds_by_default(cpus.size(), workers)) {
        return make_plan(Machine{}, workers, PinMode::none);
    }
    return make_plan(within(this_machine(), cpus), workers, mode);
}

void bind_this_thread(const PinPlan& plan, std::size_t worker) {
    const std::vector<unsigned>& cpus = plan.workers.at(worker).cpus;
    if (cpus.empty()) return;
    std::vector<cpu_set_t> mask(cpus.back() / CPU_SETSIZE + 1);
    const std::size_t bytes = mask.size() * sizeof(cpu_set_t);
    for (const unsigned cpu : cpus) CPU_SET_S(cpu, bytes, mask.data());
    if (sched_setaffinity(0, bytes, mask.data()) == 0 || !plan.is_demanded) return;
    throw Error(ErrorKind::configuration,
                "worker " + std::to_string(worker) + " cannot be bound to CPU " + cpu_list(cpus) +
                    ": " + std::generic_category().message(errno) + "; run with --pin none");
}

std::string binding_lines(const PinPlan& plan, std::size_t rank, std::string_view host) {
    std::string lines;
    for (std::size_t worker = 0; worker < plan.workers.size(); ++worker) {
        const WorkerBinding& binding = plan.workers[worker];
        lines += std::string(host) + '\t' + std::to_string(rank) + '\t' + std::to_string(worker) +
                 '\t' + (binding.cpus.empty() ? "any" : cpu_list(binding.cpus)) + '\t' +
                 number_or_any(binding.core) + '\t' + number_or_any(binding.numa_node) + '\n';
    }
    return lines;
}

std::string bindings_table(const std::vector<std::string>& lines_of_ranks) {
    std::vector<Row> rows{{"host", "rank", "worker", "CPUs", "core", "NUMA node"}};
    for (const std::string& lines : lines_of_ranks) {
        std::istringstream text(lines);
        for (std::string line; std::getline(text, line);) {
            std::istringstream cells(line);
            for (std::string& cell : rows.emplace_back()) std::getline(cells, cell, '\t');
        }
    }
    return aligned(rows);
}

}  // namespace renoir::topology
