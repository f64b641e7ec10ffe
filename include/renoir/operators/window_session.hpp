#pragma once

/// The stage of session windows.

#include <renoir/operators/window_step.hpp>
#include <renoir/runtime/state_table.hpp>

#include <algorithm>
#include <optional>
#include <queue>
#include <vector>

namespace renoir::detail {

/// For each key its sessions. A watermark looks at the keys of which a session may have ended, or
/// its lateness be over, found by a queue ordered by time.
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
            SessionsOfKey& of_key = keys_.find_or_create(key, [] { return SessionsOfKey(); });
            if (of_key.sessions.empty()) ++live_;
            auto kept = keep_at(step_, std::move(item.value.second), item.time);
            add(of_key, item.value.first, item.time, std::move(kept));
        };
        call_user(info_, add_item);
    }

    void control(const Mark& mark) {
        if (mark.kind == MarkKind::watermark) fire_until(mark.value);
        if (mark.kind == MarkKind::end_of_round) {
            fire_until(timestamp_max);
            keys_ = Table();
            live_ = 0;
            watermark_ = timestamp_min;
        }
        next_.control(mark);
    }

 private:
    struct Session {
        Timestamp first;
        Timestamp last;  // of its items
        State state;
        bool has_fired = false;
    };
    using Sessions = std::vector<Session>;  // by time; more than a gap apart
    struct SessionsOfKey {
        Sessions sessions;
        /// The time of the entry of the queue that counts; others of the key are passed over, so
        /// that a key that always has sessions does not gather entries.
        std::optional<Timestamp> due;
    };
    using Table = StateTable<K, SessionsOfKey>;

    /// When the sessions of a key are to be looked at.
    struct Due {
        Timestamp time;
        owned_t<K> key;
        friend bool operator<(const Due& a, const Due& b) noexcept { return a.time > b.time; }
    };

    template <class Kept>
    void add(SessionsOfKey& of_key, const K& key, Timestamp time, Kept&& kept) {
        Sessions& sessions = of_key.sessions;
        auto session = std::ranges::lower_bound(
            sessions, time, {}, [this](const Session& other) { return windows_.last(other.last); });
        if (session == sessions.end() || windows_.last(time) < session->first) {
            session = sessions.insert(session, Session{time, time, step_.create(std::move(kept))});
            look_at(windows_.last(time), of_key, key);
        } else {
            step_.add(session->state, std::move(kept));
            session->first = std::min(session->first, time);
            session->last = std::max(session->last, time);
            merge_following(sessions, session);
        }
        const bool fired_before = session->has_fired;
        session->has_fired = windows_.last(session->last) <= watermark_;
        if (session->has_fired) [[unlikely]] {
            emit_copy(key, *session);
        } else if (fired_before) {
            // It was to be looked at when its lateness would have been over.
            look_at(windows_.last(session->last), of_key, key);
        }
    }

    void look_at(Timestamp time, SessionsOfKey& of_key, const K& key) {
        if (of_key.due && *of_key.due <= time) return;
        of_key.due = time;
        due_.push({time, to_owned(K(key))});
    }

    void merge_following(Sessions& sessions, typename Sessions::iterator session) {
        const auto following = std::next(session);
        if (following == sessions.end() || windows_.last(session->last) < following->first) return;
        session->last = following->last;
        step_.merge(session->state, std::move(following->state));
        sessions.erase(following);
    }

    void fire_until(Timestamp watermark) {
        watermark_ = watermark;
        while (!due_.empty() && due_.top().time <= watermark) {
            const Timestamp time = due_.top().time;
            const owned_t<K> owned = std::move(const_cast<Due&>(due_.top()).key);
            due_.pop();
            const K key(Owned<K>::show(owned));
            SessionsOfKey& of_key =
                keys_.find_or_create(Table::look_up(key), [] { return SessionsOfKey(); });
            if (of_key.due != time) continue;
            of_key.due.reset();
            fire(key, of_key.sessions);
            if (of_key.sessions.empty()) {
                --live_;
            } else {
                look_at(next_due(of_key.sessions), of_key, key);
            }
        }
        if (keys_.size() >= 2 * live_ + least_keys)
            keys_.retain([](const SessionsOfKey& of_key) { return !of_key.sessions.empty(); });
    }

    [[nodiscard]] Timestamp next_due(const Sessions& sessions) const {
        Timestamp due = timestamp_max;
        for (const Session& session : sessions) {
            due = std::min(due, session.has_fired ? windows_.gone_at(session.last)
                                                  : windows_.last(session.last));
        }
        return due;
    }

    /// Fires the sessions that have ended and takes away those whose lateness is over.
    void fire(const K& key, Sessions& sessions) {
        auto first_kept = sessions.begin();
        for (Session& session : sessions) {
            if (windows_.last(session.last) > watermark_) break;
            const bool gone = windows_.gone_at(session.last) <= watermark_;
            if (gone) ++first_kept;
            if (std::exchange(session.has_fired, true)) continue;
            auto emit_result = [&] {
                if (gone) {
                    emit(key, session, std::move(session.state));
                } else {
                    emit_copy(key, session);
                }
            };
            call_user(info_, emit_result);
        }
        sessions.erase(sessions.begin(), first_kept);
    }

    void emit_copy(const K& key, const Session& session) {
        if constexpr (is_copyable<State>) emit(key, session, State(session.state));
    }

    void emit(const K& key, const Session& session, State&& state) {
        const Timestamp last = windows_.last(session.last);
        const TimeWindow window{session.first, last == timestamp_max ? last : last + 1};
        next_.push(Timed<std::pair<K, Result>>{
            {K(key), finish_in<WithWindow>(step_, std::move(state), window)}, last});
    }

    static constexpr std::size_t least_keys = 1024;

    const OperatorInfo& info_;
    SessionWindow windows_;
    Step step_;
    Next next_;
    Table keys_;
    std::size_t live_ = 0;  // keys that have sessions
    Timestamp watermark_ = timestamp_min;
    std::priority_queue<Due> due_;
};

}  // namespace renoir::detail
