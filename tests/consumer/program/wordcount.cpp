#include <cctype>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <map>
#include <string>

#include <renoir/base/error.hpp>

namespace {

std::map<std::string, std::uint64_t> count_words(std::istream& text) {
    std::map<std::string, std::uint64_t> counts;
    std::string word;
    for (char byte; text.get(byte);) {
        const auto letter = static_cast<unsigned char>(byte);
        if (std::isalpha(letter)) {
            word += static_cast<char>(std::tolower(letter));
        } else if (!word.empty()) {
            ++counts[word];
            word.clear();
        }
    }
    return counts;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        if (argc != 2) throw renoir::Error(renoir::ErrorKind::usage, "usage: wordcount FILE");
        std::ifstream file(argv[1]);
        for (const auto& [word, n] : count_words(file)) std::cout << word << '\t' << n << '\n';
    } catch (const renoir::Error& error) {
        std::cerr << "error: " << error.what() << '\n';
        return error.exit_code();
    }
}
