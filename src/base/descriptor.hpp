#pragma once

/// File descriptors with an owner.

namespace renoir::detail {

/// Closes a file descriptor at its end.
class Descriptor {
 public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor();
    Descriptor(Descriptor&& other) noexcept;
    Descriptor& operator=(Descriptor&& other) noexcept;

    [[nodiscard]] int number() const noexcept { return number_; }

    /// Closes it now.
    void reset() noexcept { *this = Descriptor(); }

 private:
    int number_ = -1;
};

/// Lets threads that wait with poll() know something, once and for all.
class WakeUp {
 public:
    /// Throws Error (configuration) when the process has too many descriptors.
    WakeUp();

    /// To be polled for reading.
    [[nodiscard]] int descriptor() const noexcept { return event_.number(); }

    void set() noexcept;

    /// Makes it unset again; returns whether it was set.
    bool take() noexcept;

 private:
    Descriptor event_;
};

}  // namespace renoir::detail
