#include "launch/credentials.hpp"

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "catch.hpp"
#include "folder.hpp"
#include "keys.hpp"
#include "launch/base64.hpp"
#include "launch/host_entry.hpp"

using namespace renoir::launch;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

const HostEntry entry{2, "host2.lan"};

/// A field of OpenSSH's formats: its length in four bytes, then the text.
std::string field(const std::string& text) {
    const std::size_t size = text.size();
    return {std::string{'\0', '\0', static_cast<char>(size >> 8), static_cast<char>(size & 255)} +
            text};
}

/// A private key file of OpenSSH up to where its secret part would begin.
std::string openssh_key(const std::string& cipher, const std::string& public_key) {
    const std::string bytes = std::string("openssh-key-v1\0", 15) + field(cipher) +
                              field("bcrypt") + field("salt") + std::string("\0\0\0\1", 4) +
                              field(base64_decoded(public_key).value());
    const std::string text = base64_encoded(bytes);
    return "-----BEGIN OPENSSH PRIVATE KEY-----\n" + text.substr(0, 70) + "\r\n" + text.substr(70) +
           "\n-----END OPENSSH PRIVATE KEY-----\n";
}

PrivateKeyFile inspected(const std::string& content) {
    const Folder folder;
    return inspect_key_file(entry, folder.write("key", content));
}

std::string error_of(const std::filesystem::path& file) {
    try {
        (void)inspect_key_file(entry, file);
    } catch (const renoir::Error& error) {
        CHECK(error.kind() == renoir::ErrorKind::configuration);
        return error.what();
    }
    return "no error";
}

}  // namespace

TEST_CASE("an entry of a host file is named by its number and address") {
    CHECK(entry.name() == "host 2 (host2.lan)");
    const renoir::Error error =
        entry.error("it is gone; look for it", renoir::ErrorKind::cancelled);
    CHECK(error.what() == std::string("host 2 (host2.lan): it is gone; look for it"));
    CHECK(error.kind() == renoir::ErrorKind::cancelled);
}

TEST_CASE("a secret keeps all its bytes and can be moved") {
    const std::string text("pass\0word", 9);
    Secret secret(text);
    CHECK(secret.view() == text);
    const Secret moved = std::move(secret);
    CHECK(moved.view() == text);
    CHECK(moved.c_str()[text.size()] == '\0');
    CHECK(Secret("").view().empty());
}

TEST_CASE("wiping leaves nothing of a text in its memory") {
    std::string text(100, 'x');
    const char* memory = text.data();
    wipe(text);
    CHECK(text.empty());
    CHECK(std::string(memory, 100) == std::string(100, '\0'));
}

TEST_CASE("credentials hold what is configured, and the local user where none is") {
    renoir::SshConfig ssh;
    const Credentials empty = credentials_of(ssh);
    CHECK(empty.username == local_username());
    CHECK_FALSE(empty.username.empty());
    CHECK_FALSE(empty.password);
    CHECK_FALSE(empty.key_file);
    CHECK_FALSE(empty.key_passphrase);
    CHECK_FALSE(empty.ask);

    ssh.username = "alice";
    ssh.password = "p";
    ssh.key_file = "/key";
    ssh.key_passphrase = "q";
    const Credentials full =
        credentials_of(ssh, [](const SecretQuestion&) { return std::optional<Secret>(); });
    CHECK(full.username == "alice");
    CHECK(full.password->view() == "p");
    CHECK(full.key_file == "/key");
    CHECK(full.key_passphrase->view() == "q");
    CHECK(full.ask);
}

TEST_CASE("the type of a private key and its encryption are seen without the passphrase") {
    const PrivateKeyFile plain = inspected(openssh_key("none", ed25519_key));
    CHECK(plain.type == "ssh-ed25519");
    CHECK_FALSE(plain.is_encrypted);
    CHECK_FALSE(plain.is_rsa());
    const PrivateKeyFile encrypted = inspected(openssh_key("aes256-ctr", ecdsa_key));
    CHECK(encrypted.type == "ecdsa-sha2-nistp256");
    CHECK(encrypted.is_encrypted);

    const std::string body = "\nAAAA\n-----END RSA PRIVATE KEY-----\n";
    CHECK(inspected("-----BEGIN RSA PRIVATE KEY-----" + body).is_rsa());
    CHECK_FALSE(inspected("-----BEGIN RSA PRIVATE KEY-----" + body).is_encrypted);
    const std::string header = "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n";
    CHECK(inspected("-----BEGIN RSA PRIVATE KEY-----" + header + body).is_encrypted);
    CHECK(inspected("-----BEGIN ENCRYPTED PRIVATE KEY-----" + body).is_encrypted);
    CHECK_FALSE(inspected("-----BEGIN EC PRIVATE KEY-----" + body).is_rsa());
}

TEST_CASE("a key file that cannot be used is an error with the host, the file and a remedy") {
    const Folder folder;
    const auto missing = folder / "missing";
    CHECK(error_of(missing) == "host 2 (host2.lan): the key file '" + missing.string() +
                                   "' cannot be read: No such file or directory; correct "
                                   "'ssh.key_file' or the permissions of the file");
    CHECK_THAT(error_of(folder / ""), ContainsSubstring("is a directory"));
    CHECK_THAT(error_of(folder.write("id.pub", "ssh-ed25519 " + ed25519_key)),
               ContainsSubstring("holds a public key; give the file of its private half"));
    const std::string truncated = openssh_key("none", ed25519_key).substr(0, 60);
    const std::string wrong = "-----BEGIN OPENSSH PRIVATE KEY-----\n";
    for (const std::string& content :
         {std::string(), std::string("text"), truncated, wrong,
          wrong + "AAAA\n-----END OPENSSH PRIVATE KEY-----\n",
          wrong + "####\n-----END OPENSSH PRIVATE KEY-----\n", std::string(100'000, '\xff')}) {
        const std::string error = error_of(folder.write("key", content));
        CHECK_THAT(error, StartsWith("host 2 (host2.lan): the key file '"));
        CHECK_THAT(error, ContainsSubstring("holds no private key that can be understood"));
    }
}

TEST_CASE("the usual key files are those that exist, the best first") {
    const Folder folder;
    const char* home = std::getenv("HOME");
    const std::string before = home == nullptr ? "" : home;
    REQUIRE(setenv("HOME", (folder / "").c_str(), 1) == 0);
    CHECK(usual_key_files().empty());
    std::filesystem::create_directories(folder / ".ssh/id_ecdsa");
    (void)folder.write(".ssh/id_rsa", "");
    (void)folder.write(".ssh/id_ed25519", "");
    const auto files = usual_key_files();
    REQUIRE(setenv("HOME", before.c_str(), 1) == 0);
    REQUIRE(files.size() == 2);
    CHECK(files[0].filename() == "id_ed25519");
    CHECK(files[1].filename() == "id_rsa");
}
