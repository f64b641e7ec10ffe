#pragma once

// A link over MPI: nonblocking point-to-point messages of at most 64 KB.

#include <renoir/transport/link.hpp>

#include <memory>

namespace renoir {

class MpiRanks;

/// A link between all ranks; every rank makes one, with the same tag, which no link in use has.
///
/// Frames to a rank are a stream of bytes cut in messages: small frames share one, large ones take
/// several. Receives are posted ahead and looked at in the order of their posting alone, because
/// only that is the order of sending. A sender has at most as many messages under way as are posted
/// for it, which the receiver tells it with what it sends back; so no message with frames is ever
/// unexpected, and MPI has nothing to keep. The link holds on to `life` until
/// all ranks have finished.
[[nodiscard]] std::unique_ptr<Link> make_mpi_link(MpiRanks& ranks, int tag,
                                                  std::shared_ptr<const void> life);

}  // namespace renoir
