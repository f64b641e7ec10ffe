#pragma once

/// The stage of session windows.

#include <renoir/operators/window_step.hpp>
#include <renoir/runtime/state_table.hpp>

#include <queue>
#include <vector>

namespace renoir::detail {

/// For each key its open sessions. A watermark looks at the keys that have a session whose end it
/// may have reached, found by a queue ordered by time.
template <class K, class V, class Step, bool WithWindow, class Next>
class SessionWindowStage {
    using State = typename Step::state_type;
    using Result = window_result_t<WithWindow, Step>;

 public:
    SessionWindowStage(const OperatorInfo& info, SessionWindow windows, Step step, Next next)
        : info_(info), windows_(windows), step_(std::move(step)), next_(std::move(next)) {}

    void push(Timed<std::pair<K, V>>&& item) {
        auto add_item = [&] {
            const auto key = Table::look_up(item.value.first);
            Sessions& sessions = keys_.find_or_create(key, [] { return Sessions(); });
            if (sessions.empty()) ++live_;
            auto kept = keep_at(step_, std::move(item.value.second), item.time);
            add(sessions, item.value.first, item.time, std::move(kept));
        };
        call_user(info_, add_item);
    }

    void control(const Mark& mark) {
        if (mark.kind == MarkKind::watermark) fire_until(mark.value);
        if (mark.kind == MarkKind::end_of_round) {
            fire_until(timestamp_max);
            keys_ = Table();
            live_ = 0;
        }
        next_.control(mark);
    }

 private:
    struct Session {
        Timestamp first;
        Timestamp last;  // of its items
        State state;
    };
    using Sessions = std::vector<Session>;  // by time; more than a gap apart
    using Table = StateTable<K, Sessions>;

    /// When the sessions of a key are to be looked at.
    struct Due {
        Timestamp time;
        owned_t<K> key;
        friend bool operator<(const Due& a, const Due& b) noexcept { return a.time > b.time; }
    };

    template <class Kept>
    void add(Sessions& sessions, const K& key, Timestamp time, Kept&& kept) {
        auto session = sessions.begin();
        while (session != sessions.end() && windows_.last(session->last) < time) ++session;
        if (session == sessions.end() || windows_.last(time) < session->first) {
            sessions.insert(session, Session{time, time, step_.create(std::move(kept))});
            due_.push({windows_.last(time), to_owned(K(key))});
            return;
        }
        step_.add(session->state, std::move(kept));
        session->first = std::min(session->first, time);
        session->last = std::max(session->last, time);
        const auto following = std::next(session);
        if (following != sessions.end() && windows_.last(session->last) >= following->first) {
            session->last = following->last;
            step_.merge(session->state, std::move(following->state));
            sessions.erase(following);
        }
    }

    void fire_until(Timestamp watermark) {
        while (!due_.empty() && due_.top().time <= watermark) {
            const owned_t<K> owned = std::move(const_cast<Due&>(due_.top()).key);
            due_.pop();
            const K key(Owned<K>::show(owned));
            Sessions& sessions =
                keys_.find_or_create(Table::look_up(key), [] { return Sessions(); });
            if (sessions.empty()) continue;
            fire(key, sessions, watermark);
            if (sessions.empty()) {
                --live_;
            } else {
                due_.push({windows_.last(sessions.front().last), owned});
            }
        }
        if (keys_.size() >= 2 * live_ + least_keys)
            keys_.retain([](const Sessions& sessions) { return !sessions.empty(); });
    }

    void fire(const K& key, Sessions& sessions, Timestamp watermark) {
        auto ended = sessions.begin();
        for (; ended != sessions.end() && windows_.last(ended->last) <= watermark; ++ended) {
            const Timestamp last = windows_.last(ended->last);
            const TimeWindow window{ended->first, last == timestamp_max ? last : last + 1};
            auto finish = [&] {
                return finish_in<WithWindow>(step_, std::move(ended->state), window);
            };
            next_.push(Timed<std::pair<K, Result>>{{K(key), call_user(info_, finish)}, last});
        }
        sessions.erase(sessions.begin(), ended);
    }

    static constexpr std::size_t least_keys = 1024;

    const OperatorInfo& info_;
    SessionWindow windows_;
    Step step_;
    Next next_;
    Table keys_;
    std::size_t live_ = 0;  // keys that have sessions
    std::priority_queue<Due> due_;
};

}  // namespace renoir::detail
