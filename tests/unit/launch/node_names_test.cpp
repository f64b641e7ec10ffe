#include "launch/node_names.hpp"

#include "launch/mpirun_version.hpp"

#include <renoir/base/error.hpp>

#include <set>
#include <string>
#include <vector>

#include "catch.hpp"

using renoir::launch::entry_of_node;
using renoir::launch::max_entries;
using renoir::launch::node_name;
using renoir::launch::with_addresses;

TEST_CASE("every entry has a name of its own that leads back to it", "[launch]") {
    std::set<std::string> names;
    std::size_t wrong = 0;
    for (std::size_t entry = 0; entry < max_entries; ++entry) {
        const std::string name = node_name(entry);
        names.insert(name);
        if (entry_of_node(name) != entry) ++wrong;
    }
    CHECK(wrong == 0);
    CHECK(names.size() == 65535);
    CHECK(node_name(0) == "240.0.0.1");
    CHECK(node_name(255) == "240.0.1.0");
    CHECK(node_name(65534) == "240.0.255.255");
    CHECK_THROWS_AS(node_name(65535), renoir::Error);
}

TEST_CASE("what is no name of an entry leads to none", "[launch]") {
    const auto name = GENERATE(
        values<std::string>({"", "240.0.0.0", "240.0.0.256", "240.0.256.1", "240.0.0.1 ",
                             "240.0.0.01", "240.0.0.", "240.0.1", "240.0.0.1.1", "240.1.0.1",
                             "host1", " 240.0.0.1", "240.0.-1.1", "240.0.0.+1"}));
    CAPTURE(name);
    CHECK_FALSE(entry_of_node(name));
}

TEST_CASE("messages name the hosts as the user does", "[launch]") {
    const std::vector<std::string> addresses{"host1.lan", "10.0.0.2"};
    const auto [text, expected] = GENERATE(table<std::string, std::string>({
        {"Node: 240.0.0.2", "Node: 10.0.0.2 (host 2)"},
        {"240.0.0.1,240.0.0.2.", "host1.lan (host 1),10.0.0.2 (host 2)."},
        {"[240.0.0.1:123]", "[host1.lan (host 1):123]"},
        {"240.0.0.3 240.0.1.1", "240.0.0.3 240.0.1.1"},
        {"240.0.0.12 240.0.0.1.2 1240.0.0.1 2.240.0.0.1",
         "240.0.0.12 240.0.0.1.2 1240.0.0.1 2.240.0.0.1"},
        {"240.0.240.0.0.1", "240.0.240.0.0.1"},
        {"240.0.", "240.0."},
        {"", ""},
    }));
    CHECK(with_addresses(text, addresses) == expected);
}

TEST_CASE("the version of mpirun is read", "[launch]") {
    using renoir::launch::MpirunFamily;
    const auto old = renoir::launch::mpirun_version(
        "mpirun (Open MPI) 4.1.4\n\nReport bugs to http://www.open-mpi.org/community/help/\n");
    CHECK(old.family == MpirunFamily::open_mpi_4);
    CHECK(old.number == "4.1.4");
    CHECK(renoir::launch::mpirun_version("mpirun (Open MPI) 5.0.11\n").family ==
          MpirunFamily::open_mpi_5);
    CHECK(renoir::launch::mpirun_version("mpirun (Open MPI) 10.0.0rc1").family ==
          MpirunFamily::open_mpi_5);
    CHECK_THROWS_WITH(renoir::launch::mpirun_version("mpirun (Open MPI) 4.0.7\n"),
                      "mpirun in PATH is that of Open MPI 4.0.7; "
                      "install Open MPI 4.1 or a later version");
    CHECK_THROWS_WITH(renoir::launch::mpirun_version("HYDRA build details:\n"),
                      "mpirun in PATH is not that of Open MPI; "
                      "install Open MPI 4.1 or a later version");
    CHECK_THROWS_AS(renoir::launch::mpirun_version("mpirun (Open MPI) five"), renoir::Error);
}
