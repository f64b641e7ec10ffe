#include "config/unsupported.hpp"

#include <string>

namespace renoir::detail {

Error hosts_cannot_be_started(const RuntimeConfig& config) {
    return {ErrorKind::configuration, config.file().string() +
                                          ": the file is correct, but this version cannot start "
                                          "the hosts of a job; run with --local N"};
}

}  // namespace renoir::detail
