#include <renoir/stream/result.hpp>

namespace renoir {

void Execution::require_success() const {
    switch (stage_.load(std::memory_order_acquire)) {
        case Stage::described:
            throw Error(
                ErrorKind::usage,
                "the result was asked for before the execution; call execute_blocking() first");
        case Stage::running:
            throw Error(
                ErrorKind::usage,
                "the result was asked for while the job runs; call wait() on its handle first");
        case Stage::failed:
            throw Error(ErrorKind::usage,
                        "the job failed, so it has no result; execute_blocking() or wait() threw "
                        "the reason");
        case Stage::succeeded:
            return;
    }
}

namespace detail {

void throw_result_taken() {
    throw Error(ErrorKind::usage, "the result was taken already; get() hands it out once");
}

}  // namespace detail

}  // namespace renoir
