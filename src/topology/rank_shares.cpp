#include "topology/rank_shares.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace renoir::topology {

namespace {

/// Those of the CPUs that are not taken, neighbours beside each other.
std::vector<unsigned> free_neighbours(const Machine& machine, const std::vector<unsigned>& cpus,
                                      const std::set<unsigned>& taken) {
    std::vector<Cpu> free = within(machine, cpus).cpus;
    std::erase_if(free, [&](const Cpu& cpu) { return taken.contains(cpu.id); });
    std::ranges::sort(free, {},
                      [](const Cpu& cpu) { return std::tuple(cpu.numa_node, cpu.core, cpu.id); });
    std::vector<unsigned> ids;
    for (const Cpu& cpu : free) ids.push_back(cpu.id);
    return ids;
}

/// Equal parts of the CPUs; all of them for everyone where there are fewer than parts.
std::vector<unsigned> share_of(const std::vector<unsigned>& cpus, std::size_t part,
                               std::size_t parts) {
    if (cpus.size() < parts) return cpus;
    const auto border = [&](std::size_t index) {
        return cpus.begin() + static_cast<std::ptrdiff_t>(cpus.size() * index / parts);
    };
    std::vector<unsigned> share(border(part), border(part + 1));
    std::ranges::sort(share);
    return share;
}

}  // namespace

std::vector<std::vector<unsigned>> divide_cpus(const Machine& machine,
                                               const std::vector<std::vector<unsigned>>& masks) {
    std::map<std::vector<unsigned>, std::vector<std::size_t>> ranks_of_mask;
    for (std::size_t rank = 0; rank < masks.size(); ++rank)
        ranks_of_mask[masks[rank]].push_back(rank);
    std::vector<std::vector<unsigned>> shares(masks.size());
    std::set<unsigned> taken;
    for (const auto& [mask, ranks] : ranks_of_mask) {
        std::vector<unsigned> cpus = free_neighbours(machine, mask, taken);
        taken.insert(cpus.begin(), cpus.end());
        if (cpus.empty()) cpus = mask;
        for (std::size_t part = 0; part < ranks.size(); ++part)
            shares[ranks[part]] = share_of(cpus, part, ranks.size());
    }
    return shares;
}

}  // namespace renoir::topology
