#include "report.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "failure.hpp"

namespace baseline {

namespace {

using Entry = std::pair<std::string, std::uint64_t>;

std::vector<Entry> sorted_entries(const Counts& counts) {
    std::vector<Entry> entries;
    for (const WordCounter& part : counts) {
        part.for_each_short([&](const Word& word, std::uint64_t count) {
            entries.emplace_back(letters_of(word), count);
        });
        part.for_each_long([&](const std::string& word, std::uint64_t count) {
            entries.emplace_back(word, count);
        });
    }
    std::sort(entries.begin(), entries.end());
    return entries;
}

std::string lines_of(const std::vector<Entry>& entries) {
    std::string lines;
    for (const auto& [word, count] : entries) {
        lines += word;
        lines += '\t';
        lines += std::to_string(count);
        lines += '\n';
    }
    return lines;
}

Failure unwritable(int exit_code, const std::string& path, const std::string& why) {
    return {exit_code, "cannot write '" + path + "': " + why + "; choose another place"};
}

std::string reason(int problem) {
    return std::generic_category().message(problem);
}

/// Returns zero or the error number.
int write_all(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
        const ::ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return errno;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return 0;
}

}  // namespace

Totals totals_of(const Counts& counts) {
    Totals totals;
    const auto add = [&](const auto&, std::uint64_t count) {
        totals.words += count;
        ++totals.distinct;
    };
    for (const WordCounter& part : counts) {
        part.for_each_short(add);
        part.for_each_long(add);
    }
    return totals;
}

CountsFile::CountsFile(const std::string& path)
    : path_(path), temporary_(path + "." + std::to_string(::getpid()) + ".part") {
    std::error_code ignored;
    const auto status = std::filesystem::status(path, ignored);
    if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
        throw unwritable(2, path, "it is not a regular file");
    }
    descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor_ < 0) throw unwritable(2, path, reason(errno));
}

CountsFile::~CountsFile() {
    if (descriptor_ < 0) return;
    ::close(descriptor_);
    ::unlink(temporary_.c_str());
}

void CountsFile::write(const Counts& counts) {
    int problem = write_all(descriptor_, lines_of(sorted_entries(counts)));
    if (problem == 0 && ::rename(temporary_.c_str(), path_.c_str()) != 0) problem = errno;
    if (problem != 0) throw unwritable(1, path_, reason(problem));
    ::close(std::exchange(descriptor_, -1));
}

}  // namespace baseline
