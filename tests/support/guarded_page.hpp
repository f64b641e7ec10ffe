#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <new>
#include <string_view>

/// One page of memory that may be used, and one behind it that faults: a read or write too far ends
/// the test.
class GuardedPage {
 public:
    GuardedPage() {
        void* mapping =
            mmap(nullptr, 2 * size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (mapping == MAP_FAILED) throw std::bad_alloc();
        base_ = static_cast<char*>(mapping);
        if (mprotect(base_ + size(), size(), PROT_NONE) != 0) throw std::bad_alloc();
        // What lies beside a text must not show through in what is made of it.
        std::memset(base_, 0xa5, size());
    }
    GuardedPage(const GuardedPage&) = delete;
    GuardedPage& operator=(const GuardedPage&) = delete;
    ~GuardedPage() { munmap(base_, 2 * size()); }

    [[nodiscard]] static std::size_t size() noexcept {
        return static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    }

    /// A copy of `text` whose last byte lies `before_end` bytes before the faulting page.
    [[nodiscard]] std::string_view place(std::string_view text, std::size_t before_end) {
        char* target = base_ + size() - before_end - text.size();
        if (!text.empty()) std::memcpy(target, text.data(), text.size());
        return {target, text.size()};
    }

 private:
    char* base_ = nullptr;
};
