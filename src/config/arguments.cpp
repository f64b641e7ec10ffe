#include <renoir/base/error.hpp>
#include <renoir/config/arguments.hpp>

namespace renoir {

const std::string& Arguments::at(std::size_t index) const {
    if (index < words_.size()) return words_[index];
    const std::string program = words_.empty() ? "the program" : words_.front();
    throw Error(ErrorKind::usage, "missing argument " + std::to_string(index) + " of " + program +
                                      "; run " + program + " --help");
}

}  // namespace renoir
