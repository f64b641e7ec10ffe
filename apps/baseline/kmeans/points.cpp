#include "points.hpp"

#include <algorithm>

#include "shared/csv_rows.hpp"
#include "shared/share.hpp"
#include "shared/thread_team.hpp"

namespace baseline {

namespace {

constexpr std::uint64_t piece_bytes = std::uint64_t{1} << 20;

/// Room for the groups of a piece if all its rows are as short as can be: a digit each.
constexpr std::size_t most_groups = piece_bytes / 4 / Group::size + 1;

Block read_block(RowReader& reader, std::uint64_t begin, std::uint64_t end, Group* groups) {
    std::size_t points = 0;
    reader.for_each<double>(begin, end, [&](double x, double y) {
        Group& group = groups[points / Group::size];
        group.x[points % Group::size] = x;
        group.y[points % Group::size] = y;
        ++points;
    });
    return {groups, points};
}

std::size_t groups_of(std::size_t points) {
    return (points + Group::size - 1) / Group::size;
}

}  // namespace

Points::Points(const InputFile& file, unsigned threads)
    : memory_(threads), blocks_((file.size() + piece_bytes - 1) / piece_bytes) {
    ThreadTeam(threads).run([&](unsigned thread) {
        const std::size_t first = share_begin(blocks_.size(), thread, threads);
        const std::size_t end = share_begin(blocks_.size(), thread + 1, threads);
        // Pages that are not touched cost nothing.
        memory_[thread] = HugeMemory((end - first) * most_groups * sizeof(Group));
        auto* next = static_cast<Group*>(memory_[thread].data());
        RowReader reader(file);
        for (std::size_t i = first; i < end; ++i) {
            blocks_[i] = read_block(reader, i * piece_bytes,
                                    std::min((i + 1) * piece_bytes, file.size()), next);
            next += groups_of(blocks_[i].points);
        }
    });
    for (const Block& block : blocks_) size_ += block.points;
}

std::vector<Point> Points::first(std::size_t count) const {
    std::vector<Point> points;
    for (const Block& block : blocks_) {
        for (std::size_t i = 0; i < block.points && points.size() < count; ++i) {
            const Group& group = block.groups[i / Group::size];
            points.push_back({group.x[i % Group::size], group.y[i % Group::size]});
        }
    }
    return points;
}

}  // namespace baseline
