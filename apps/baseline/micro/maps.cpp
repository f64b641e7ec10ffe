#include <numeric>
#include <vector>

#include "micro/rows.hpp"
#include "shared/thread_team.hpp"

namespace baseline {

namespace {

using workload::kept;
using workload::mapped;
using workload::Number;

/// Adds up `work(number)` of all numbers.
Number sum_of(const Input& input, const auto& work) {
    std::vector<Number> sums(input.threads);
    ThreadTeam(input.threads).run([&](unsigned thread) {
        Number sum = 0;
        const Number end = input.begin_of(thread + 1);
        for (Number number = input.begin_of(thread); number != end; ++number) sum += work(number);
        sums[thread] = sum;
    });
    return std::accumulate(sums.begin(), sums.end(), Number{0});
}

Number ten_maps(Number number) {
    number = mapped<0>(number);
    number = mapped<1>(number);
    number = mapped<2>(number);
    number = mapped<3>(number);
    number = mapped<4>(number);
    number = mapped<5>(number);
    number = mapped<6>(number);
    number = mapped<7>(number);
    number = mapped<8>(number);
    return mapped<9>(number);
}

// Nobody can foresee what the filters do, so all steps are done for every number and no branch is
// taken: half the time of the loop that leaves at the first filter.
Number five_maps_and_filters(Number number) {
    number = mapped<0>(number);
    Number stays = kept<0>(number);
    number = mapped<1>(number);
    stays &= kept<1>(number);
    number = mapped<2>(number);
    stays &= kept<2>(number);
    number = mapped<3>(number);
    stays &= kept<3>(number);
    number = mapped<4>(number);
    stays &= kept<4>(number);
    return number & (0 - stays);
}

}  // namespace

Number sum_of_mapped(const Input& input) {
    return sum_of(input, [](Number number) { return ten_maps(number); });
}

Number sum_of_kept(const Input& input) {
    return sum_of(input, [](Number number) { return five_maps_and_filters(number); });
}

}  // namespace baseline
