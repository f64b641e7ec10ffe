#pragma once

#include "slab_bytes.hpp"

#include <renoir/transport/slab_writer.hpp>

#include <utility>
#include <vector>

/// The slabs that hold `values`, each filled until the next value does not fit.
template <class T>
[[nodiscard]] std::vector<renoir::SlabPointer> slabs_of(
    const std::vector<T>& values, renoir::SlabPool& pool,
    std::size_t most_items = renoir::ordinary_slab_items) {
    std::vector<renoir::SlabPointer> slabs;
    renoir::SlabWriter<T> writer;
    for (const T& value : values) {
        if (writer.is_open() && !writer.fits(value)) slabs.push_back(writer.close());
        if (!writer.is_open()) {
            const std::size_t arena = renoir::Codec<T>::arena_bytes(value);
            writer.open(pool.take(renoir::SlabWriter<T>::bytes_for(1, arena)), most_items);
        }
        if (writer.append(value)) slabs.push_back(writer.close());
    }
    if (writer.is_open()) slabs.push_back(writer.close());
    return slabs;
}

/// What another rank gets.
[[nodiscard]] inline std::vector<renoir::SlabPointer> sent_over_wire(
    std::vector<renoir::SlabPointer> slabs, renoir::SlabPool& pool) {
    for (renoir::SlabPointer& slab : slabs) {
        const std::vector<std::byte> bytes = bytes_of(*slab);
        pool.give(std::move(slab));
        slab = renoir::deserialize(bytes, pool);
    }
    return slabs;
}
