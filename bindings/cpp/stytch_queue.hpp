/**
 * @file stytch_queue.hpp
 * @brief Calls of stytch.hpp that do not block: stytch::queue and stytch::call; and the log.
 *
 * Included by stytch.hpp, which is the one to include.
 *
 * @code
 * stytch::queue queue;
 * client.impersonation_authenticate_start(token, queue, [](stytch::call &call) {
 *     try {
 *         start_session(call.take().session_token());
 *     } catch (const stytch::error &error) {
 *         std::cerr << error.what() << '\n';
 *     }
 * });
 * // Watch queue.fd() with any event loop; when it is readable:
 * queue.dispatch();
 * @endcode
 */
#ifndef STYTCH_QUEUE_HPP
#define STYTCH_QUEUE_HPP

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include <stytch.h>

#include "stytch_result.hpp"

namespace stytch {

class call;
class queue;

/** How much the log is told of. A level includes those above it here. */
enum class log_level : std::int32_t {
    error = STYTCH_LOG_ERROR,     /**< See #STYTCH_LOG_ERROR. */
    warning = STYTCH_LOG_WARNING, /**< See #STYTCH_LOG_WARNING. */
    info = STYTCH_LOG_INFO,       /**< See #STYTCH_LOG_INFO. */
    debug = STYTCH_LOG_DEBUG      /**< See #STYTCH_LOG_DEBUG. */
};

/** What is told of events, see options::log(): a level, and JSON that is borrowed for the duration of the call. */
using log_function = std::function<void(log_level, const char *)>;

/** What dispatch() runs when a call has finished: it takes the result. An exception of it leaves dispatch(). */
using completion = std::function<void(call &)>;

/** @cond */
namespace detail {

/* A client, and what it tells, which live as long as a call is being started. */
struct caller {
    const stytch_client *client;
    const std::shared_ptr<log_function> &log;
};

/* An exception must not enter C: what a log function throws is lost. */
inline void tell(std::int32_t level, const char *event, void *function) noexcept {
    try {
        (*static_cast<const log_function *>(function))(static_cast<log_level>(level), event);
    } catch (...) {
    }
}

/* A call and what is to be done with its result: shared by the queue, until the call comes out, and by whoever
 * started it. The handle is written twice, by the thread that starts the call and by the one that takes it out of the
 * queue, whichever comes first; it is the same. */
struct started {
    started(completion function, std::shared_ptr<log_function> told)
        : log(std::move(told)), handle(nullptr), done(std::move(function)) {}
    started(const started &) = delete;
    started &operator=(const started &) = delete;
    ~started() { stytch_call_free(handle.load()); }

    /* Whoever cancels a call may be telling it of that while the client goes. */
    std::shared_ptr<log_function> log;
    std::atomic<stytch_call *> handle;
    completion done;
};

/* What is under way on a queue, found again by the pointer that went through C. */
class pending {
  public:
    void add(const std::shared_ptr<started> &one) {
        const std::lock_guard<std::mutex> guard(lock_);
        calls_.emplace(one.get(), one);
    }
    std::shared_ptr<started> remove(const void *which) {
        const std::lock_guard<std::mutex> guard(lock_);
        const auto found = calls_.find(which);
        std::shared_ptr<started> one;
        if (found != calls_.end()) {
            one = std::move(found->second);
            calls_.erase(found);
        }
        return one;
    }

  private:
    std::mutex lock_;
    std::unordered_map<const void *, std::shared_ptr<started>> calls_;
};

} // namespace detail
/** @endcond */

/**
 * A call that does not block. It is moved, not copied. The one that a `_start` function returns is for cancel(), and
 * may be dropped at once: its queue keeps the call until it has come out.
 */
class call {
  public:
    /** No call. */
    call() noexcept = default;
    /** Takes over the call. */
    call(call &&) noexcept = default;
    /** Takes over the call, and gives up the one that was there. */
    call &operator=(call &&) noexcept = default;

    /** Whether there is one: queue::next() gives none when none is left. */
    explicit operator bool() const noexcept { return state_ != nullptr; }
    /** Whether its result can be taken, or was taken. */
    bool is_finished() const noexcept { return stytch_call_is_finished(c_handle()); }
    /** Takes the result, once: what the blocking function returns, or the error that it throws. */
    response take() {
        stytch_error *error = nullptr;
        return response(error::checked(stytch_call_take(c_handle(), &error), &error));
    }
    /** Cancels it, from any thread; it comes out of its queue soon, with an error; see stytch_call_cancel(). */
    void cancel() const noexcept { stytch_call_cancel(c_handle()); }

    /** The handle for what stytch.h has and this class has not. Still owned by this object and the queue. */
    stytch_call *c_handle() const noexcept { return state_ ? state_->handle.load() : nullptr; }

  private:
    friend class queue;
    friend class client;
    friend class sessions;
    explicit call(std::shared_ptr<detail::started> state) noexcept : state_(std::move(state)) {}

    template <typename Start, typename... Values>
    static call of(Start start, detail::caller caller, queue &queue, completion done, Values... values);

    std::shared_ptr<detail::started> state_;
};

/** An event of a call, see queue::keep_events(). */
struct event {
    log_level level;  /**< How important it is. */
    std::string json; /**< What options::log() describes. */
};

/**
 * Where calls that do not block come out when they have finished. Any thread may start calls on it and take calls
 * from it. A queue that is destroyed cancels what has not come out, unless somebody holds the stytch::call, and runs
 * none of its functions. Queue and clients may go in any order.
 */
class queue {
  public:
    /** See stytch_queue_new(). Throws error. */
    queue() : handle_(make()), pending_(new detail::pending) {}

    /** The descriptor that is readable while a finished call, or an event, waits; see stytch_queue_fd(). */
    int fd() const noexcept { return stytch_queue_fd(handle_.get()); }

    /** Runs the function of each call that has finished, on this thread, and returns how many there were. If one of
     *  them throws, that leaves here; the calls behind it stay in the queue, so call it again. */
    std::size_t dispatch() {
        std::size_t count = 0;
        while (call finished = next()) {
            ++count;
            const completion done = std::move(finished.state_->done);
            if (done) {
                done(finished);
            }
        }
        return count;
    }

    /** Takes out a finished call without running its function; none if none is left. It is yours. */
    call next() {
        stytch_call *const handle = stytch_queue_next(handle_.get());
        if (!handle) {
            return call();
        }
        std::shared_ptr<detail::started> state = pending_->remove(stytch_call_userdata(handle));
        if (!state) { /* one that was started through stytch.h */
            state = std::make_shared<detail::started>(completion(), nullptr);
        }
        state->handle.store(handle);
        return call(std::move(state));
    }

    /** Waits until a finished call is in the queue, and returns whether one is; for programs without an event loop. */
    bool wait(std::chrono::milliseconds time) {
        const auto most = std::numeric_limits<std::uint32_t>::max();
        return stytch_queue_wait(handle_.get(), time.count() < 0      ? 0
                                                : time.count() > most ? most
                                                                      : static_cast<std::uint32_t>(time.count()));
    }

    /** Keeps the events of calls that are started from now on for next_event(), instead of telling options::log(); see
     *  stytch_queue_set_log_level(). Throws error. */
    void keep_events(log_level level) { set_log_level(static_cast<std::int32_t>(level)); }
    /** Goes back to options::log(). */
    void keep_no_events() { set_log_level(0); }
    /** Takes the oldest event. Returns whether there was one; `out` is written only then. */
    bool next_event(event &out) {
        std::int32_t level = 0;
        const detail::owned<char> json(stytch_queue_next_event(handle_.get(), &level));
        if (!json) {
            return false;
        }
        out.json.assign(json.get());
        out.level = static_cast<log_level>(level);
        return true;
    }

    /** The handle for what stytch.h has and this class has not. Still owned by this object. */
    stytch_queue *c_handle() const noexcept { return handle_.get(); }

  private:
    friend class call;

    static stytch_queue *make() {
        stytch_error *error = nullptr;
        return error::checked(stytch_queue_new(&error), &error);
    }
    void set_log_level(std::int32_t level) {
        stytch_error *error = nullptr;
        error::checked(stytch_queue_set_log_level(handle_.get(), level, &error), &error);
    }

    detail::owned<stytch_queue> handle_;
    std::unique_ptr<detail::pending> pending_;
};

/* It is among the pending ones before C knows of it: it may come out before this returns. */
template <typename Start, typename... Values>
call call::of(Start start, detail::caller caller, queue &queue, completion done, Values... values) {
    const auto state = std::make_shared<detail::started>(std::move(done), caller.log);
    detail::pending *const pending = queue.pending_.get();
    if (pending) { /* or it was moved from, and is refused by name */
        pending->add(state);
    }
    stytch_error *error = nullptr;
    stytch_call *const handle = start(caller.client, values..., queue.c_handle(), state.get(), &error);
    if (!handle && pending) {
        pending->remove(state.get());
    }
    state->handle.store(error::checked(handle, &error));
    return call(state);
}

} // namespace stytch

#endif
