#include "launch/mpirun_uri.hpp"

#include <optional>
#include <string>
#include <utility>

#include "catch.hpp"

using namespace renoir::launch;

TEST_CASE("the port of mpirun is found in what it tells its daemons", "[launch]") {
    const std::pair<const char*, std::uint16_t> cases[]{
        {R"("1889796096.0;tcp://127.0.0.1:43979")", 43979},
        {R"("1.0;tcp://10.0.0.5,192.168.1.7:1;tcp6://[fd00::2]:50001")", 1},
        {R"("1.0;tcp6://[fd00::2]:50001;tcp://10.0.0.5:2")", 2},
        {R"("prterun-vm-7727@0.0;tcp://10.77.9.1,10.0.0.2:50193:24,16")", 50193},
        {"1.0;tcp://10.0.0.5:65535", 65535},
    };
    for (const auto& [uri, port] : cases) {
        INFO(uri);
        CHECK(port_of_mpirun(uri) == port);
    }
}

TEST_CASE("a text without a port of mpirun stays as it is", "[launch]") {
    for (const std::string uri :
         {"", "\"\"", "\"1.0\"", "1.0;tcp://10.0.0.5", "1.0;tcp://10.0.0.5:", "1.0;tcp://h:0",
          "1.0;tcp://h:65536", "1.0;tcp6://[fd00::2]:50001", "1.0;udp://10.0.0.5:1"}) {
        INFO(uri);
        CHECK(port_of_mpirun(uri) == std::nullopt);
        CHECK(with_loopback(uri, 9) == uri);
    }
}

TEST_CASE("mpirun is moved to a port of the loopback interface", "[launch]") {
    CHECK(with_loopback(R"("1889796096.0;tcp://10.0.0.5:43979")", 40001) ==
          R"("1889796096.0;tcp://127.0.0.1:40001")");
    CHECK(with_loopback(R"("1.0;tcp://10.0.0.5,10.1.0.5:43979;tcp6://[fd00::2]:50001")", 7) ==
          R"("1.0;tcp://127.0.0.1:7")");
    CHECK(with_loopback(R"("prterun-vm-7727@0.0;tcp://10.77.9.1:50193:24")", 40001) ==
          R"("prterun-vm-7727@0.0;tcp://127.0.0.1:40001:8")");
    CHECK(with_loopback("1.0;tcp://10.0.0.5:43979", 40001) == "1.0;tcp://127.0.0.1:40001");
}
