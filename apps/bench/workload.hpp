#pragma once

/// The work of the small benchmarks, the same for the library and for the hand-written programs.
///
/// Every function is cheap and none can be merged with the next one: additions alternate with
/// shifts. The numbers begin where the command line says, so the compiler knows no value. Uses
/// nothing of the library.

#include <array>
#include <cstdint>

namespace workload {

using Number = std::uint64_t;

inline constexpr Number golden_ratio = 0x9e3779b97f4a7c15;

/// What the shuffle moves.
struct Record {
    std::uint64_t key = 0;
    std::uint64_t value = 0;
};
static_assert(sizeof(Record) == 16);

inline Record record_of(Number number) {
    return {number * golden_ratio, number};
}

/// What the receiver of a record adds up.
inline Number digest_of(const Record& record) {
    return (record.key ^ (record.key >> 32)) + record.value;
}

/// What goes from one rank to another: every byte is written and read.
struct Kilobyte {
    std::array<Number, 128> words;
};
static_assert(sizeof(Kilobyte) == 1024);

inline void write_kilobyte(Number number, Kilobyte& record) {
    const Number first = number * golden_ratio;
    for (Number i = 0; i < record.words.size(); ++i) record.words[i] = first ^ (i << 32);
}

/// What the receiver of a large record adds up.
inline Number digest_of(const Kilobyte& record) {
    Number sum = 0;
    for (const Number word : record.words) sum += word ^ (word >> 32);
    return sum;
}

/// The map at place `Step` of a chain. The first one spreads the numbers over all bits.
template <unsigned Step>
Number mapped(Number number) {
    if constexpr (Step == 0) {
        return number * golden_ratio;
    } else if constexpr (Step % 2 == 0) {
        return number + golden_ratio * Step;
    } else {
        return number ^ (number >> (20 + Step));
    }
}

/// The filter at place `Step` of a chain: keeps seven of eight numbers, in no order that a
/// processor could foresee.
template <unsigned Step>
bool kept(Number number) {
    return ((number >> (10 + 5 * Step)) & 7) != 0;
}

}  // namespace workload
