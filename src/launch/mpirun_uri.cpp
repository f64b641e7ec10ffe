#include "launch/mpirun_uri.hpp"

#include <charconv>
#include <cstddef>
#include <system_error>

namespace renoir::launch {
namespace {

constexpr std::string_view mark = ";tcp://";

struct Place {
    std::size_t begin = 0;  ///< of the first address
    std::uint16_t port = 0;
    bool has_masks = false;
};

std::optional<Place> place_in(std::string_view uri) {
    const std::size_t found = uri.find(mark);
    const std::size_t colon = found == uri.npos ? found : uri.find(':', found + mark.size());
    if (colon == uri.npos) return std::nullopt;
    Place place{found + mark.size()};
    const char* const last = uri.data() + uri.size();
    const auto [end, error] = std::from_chars(uri.data() + colon + 1, last, place.port);
    if (error != std::errc{} || place.port == 0) return std::nullopt;
    place.has_masks = end != last && *end == ':';
    return place;
}

}  // namespace

std::optional<std::uint16_t> port_of_mpirun(std::string_view uri) {
    const auto place = place_in(uri);
    if (!place) return std::nullopt;
    return place->port;
}

std::string with_loopback(std::string_view uri, std::uint16_t port) {
    const auto place = place_in(uri);
    if (!place) return std::string(uri);
    std::string text(uri.substr(0, place->begin));
    text.append("127.0.0.1:").append(std::to_string(port));
    if (place->has_masks) text += ":8";
    // The words of mpirun are quoted for a shell.
    if (uri.ends_with('"')) text += '"';
    return text;
}

}  // namespace renoir::launch
