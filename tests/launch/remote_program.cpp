// What remote jobs do in remote_test.py and its like:
//
//     remote_program [mark FILE] [spawn CONFIG] DEED [WORD]...
//
// `mark` adds a line to a file before anything else is done; `spawn` is for a program that starts
// its workers itself. Deeds that a rank does alone, outside of a job:
//     say              every rank prints a line on each stream
//     lines COUNT      every rank prints long lines in pieces
//     sum              rank 0 prints the size and the Adler-32 of its standard input
//     bytes COUNT      rank 0 prints so many bytes of any value, and no newline behind them
//     much             rank 0 prints lines for ever
//     leave RANK CODE  a rank returns from main()
// Jobs:
//     places [NAME]...      a line for each worker: its rank, host, user, folder of the program,
//     and
//                           variables of its environment
//     iterate               a loop whose items travel
//     wait FILE             every rank prints a line and waits for a file in the middle of a job
//     exit RANK CODE        in the middle of a job
//     throw RANK
//     raise RANK SIGNAL

#include <renoir/base/uncaught.hpp>
#include <renoir/renoir.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <mutex>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

namespace fs = std::filesystem;
using renoir::RuntimeConfig;
using renoir::StreamContext;

using Words = std::vector<std::string>;

void write_in_pieces(std::string_view text) {
    constexpr std::size_t piece = 700;
    while (!text.empty()) {
        const ssize_t size = write(STDOUT_FILENO, text.data(), std::min(piece, text.size()));
        if (size <= 0) std::exit(1);
        text.remove_prefix(static_cast<std::size_t>(size));
    }
}

void wait_for(const fs::path& file) {
    while (!fs::exists(file)) std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

std::string variable(const std::string& name) {
    const char* const value = std::getenv(name.c_str());
    return value == nullptr ? "-" : value;
}

std::string host_name() {
    std::array<char, 256> name{};
    gethostname(name.data(), name.size() - 1);
    return name.data();
}

// ---- outside of a job --------------------------------------------------------------------------

void say(std::size_t rank) {
    std::cout << "rank " << rank << std::endl;
    std::cerr << "rank " << rank << " errs" << std::endl;
}

void print_lines(std::size_t rank, std::size_t count) {
    constexpr std::size_t length = 3000;
    for (std::size_t number = 0; number < count; ++number) {
        std::string line = std::to_string(rank) + " " + std::to_string(number) + " ";
        line.append(length + 7 * rank + number % 11, static_cast<char>('a' + rank));
        write_in_pieces(line + "\n");
    }
}

void print_sum_of_input() {
    constexpr std::uint32_t modulus = 65521;
    std::uint32_t low = 1;
    std::uint32_t high = 0;
    std::size_t bytes = 0;
    std::vector<char> buffer(65536);
    while (true) {
        const ssize_t size = read(STDIN_FILENO, buffer.data(), buffer.size());
        if (size <= 0) break;
        const auto count = static_cast<std::size_t>(size);
        for (const char byte : std::span(buffer).first(count)) {
            low = (low + static_cast<unsigned char>(byte)) % modulus;
            high = (high + low) % modulus;
        }
        bytes += count;
    }
    std::cout << bytes << ' ' << (high << 16 | low) << std::endl;
}

void print_bytes(std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += static_cast<char>(i * i / 251 % 256);
    write_in_pieces(text);
}

void print_much() {
    const std::string line(100, 'x');
    while (std::cout << line << '\n') {
    }
}

// ---- jobs --------------------------------------------------------------------------------------

void print_places(StreamContext& ctx, const Words& names) {
    std::string place = std::to_string(ctx.rank()) + " " + host_name() + " " + variable("USER") +
                        " " + fs::read_symlink("/proc/self/exe").parent_path().string();
    for (const std::string& name : names) place += " " + variable(name);
    auto places = ctx.stream_par_iter([place](std::size_t, std::size_t) {
                         return std::vector<std::string>{place};
                     })
                      .collect_vec();
    ctx.execute_blocking();
    auto lines = places.get();
    if (!lines) return;
    std::ranges::sort(*lines);
    for (const std::string& line : *lines) std::cout << line << '\n';
}

std::uint64_t next_number(std::uint64_t number) {
    if (number == 1) return 1;
    return number % 2 == 0 ? number / 2 : 3 * number + 1;
}

/// Numbers until all are 1: the sum over all rounds, and the number of rounds.
void print_iteration(StreamContext& ctx) {
    constexpr std::uint64_t numbers = 1000;
    using State = std::pair<std::uint64_t, std::uint64_t>;
    const auto add = [](std::uint64_t& sum, std::uint64_t number) { sum += number; };
    auto [state, ones] =
        ctx.stream_par_iter(std::uint64_t{1}, numbers + 1)
            .iterate(
                1000, State{}, [](auto items, auto) { return items.map(next_number).shuffle(); },
                std::uint64_t{0}, add, [](State& all, std::uint64_t sum) { all.first += sum; },
                [last = std::uint64_t{0}](State& all) mutable {
                    ++all.second;
                    return all.first - std::exchange(last, all.first) != numbers;
                });
    auto result = state.collect_vec();
    auto count = ones.collect_count();
    ctx.execute_blocking();
    if (!ctx.is_root()) return;
    const auto [sum, rounds] = result.get()->front();
    std::cout << sum << ' ' << rounds << ' ' << *count.get() << '\n';
}

/// Does something once on this rank in the middle of a job that all ranks take part in.
void run_job(StreamContext& ctx, const std::function<void()>& deed) {
    static constexpr int numbers = 1000;
    std::once_flag once;
    ctx.stream_par_iter([](std::size_t, std::size_t) { return std::views::iota(0, numbers); })
        .map([&once, &deed](int number) {
            if (number == numbers / 2) std::call_once(once, deed);
            return number;
        })
        .broadcast()
        .for_each([](int) {});
    ctx.execute_blocking();
}

std::function<void()> deed_in_job(const Words& words, std::size_t rank) {
    const std::string& deed = words.at(0);
    if (deed == "wait") {
        return [file = words.at(1), rank] {
            std::cout << "rank " << rank << " waits" << std::endl;
            wait_for(file);
        };
    }
    if (std::stoul(words.at(1)) != rank) return [] {};
    if (deed == "exit") return [code = std::stoi(words.at(2))] { std::exit(code); };
    if (deed == "raise") {
        return [number = std::stoi(words.at(2))] {
            std::signal(number, SIG_DFL);
            std::raise(number);
        };
    }
    if (deed == "throw") {
        return [] { throw renoir::Error(renoir::ErrorKind::input, "this cannot go on"); };
    }
    throw renoir::Error(renoir::ErrorKind::usage, "unknown deed '" + deed + "'");
}

int act(StreamContext& ctx, const Words& words) {
    const std::string& deed = words.at(0);
    const auto number = [&words](std::size_t at) { return std::stoul(words.at(at)); };
    if (deed == "say") {
        say(ctx.rank());
    } else if (deed == "lines") {
        print_lines(ctx.rank(), number(1));
    } else if (deed == "leave") {
        return ctx.rank() == number(1) ? std::stoi(words.at(2)) : 0;
    } else if (deed == "places") {
        print_places(ctx, {words.begin() + 1, words.end()});
    } else if (deed == "iterate") {
        print_iteration(ctx);
    } else if (deed != "sum" && deed != "bytes" && deed != "much") {
        run_job(ctx, deed_in_job(words, ctx.rank()));
        std::cout << "rank " << ctx.rank() << " is well" << std::endl;
    } else if (ctx.is_root()) {
        if (deed == "sum") print_sum_of_input();
        if (deed == "bytes") print_bytes(number(1));
        if (deed == "much") print_much();
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    alarm(300);  // where a test fails, nothing shall stay for long
    Words words(argv + 1, argv + argc);
    if (words.size() > 1 && words.at(0) == "mark") {
        std::ofstream(words.at(1), std::ios::app) << getpid() << std::endl;
        words.erase(words.begin(), words.begin() + 2);
    }
    if (words.size() > 1 && words.at(0) == "spawn") {
        renoir::report_uncaught_errors();
        const RuntimeConfig config = RuntimeConfig::remote(words.at(1));
        config.spawn_remote_workers();
        words.erase(words.begin(), words.begin() + 2);
        StreamContext ctx(config);
        return act(ctx, words);
    }
    auto [config, args] = RuntimeConfig::from_args(argc, argv);
    words.assign(args.begin() + 1, args.end());
    if (words.size() > 1 && words.at(0) == "mark") words.erase(words.begin(), words.begin() + 2);
    StreamContext ctx(config);
    return act(ctx, words);
}
