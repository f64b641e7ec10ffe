#pragma once

/// Everything a program needs:
///
///     #include <renoir/renoir.hpp>
///
///     int main(int argc, char** argv) {
///         auto [config, args] = renoir::RuntimeConfig::from_args(argc, argv);
///         renoir::StreamContext ctx(config);
///         ctx.stream_par_iter(0, 10).for_each([](int n) { std::printf("%d\n", n); });
///         ctx.execute_blocking();
///     }
///
/// Programs with options of their own add renoir/config/cli.hpp, tests add renoir/testing.

#include <renoir/base/error.hpp>
#include <renoir/base/huge_memory.hpp>
#include <renoir/config/runtime_config.hpp>
#include <renoir/io/atomic_file.hpp>
#include <renoir/io/channel_sink.hpp>
#include <renoir/io/channel_source.hpp>
#include <renoir/io/csv_source.hpp>
#include <renoir/io/iterators.hpp>
#include <renoir/io/text_source.hpp>
#include <renoir/io/write_text.hpp>
#include <renoir/operators/batch.hpp>
#include <renoir/operators/collect.hpp>
#include <renoir/operators/event_time.hpp>
#include <renoir/operators/filter.hpp>
#include <renoir/operators/flat_map.hpp>
#include <renoir/operators/fold.hpp>
#include <renoir/operators/for_each.hpp>
#include <renoir/operators/interval_join.hpp>
#include <renoir/operators/iterate.hpp>
#include <renoir/operators/join.hpp>
#include <renoir/operators/key_by.hpp>
#include <renoir/operators/keyed_fold.hpp>
#include <renoir/operators/map.hpp>
#include <renoir/operators/repartition.hpp>
#include <renoir/operators/rich_map.hpp>
#include <renoir/operators/structure.hpp>
#include <renoir/operators/window.hpp>
#include <renoir/stream/context.hpp>
#include <renoir/text/words.hpp>
