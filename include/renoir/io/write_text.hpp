#pragma once

/// write_text: a sink that writes each item as a line of a file.
///
///     counts.map(...).write_text("counts.txt");

#include <renoir/io/atomic_file.hpp>
#include <renoir/operators/repartition.hpp>

#include <filesystem>
#include <memory>

namespace renoir {

namespace detail {

template <class T>
class WriteTextStage {
 public:
    explicit WriteTextStage(const std::filesystem::path& path)
        : file_(std::make_unique<AtomicFile>(path)) {}

    void push(T&& item) { file_->write_row(item); }

    void control(const Mark& mark) {
        if (mark.kind == MarkKind::end_of_stream) file_->commit();
    }

 private:
    std::unique_ptr<AtomicFile> file_;
};

}  // namespace detail

template <class T, class Chain>
void Stream<T, Chain>::write_text(std::filesystem::path path, Location where) {
    static_assert(is_text_line<T>, "write_text: map the items of this stream to text first");
    const OperatorInfo info{"write_text", where};
    auto&& untimed = detail::without_time(*this, info);
    auto gathered = detail::gather<T>(untimed, info);
    end_block(gathered, info, [path = std::move(path)](const OperatorInfo&) {
        return [path](ReplicaContext&) { return detail::WriteTextStage<T>(path); };
    });
}

}  // namespace renoir
