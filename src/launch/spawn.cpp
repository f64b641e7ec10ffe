#include "base/launcher.hpp"
#include "launch/launcher.hpp"

#include <renoir/base/error.hpp>
#include <renoir/base/uncaught.hpp>
#include <renoir/config/runtime_config.hpp>

#include <cstdlib>

namespace renoir {

void RuntimeConfig::spawn_remote_workers() const {
    if (mode_ != ExecutionMode::remote || detail::launched_rank()) return;
    int exit_code = 0;
    try {
        exit_code = launch::run_on_hosts(*this);
    } catch (const Error& error) {
        detail::print_error_line(error.what());
        exit_code = error.exit_code();
    }
    std::exit(exit_code);
}

}  // namespace renoir
