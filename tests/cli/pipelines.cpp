// Small pipelines for the tests of how a program ends.
//
//     cli_pipelines [--local N] throw          a user function throws on one worker of many
//     cli_pipelines [--local N] shout          prints each line of standard input in capitals
//     cli_pipelines [--local N] write FILE     writes numbers into FILE without end
//     cli_pipelines [--local N] results        prints on each rank what results it has

#include <renoir/renoir.hpp>

#include <cctype>
#include <iostream>
#include <stdexcept>

namespace {

using renoir::StreamContext;

auto endless_numbers(StreamContext& ctx) {
    return ctx.stream_par_iter([](std::size_t replica, std::size_t) {
        return std::views::iota(static_cast<int>(replica) * 1'000'000);
    });
}

int fail_at_five_thousand(int number) {
    if (number != 5000) return number;
    std::cout << "throwing" << std::endl;
    throw std::runtime_error("cannot\nuse 5000");
}

void throw_on_a_worker(StreamContext& ctx) {
    endless_numbers(ctx).map(fail_at_five_thousand).shuffle().for_each([](int) {});
    ctx.execute_blocking();
}

std::string in_capitals(std::string_view line) {
    std::string text(line);
    for (char& letter : text)
        letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
    return text;
}

void shout(StreamContext& ctx) {
    auto lines = ctx.stream_stdin().map(in_capitals).collect_channel();
    renoir::JobHandle job = ctx.execute();
    while (auto line = lines.receive()) std::cout << *line << std::endl;
    job.wait();
}

/// Writes a while and then waits for more that never comes: a file that grew until somebody ended
/// the program would fill the disk where nobody does.
void write_without_end(StreamContext& ctx, const std::string& file) {
    auto [sender, source] = renoir::channel<int>(1024);
    ctx.stream(std::move(source)).write_text(file);
    renoir::JobHandle job = ctx.execute();
    for (int number = 0; number < 200'000; ++number) sender.send(number);
    std::cout << "writing" << std::endl;
    job.wait();
}

void print_results(StreamContext& ctx) {
    auto numbers = ctx.stream_par_iter(0, 100).collect_vec();
    auto everywhere = ctx.stream_par_iter(0, 100).collect_vec_all();
    ctx.execute_blocking();
    const auto size_of = [](const auto& found) {
        return found ? std::to_string(found->size()) : "no";
    };
    std::cout << "rank " + std::to_string(ctx.rank()) + ": " + size_of(numbers.get()) + " and " +
                     size_of(everywhere.get()) + "\n";
}

}  // namespace

int main(int argc, char** argv) {
    const auto [config, args] = renoir::RuntimeConfig::from_args(argc, argv);
    StreamContext ctx(config);
    const std::string& name = args.at(1);
    if (name == "throw") throw_on_a_worker(ctx);
    if (name == "shout") shout(ctx);
    if (name == "write") write_without_end(ctx, args.at(2));
    if (name == "results") print_results(ctx);
}
