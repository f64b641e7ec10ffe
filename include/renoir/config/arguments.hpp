#pragma once

/// What a command line leaves for the program itself once the runtime has taken its own options.
///
///     auto [config, args] = renoir::RuntimeConfig::from_args(argc, argv);
///     auto lines = ctx.stream_file(args.at(1));  // args[0] is the program

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace renoir {

/// The program's own arguments, in order; the first one is the program itself.
class Arguments {
 public:
    using const_iterator = std::vector<std::string>::const_iterator;

    explicit Arguments(std::vector<std::string> words) : words_(std::move(words)) {}

    /// Argument number `index`; 0 is the program.
    /// Throws Error (usage) that names the missing argument and the program's `--help`.
    [[nodiscard]] const std::string& at(std::size_t index) const;

    /// The same as at(): a missing argument is an Error, never undefined behaviour.
    [[nodiscard]] const std::string& operator[](std::size_t index) const { return at(index); }

    /// How many there are, the program included.
    [[nodiscard]] std::size_t size() const noexcept { return words_.size(); }
    [[nodiscard]] bool empty() const noexcept { return words_.empty(); }
    [[nodiscard]] const_iterator begin() const noexcept { return words_.begin(); }
    [[nodiscard]] const_iterator end() const noexcept { return words_.end(); }

    /// A copy as plain strings: `std::vector<std::string> words = args;`
    operator std::vector<std::string>() const { return words_; }

 private:
    std::vector<std::string> words_;
};

}  // namespace renoir
