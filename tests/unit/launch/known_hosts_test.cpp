#include "launch/known_hosts.hpp"

#include <sys/stat.h>
#include <renoir/base/error.hpp>

#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "folder.hpp"
#include "keys.hpp"
#include "launch/base64.hpp"

using namespace renoir::launch;

namespace {

std::string bytes_of(const std::string& key) {
    return base64_decoded(key).value();
}

HostKeyVerdict verdict(const std::string& content, const std::string& address, std::uint16_t port,
                       const std::string& key) {
    const Folder folder;
    return KnownHosts({folder.write("known_hosts", content)})
        .check(address, port, bytes_of(key))
        .verdict;
}

const std::string ed25519_line = " ssh-ed25519 " + ed25519_key + "\n";
const std::string other_line = " ssh-ed25519 " + other_ed25519_key + "\n";
const std::string ecdsa_line = " ecdsa-sha2-nistp256 " + ecdsa_key + "\n";

}  // namespace

TEST_CASE("a fingerprint is what ssh-keygen prints") {
    CHECK(fingerprint_of(bytes_of(ed25519_key)) == ed25519_fingerprint);
    CHECK(fingerprint_of(bytes_of(other_ed25519_key)) == other_ed25519_fingerprint);
    CHECK(fingerprint_of(bytes_of(ecdsa_key)) == ecdsa_fingerprint);
    CHECK(key_type_of(bytes_of(ecdsa_key)) == "ecdsa-sha2-nistp256");
    CHECK(key_type_of("") == "");
    CHECK(key_type_of(std::string("\0\0\0\x09ssh", 7)) == "");
}

TEST_CASE("a host is known by its name, whatever its case, and by its port") {
    const std::string content =
        "Host1.lan,10.0.0.1" + ed25519_line + "[host2.lan]:2222" + other_line;
    CHECK(verdict(content, "host1.LAN", 22, ed25519_key) == HostKeyVerdict::known);
    CHECK(verdict(content, "10.0.0.1", 22, ed25519_key) == HostKeyVerdict::known);
    CHECK(verdict(content, "host2.lan", 2222, other_ed25519_key) == HostKeyVerdict::known);
    CHECK(verdict(content, "host2.lan", 22, other_ed25519_key) == HostKeyVerdict::unknown);
    CHECK(verdict(content, "host2.lan", 2223, other_ed25519_key) == HostKeyVerdict::unknown);
    CHECK(verdict(content, "host1", 22, ed25519_key) == HostKeyVerdict::unknown);
    CHECK(verdict("", "host1.lan", 22, ed25519_key) == HostKeyVerdict::unknown);
}

TEST_CASE("a key of the address counts at other ports, and a wrong one there says nothing") {
    CHECK(verdict("host1.lan" + ed25519_line, "host1.lan", 2222, ed25519_key) ==
          HostKeyVerdict::known);
    CHECK(verdict("host1.lan" + ed25519_line, "host1.lan", 2222, other_ed25519_key) ==
          HostKeyVerdict::unknown);
}

TEST_CASE("a changed key is told from one of another type") {
    const std::string content = "# comment\nhost1.lan" + ed25519_line;
    CHECK(verdict(content, "host1.lan", 22, other_ed25519_key) == HostKeyVerdict::changed);
    CHECK(verdict(content, "host1.lan", 22, ecdsa_key) == HostKeyVerdict::other_type);
    const std::string both = content + "host1.lan" + other_line;
    CHECK(verdict(both, "host1.lan", 22, other_ed25519_key) == HostKeyVerdict::known);
    CHECK(verdict(both, "host1.lan", 22, ed25519_key) == HostKeyVerdict::known);

    const Folder folder;
    const auto file = folder.write("known_hosts", content);
    const HostKeyCheck check =
        KnownHosts({folder / "missing", file}).check("host1.lan", 22, bytes_of(other_ed25519_key));
    CHECK(check.verdict == HostKeyVerdict::changed);
    CHECK(check.file == file);
    CHECK(check.line == 2);
}

TEST_CASE("hashed names are found, with and without a port") {
    CHECK(verdict(hashed_lines, "hashed.lan", 22, ed25519_key) == HostKeyVerdict::known);
    CHECK(verdict(hashed_lines, "hashed.lan", 22, other_ed25519_key) == HostKeyVerdict::changed);
    CHECK(verdict(hashed_lines, "hashed.lan", 2222, ecdsa_key) == HostKeyVerdict::known);
    CHECK(verdict(hashed_lines, "other.lan", 22, ed25519_key) == HostKeyVerdict::unknown);
    CHECK(verdict("|1|broken" + ed25519_line, "hashed.lan", 22, ed25519_key) ==
          HostKeyVerdict::unknown);
}

TEST_CASE("wildcards and negated names are understood") {
    const std::string content = "*.lan,!bad.lan,node?" + ed25519_line;
    CHECK(verdict(content, "host1.lan", 22, ed25519_key) == HostKeyVerdict::known);
    CHECK(verdict(content, "node7", 22, ed25519_key) == HostKeyVerdict::known);
    CHECK(verdict(content, "bad.lan", 22, ed25519_key) == HostKeyVerdict::unknown);
    CHECK(verdict(content, "node17", 22, ed25519_key) == HostKeyVerdict::unknown);
    CHECK(verdict(content, "lan", 22, ed25519_key) == HostKeyVerdict::unknown);
}

TEST_CASE("a revoked key is refused although another line knows it") {
    const std::string content = "@revoked *" + ed25519_line + "host1.lan" + ed25519_line;
    CHECK(verdict(content, "host1.lan", 22, ed25519_key) == HostKeyVerdict::revoked);
    CHECK(verdict("host1.lan" + ed25519_line + "@revoked host1.lan" + ed25519_line, "host1.lan",
                  2222, ed25519_key) == HostKeyVerdict::revoked);
    CHECK(verdict("@revoked *" + ed25519_line, "host1.lan", 22, other_ed25519_key) ==
          HostKeyVerdict::unknown);
}

TEST_CASE("the key of an authority is not the key of a host") {
    CHECK(verdict("@cert-authority *" + ed25519_line, "host1.lan", 22, ed25519_key) ==
          HostKeyVerdict::unknown);
    CHECK(verdict("@new-marker *" + ed25519_line, "host1.lan", 22, ed25519_key) ==
          HostKeyVerdict::unknown);
}

TEST_CASE("bad lines are skipped and hide nothing behind them") {
    const std::string bad =
        "garbage\n\nhost1.lan ssh-ed25519\nhost1.lan ssh-ed25519 ###\n@revoked\n"
        "host1.lan 2048 65537 1234567\nhost1.lan ssh-ed25519 " +
        ecdsa_key + "\nhost1.lan ssh-rsa " + ed25519_key + "\n\xff\xfe\n";
    CHECK(verdict(bad, "host1.lan", 22, ed25519_key) == HostKeyVerdict::unknown);
    CHECK(verdict(bad + "host1.lan\tssh-ed25519\t" + ed25519_key + " a comment\r\n", "host1.lan",
                  22, ed25519_key) == HostKeyVerdict::known);
}

TEST_CASE("the types of the known keys are told for the negotiation") {
    const Folder folder;
    const KnownHosts known(
        {folder.write("first", "host1.lan" + ecdsa_line + "@revoked *" + ed25519_line +
                                   "[host1.lan]:2222" + ed25519_line),
         folder.write("second", "host1.lan" + ecdsa_line + hashed_lines)});
    using Types = std::vector<std::string>;
    CHECK(known.known_types("host1.lan", 22) == Types{"ecdsa-sha2-nistp256"});
    CHECK(known.known_types("host1.lan", 2222) == Types{"ssh-ed25519", "ecdsa-sha2-nistp256"});
    CHECK(known.known_types("hashed.lan", 22) == Types{"ssh-ed25519"});
    CHECK(known.known_types("host9.lan", 22).empty());
}

TEST_CASE("an accepted key is known from then on, in a file for the user alone") {
    const Folder folder;
    const auto file = folder / ".ssh/known_hosts";
    const KnownHosts before({file});
    before.accept("host1.lan", 2222, bytes_of(ed25519_key));
    before.accept("Host2.lan", 22, bytes_of(ecdsa_key));
    CHECK(folder.read(".ssh/known_hosts") ==
          "[host1.lan]:2222" + ed25519_line + "host2.lan" + ecdsa_line);
    struct stat status {};
    REQUIRE(stat(file.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
    REQUIRE(stat(file.parent_path().c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0700);
    const KnownHosts after({file});
    CHECK(after.check("host1.lan", 2222, bytes_of(ed25519_key)).verdict == HostKeyVerdict::known);
    CHECK(after.check("host2.lan", 22, bytes_of(ecdsa_key)).verdict == HostKeyVerdict::known);
}

TEST_CASE("what stood in the file stays, also a last line without an end") {
    const Folder folder;
    const auto file = folder.write("known_hosts", "host9.lan ssh-ed25519 " + other_ed25519_key);
    KnownHosts({file}).accept("host1.lan", 22, bytes_of(ed25519_key));
    CHECK(folder.read("known_hosts") == "host9.lan" + other_line + "host1.lan" + ed25519_line);
}

TEST_CASE("keys accepted at the same time all arrive whole") {
    const Folder folder;
    const auto file = folder / "known_hosts";
    constexpr std::uint16_t count = 8;
    std::vector<std::thread> threads;
    for (std::uint16_t port = 1; port <= count; ++port) {
        threads.emplace_back(
            [&file, port] { KnownHosts({file}).accept("host", port, bytes_of(ecdsa_key)); });
    }
    for (std::thread& thread : threads) thread.join();
    const KnownHosts known({file});
    for (std::uint16_t port = 1; port <= count; ++port) {
        CHECK(known.check("host", port, bytes_of(ecdsa_key)).verdict == HostKeyVerdict::known);
    }
}

TEST_CASE("a file of known hosts that cannot be used is an error with its name") {
    const Folder folder;
    const auto file = folder.write("file", "");
    CHECK_NOTHROW(KnownHosts({folder / "missing", file / "below-a-file"}));
    CHECK_THROWS_WITH(KnownHosts({file / "below"}).accept("host", 22, bytes_of(ecdsa_key)),
                      Catch::Matchers::ContainsSubstring(file.string()));
}
