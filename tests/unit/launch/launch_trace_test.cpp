#include "launch/launch_trace.hpp"

#include <renoir/base/error.hpp>

#include <filesystem>
#include <regex>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "folder.hpp"

using namespace renoir::launch;
namespace fs = std::filesystem;

namespace {

std::vector<std::string> files_in(const fs::path& folder) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder))
        names.push_back(entry.path().filename());
    return names;
}

}  // namespace

TEST_CASE("a trace has what its tracks have done", "[launch]") {
    const Folder folder;
    const fs::path traces = folder / "sub/traces";
    LaunchTrace trace(traces, {"launcher", "host \"1\"\n\\"});
    {
        const auto outer = trace.span(0, "all");
        std::jthread([&trace] { const auto inner = trace.span(1, "log in"); });
    }
    trace.write();
    const auto names = files_in(traces);
    REQUIRE(names.size() == 1);
    CHECK(std::regex_match(names[0], std::regex("renoir-trace-[0-9]+-[0-9]+\\.json")));
    const std::string number = "[0-9]+";
    const std::string expected =
        R"(\{"displayTimeUnit":"ms","traceEvents":\[\n)"
        R"(\{"ph":"M","name":"thread_name","pid":1,"tid":0,"args":\{"name":"launcher"\}\},\n)"
        R"(\{"ph":"M","name":"thread_name","pid":1,"tid":1,)"
        R"("args":\{"name":"host \\"1\\"\\u000a\\\\"\}\},\n)"
        R"(\{"ph":"X","pid":1,"tid":1,"name":"log in","ts":)" +
        number + R"(,"dur":)" + number + R"(\},\n)" +
        R"(\{"ph":"X","pid":1,"tid":0,"name":"all","ts":)" + number + R"(,"dur":)" + number +
        R"(\}\n\]\}\n)";
    CHECK(std::regex_match(folder.read("sub/traces/" + names[0]), std::regex(expected)));
}

TEST_CASE("without a folder there is no trace", "[launch]") {
    LaunchTrace trace(std::nullopt, {"launcher"});
    { const auto span = trace.span(0, "all"); }
    CHECK_NOTHROW(trace.write());
}

TEST_CASE("a folder for traces that cannot be made is told at once", "[launch]") {
    const Folder folder;
    const fs::path file = folder.write("file", "");
    try {
        const LaunchTrace trace(file / "traces", {});
        FAIL("no error");
    } catch (const renoir::Error& error) {
        CHECK(error.kind() == renoir::ErrorKind::output);
        CHECK(std::string(error.what()) ==
              "the trace cannot be written to '" + (file / "traces").string() +
                  "': Not a directory; correct 'tracing_dir', or make room there");
    }
}
