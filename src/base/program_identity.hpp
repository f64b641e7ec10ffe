#pragma once

#include <cstdint>

namespace renoir::detail {

/// Numbers by which ranks notice that they are not the same program.
struct ProgramIdentity {
    std::uint64_t binary = 0;     ///< of the bytes of the program file
    std::uint64_t arguments = 0;  ///< of its command line, without the name of the program
};

/// Reads the program file, once in a process. What cannot be read counts as 0.
[[nodiscard]] const ProgramIdentity& program_identity();

}  // namespace renoir::detail
