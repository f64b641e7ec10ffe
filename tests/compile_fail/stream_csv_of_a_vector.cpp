// expects: T must be an aggregate whose members are numbers
#include <renoir/renoir.hpp>

struct Curve {
    std::string name;
#ifdef WITH_MISTAKE
    std::vector<double> points;
#else
    double first_point;
#endif
};

void stream_csv_of_a_vector(renoir::StreamContext& ctx) {
    ctx.stream_csv<Curve>("curves.csv").for_each([](const Curve&) {});
}
