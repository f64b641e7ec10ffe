// The SSH client by itself, for ssh_test.py: logs in to an entry of a host file and does what it is
// told.
//
//     ssh_program [OPTION]... CONFIG run COMMAND       standard input goes to the command
//     ssh_program [OPTION]... CONFIG upload FILE REMOTE
//
// Options: --entry K, --accept, --known-hosts FILE, --timeout MILLISECONDS, --limit MILLISECONDS,
// --answers FILE (the file's first line answers each question)

#include <renoir/base/error.hpp>
#include <renoir/config/runtime_config.hpp>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "launch/ssh_session.hpp"

using namespace renoir::launch;
using std::chrono::milliseconds;

namespace {

struct Arguments {
    std::map<std::string, std::string> options;
    std::vector<std::string> words;
};

Arguments read_arguments(int argc, char** argv) {
    Arguments arguments;
    int i = 1;
    for (; i < argc && std::string(argv[i]).starts_with("--"); ++i) {
        const std::string name = argv[i];
        arguments.options[name] = name == "--accept" || i + 1 == argc ? "yes" : argv[++i];
    }
    arguments.words.assign(argv + i, argv + argc);
    return arguments;
}

SecretSource answers_of(const std::string& file) {
    return [file](const SecretQuestion& question) -> std::optional<Secret> {
        std::cerr << question.host.name()
                  << (question.kind == SecretKind::password
                          ? ": password of " + question.username
                          : ": passphrase of " + question.key_file.filename().string())
                  << '\n';
        std::string line;
        std::ifstream stream(file);
        std::getline(stream, line);
        Secret secret(line);
        wipe(line);
        return secret;
    };
}

int run(SshSession& session, const std::string& command, milliseconds limit) {
    const std::string input{std::istreambuf_iterator<char>(std::cin), {}};
    const RemoteResult result = session.run(
        command, {.input = input,
                  .limit = limit,
                  .on_output = [](std::string_view text) { std::cout << text << std::flush; },
                  .on_error = [](std::string_view text) { std::cerr << text << std::flush; }});
    std::cerr << "status " << result.exit_status << " signal '" << result.signal << "'\n";
    return 0;
}

int upload(SshSession& session, const std::string& file, const std::string& remote_path) {
    std::uint64_t bytes = 0;
    const LocalFile local(file);
    const auto start = std::chrono::steady_clock::now();
    const UploadResult result =
        session.upload(local, remote_path, [&bytes](std::uint64_t now) { bytes = now; });
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    std::cout << (result == UploadResult::copied ? "copied " : "present ") << bytes << '\n';
    std::cerr << time.count() << " s\n";
    return 0;
}

int work(const Arguments& arguments) {
    const auto option = [&arguments](const std::string& name, const std::string& other) {
        const auto found = arguments.options.find(name);
        return found == arguments.options.end() ? other : found->second;
    };
    const auto config = renoir::RuntimeConfig::remote(arguments.words.at(0));
    const std::size_t number = std::stoul(option("--entry", "1"));
    const renoir::HostConfig& host = config.hosts().at(number - 1);
    SshOptions options;
    options.accept_new_host_keys = option("--accept", "no") == "yes";
    options.connect_timeout = milliseconds(std::stol(option("--timeout", "8000")));
    const std::string known_hosts = option("--known-hosts", "");
    if (!known_hosts.empty()) options.known_hosts = {known_hosts};
    const std::string answers = option("--answers", "");
    SecretSource ask;
    if (!answers.empty()) ask = answers_of(answers);

    SshSession session({number, host.address}, host.ssh.port,
                       credentials_of(host.ssh, std::move(ask)), options);
    const std::vector<std::string>& words = arguments.words;
    if (words.at(1) == "upload") return upload(session, words.at(2), words.at(3));
    return run(session, words.at(2), milliseconds(std::stol(option("--limit", "10000"))));
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return work(read_arguments(argc, argv));
    } catch (const renoir::Error& error) {
        std::cerr << "error: " << error.what() << '\n';
        return error.exit_code();
    }
}
