#include <cstddef>
#include <iostream>

#include <renoir/config/cli.hpp>

int main(int argc, char** argv) {
    CLI::App app{"Prints its own option"};
    std::size_t top = 10;
    app.add_option("--top", top, "How many words to print");
    auto runtime = renoir::add_runtime_options(app);
    renoir::parse(app, argc, argv);
    const renoir::RuntimeConfig config = runtime.config();
    std::cout << "top " << top << '\n';
}
