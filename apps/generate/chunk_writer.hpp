#pragma once

/// Writes chunks with several threads, in their order.

#include "chunk_source.hpp"
#include "output_file.hpp"

namespace generate {

/// Writes all chunks of `source` to `file`, one behind the other. `interrupted` is asked between
/// chunks, on any thread. Throws the first error of a thread, or renoir::Error (cancelled) when
/// interrupted; what was written until then stays for the caller to drop.
void write_chunks(const ChunkSource& source, OutputFile& file, unsigned threads,
                  bool (*interrupted)());

}  // namespace generate
