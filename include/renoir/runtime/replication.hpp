#pragma once

/// How many replicas of a block run, and where.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace renoir {

/// Limit on the replicas of a block: `Replication::one()`, `limited(4)`, `host()`, `unlimited()`.
class Replication {
 public:
    enum class Kind : std::uint8_t { unlimited, limited, host, one };

    /// One replica on every worker of every rank.
    [[nodiscard]] static Replication unlimited() noexcept { return {Kind::unlimited, 0}; }
    /// At most `replicas`, on the first workers of the first ranks. Throws Error(usage) for 0.
    [[nodiscard]] static Replication limited(std::size_t replicas);
    /// One replica on the first worker of every rank.
    [[nodiscard]] static Replication host() noexcept { return {Kind::host, 0}; }
    /// One replica, on the first worker of rank 0.
    [[nodiscard]] static Replication one() noexcept { return {Kind::one, 1}; }

    [[nodiscard]] Kind kind() const noexcept { return kind_; }
    [[nodiscard]] std::size_t limit() const noexcept { return limit_; }

    friend bool operator==(const Replication&, const Replication&) = default;

 private:
    Replication(Kind kind, std::size_t limit) noexcept : kind_(kind), limit_(limit) {}

    Kind kind_;
    std::size_t limit_;
};

/// Where a replica runs.
struct ReplicaAddress {
    std::uint32_t rank = 0;
    std::uint32_t worker = 0;

    friend bool operator==(const ReplicaAddress&, const ReplicaAddress&) = default;
};

/// The workers of every rank: element r is the number of workers of rank r.
using ClusterLayout = std::vector<std::uint32_t>;

/// Addresses of the replicas of a block, rank by rank; the position in the list is the index of the
/// replica, the same on every rank.
[[nodiscard]] std::vector<ReplicaAddress> place(Replication replication,
                                                const ClusterLayout& layout);

}  // namespace renoir
