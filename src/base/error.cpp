#include <renoir/base/error.hpp>

namespace renoir {

int Error::exit_code() const noexcept {
    switch (kind_) {
        case ErrorKind::usage:
        case ErrorKind::configuration:
        case ErrorKind::input:
            return 2;
        case ErrorKind::output:
        case ErrorKind::user_function:
        case ErrorKind::cancelled:
        case ErrorKind::internal:
            return 1;
    }
    return 1;
}

}  // namespace renoir
