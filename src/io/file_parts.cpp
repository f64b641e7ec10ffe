#include "io/file_parts.hpp"

#include <renoir/base/hash.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <numeric>

#include "io/descriptor.hpp"

namespace renoir::io::detail {

namespace {

using Kind = InputFile::Kind;

Kind kind_by_content(const std::string& path, const Descriptor& file) {
    constexpr std::array<unsigned char, 2> gzip_mark = {0x1f, 0x8b};
    constexpr std::array<unsigned char, 4> zstd_mark = {0x28, 0xb5, 0x2f, 0xfd};
    std::array<char, 4> bytes{};
    const std::size_t count = read_some_at(file, path, bytes.data(), bytes.size(), 0);
    const auto starts_with = [&](const auto& mark) {
        return count >= mark.size() &&
               std::equal(mark.begin(), mark.end(), bytes.begin(), [](unsigned char a, char b) {
                   return a == static_cast<unsigned char>(b);
               });
    };
    if (starts_with(gzip_mark)) return Kind::gzip;
    if (starts_with(zstd_mark)) return Kind::zstd;
    return Kind::plain;
}

InputFile describe(const std::string& path) {
    struct stat status = {};
    if (::stat(path.c_str(), &status) != 0) throw system_read_error(path, errno);
    if (S_ISDIR(status.st_mode)) {
        throw read_error(path,
                         "it is a folder; name the files in it, for example by the pattern '" +
                             (std::filesystem::path(path) / "*").string() + "'");
    }
    if (!S_ISREG(status.st_mode)) {
        // Opening a FIFO would wait for its writer, and a device may mind.
        if (::access(path.c_str(), R_OK) != 0) throw system_read_error(path, errno);
        return {path, Kind::special, 0};
    }
    const Descriptor file = open_file(path);
    if (status.st_size == 0) return {path, Kind::special, 0};
    const Kind kind = kind_by_content(path, file);
    if (kind == Kind::gzip) require_gzip(path);
    if (kind == Kind::zstd) require_zstd(path);
    return {path, kind, static_cast<std::uint64_t>(status.st_size)};
}

std::uint64_t share_begin(std::uint64_t total, std::size_t replica, std::size_t replicas) {
    // total * replica / replicas, without its overflow.
    return total / replicas * replica + total % replicas * replica / replicas;
}

/// For each source the replica that reads it whole; meaningless for plain ones.
std::vector<std::size_t> readers_of_whole(const std::vector<InputFile>& files,
                                          std::size_t replicas) {
    std::vector<std::size_t> reader(files.size(), 0);
    std::vector<std::size_t> compressed;
    std::size_t specials = 0;
    for (std::size_t i = 0; i < files.size(); ++i) {
        if (files[i].kind == Kind::special) {
            reader[i] = specials++ % replicas;
        } else if (files[i].kind != Kind::plain) {
            compressed.push_back(i);
        }
    }
    std::ranges::stable_sort(
        compressed, [&](std::size_t a, std::size_t b) { return files[a].size > files[b].size; });
    std::vector<std::uint64_t> load(replicas, 0);
    for (const std::size_t i : compressed) {
        const auto least = std::ranges::min_element(load);
        *least += files[i].size;
        reader[i] = static_cast<std::size_t>(least - load.begin());
    }
    return reader;
}

}  // namespace

std::vector<InputFile> describe_files(const std::vector<std::string>& paths) {
    if (paths.empty()) {
        throw Error(ErrorKind::input, "no input files were given; name at least one");
    }
    std::vector<InputFile> files;
    files.reserve(paths.size());
    for (const std::string& path : paths) files.push_back(describe(path));
    return files;
}

std::uint64_t fingerprint_of(const std::vector<InputFile>& files) noexcept {
    std::uint64_t hash = files.size();
    for (const InputFile& file : files) {
        hash = renoir::detail::hash_combine(hash, hash_of(file.kind));
        hash = renoir::detail::hash_combine(hash, hash_of(file.size));
    }
    return hash;
}

std::vector<FilePart> parts_of(const std::vector<InputFile>& files, std::size_t replica,
                               std::size_t replicas) {
    if (replica >= replicas) {
        throw Error(ErrorKind::usage, "there is no replica " + std::to_string(replica) + " of " +
                                          std::to_string(replicas) + "; they are counted from 0");
    }
    const std::uint64_t total = std::accumulate(
        files.begin(), files.end(), std::uint64_t{0}, [](std::uint64_t sum, const InputFile& s) {
            return s.kind == Kind::plain ? sum + s.size : sum;
        });
    const std::uint64_t begin = share_begin(total, replica, replicas);
    const std::uint64_t end = share_begin(total, replica + 1, replicas);
    const std::vector<std::size_t> reader = readers_of_whole(files, replicas);

    std::vector<FilePart> parts;
    std::uint64_t file_begin = 0;
    for (std::size_t i = 0; i < files.size(); ++i) {
        const InputFile& file = files[i];
        if (file.kind != Kind::plain) {
            if (reader[i] == replica) parts.push_back({&file, {0, file.size}});
            continue;
        }
        const std::uint64_t file_end = file_begin + file.size;
        const std::uint64_t from = std::max(begin, file_begin);
        const std::uint64_t to = std::min(end, file_end);
        if (from < to) parts.push_back({&file, {from - file_begin, to - file_begin}});
        file_begin = file_end;
    }
    return parts;
}

}  // namespace renoir::io::detail
