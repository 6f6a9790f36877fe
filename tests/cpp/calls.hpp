/* The part of api.cpp that is about calls that do not block, and about the log. */
#ifndef TESTS_CPP_CALLS_HPP
#define TESTS_CPP_CALLS_HPP

#include "sessions.hpp"

#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include <poll.h>

static_assert(!std::is_copy_constructible<stytch::queue>::value, "a handle has one owner");
static_assert(!std::is_copy_constructible<stytch::call>::value, "a handle has one owner");
static_assert(std::is_nothrow_move_constructible<stytch::queue>::value, "fit for containers");
static_assert(std::is_nothrow_move_constructible<stytch::call>::value, "fit for containers");

namespace {

bool is_readable(const stytch::queue &queue, int milliseconds) {
    pollfd watched = {queue.fd(), POLLIN, 0};
    return poll(&watched, 1, milliseconds) == 1;
}

/* Runs what has finished until `count` functions have been run. */
void dispatch(stytch::queue &queue, std::size_t count) {
    while (count > 0) {
        REQUIRE(is_readable(queue, 60000));
        const std::size_t run = queue.dispatch();
        CHECK(run > 0 && run <= count);
        count -= run > count ? count : run;
    }
}

/* Every call that has a twin, in the life of a session. */
void the_life_of_a_session_without_blocking() {
    const stytch::client client = ::client();
    const stytch::sessions sessions = client.sessions();
    stytch::queue queue;
    std::string session, jwt, member, organization, json;
    const auto keep = [&json](stytch::call &call) { json = call.take().json(); };

    CHECK(queue.fd() >= 0 && !is_readable(queue, 0) && queue.dispatch() == 0);
    client.impersonation_authenticate_start(token(), queue, [&](stytch::call &call) {
        CHECK(call.is_finished());
        const stytch::response started = call.take();
        session = started.session_token();
        jwt = started.session_jwt();
        member = started.member_id();
        organization = started.organization_id();
        const stytch::error taken = error_of([&] { call.take(); });
        CHECK(taken.code() == stytch::error_code::invalid_argument);
        CHECK(taken.delivery() == stytch::delivery::unknown);
        CHECK_CONTAINS(taken.what(), "taken already");
    });
    dispatch(queue, 1);
    CHECK(!session.empty() && !is_readable(queue, 0));

    sessions.authenticate_start(stytch::session_token{session}, queue, keep);
    dispatch(queue, 1);
    CHECK(said(json, "session_token") == session);
    sessions.authenticate_start(stytch::session_jwt{jwt}, queue, keep, "{}");
    dispatch(queue, 1);
    CHECK(said(json, "session_token") == session);
    sessions.authenticate_jwt_start(jwt, queue, [](stytch::call &call) { CHECK(call.take().http_status() == 0); });
    dispatch(queue, 1);
    sessions.authenticate_jwt_start(
        jwt, queue, [](stytch::call &call) { CHECK(call.take().http_status() == 200); }, std::chrono::seconds(0));
    dispatch(queue, 1);
    sessions.get_start(organization, member, queue, keep);
    dispatch(queue, 1);
    CHECK(json.find("member_sessions") != std::string::npos);
    sessions.get_jwks_start(queue, keep);
    dispatch(queue, 1);
    CHECK(json.find("keys") != std::string::npos);
    sessions.revoke_start(stytch::session_token{session}, queue, keep);
    dispatch(queue, 1);
    std::size_t gone = 0;
    const stytch::completion is_gone = [&gone](stytch::call &call) {
        gone += is_session_not_found(error_of([&] { call.take(); }));
    };
    sessions.revoke_start(stytch::session_jwt{jwt}, queue, is_gone);
    dispatch(queue, 1);
    CHECK(gone == 1);
    sessions.revoke_start(stytch::member_session_id{"no-such-session"}, queue,
                          [](stytch::call &call) { CHECK(error_of([&] { call.take(); }).http_status() == 404); });
    dispatch(queue, 1);
    sessions.revoke_start(stytch::member_id{member}, queue, keep);
    dispatch(queue, 1);
    client.request_start("GET", "/v1/b2b/no/such/path", nullptr, queue,
                         [](stytch::call &call) { CHECK(error_of([&] { call.take(); }).http_status() == 404); });
    dispatch(queue, 1);
}

/* A function that nobody runs any more is destroyed all the same: `alive` counts the copies that there are. */
struct counted {
    explicit counted(std::size_t &count) : alive(&count) { ++*alive; }
    counted(const counted &other) : alive(other.alive) { ++*alive; }
    counted &operator=(const counted &) = delete;
    ~counted() { --*alive; }
    std::size_t *alive;
};

void who_owns_a_call() {
    std::size_t alive = 0, run = 0;
    const counted witness(alive);
    const stytch::completion done = [witness, &run](stytch::call &) { ++run; };
    const std::size_t before = alive;

    /* Dropped at once, and still run; then gone. */
    stytch::queue queue;
    {
        const stytch::client client = ::client();
        client.sessions().get_jwks_start(queue, done);
        dispatch(queue, 1);
        CHECK(run == 1 && alive == before);
        /* Freed with its client under way: it comes out as cancelled, or with its result. */
        client.sessions().get_jwks_start(queue, done);
    }
    dispatch(queue, 1);
    CHECK(run == 2 && alive == before);

    /* Taken out by hand: its function is not run. */
    const stytch::client client = ::client();
    stytch::call mine = client.sessions().get_jwks_start(queue, done);
    CHECK(mine && queue.wait(std::chrono::seconds(60)));
    stytch::call same = queue.next();
    CHECK(same && same.c_handle() == mine.c_handle() && !queue.next());
    stytch::call moved = std::move(same);
    CHECK(!same && moved.take().http_status() == 200);
    refused("call", [&] { same.take(); });
    mine = std::move(moved);

    /* Cancelled from another thread, and after its end. */
    stytch::call cancelled = client.impersonation_authenticate_start("never-made", queue, done);
    std::thread([&cancelled] { cancelled.cancel(); }).join();
    dispatch(queue, 1);
    cancelled.cancel();
    const stytch::error error = error_of([&] { cancelled.take(); });
    CHECK(error.code() == stytch::error_code::cancelled || error.http_status() == 401);

    /* The queue goes first: nothing is run, nothing leaks, and who holds a call may still take it. */
    {
        stytch::queue brief;
        client.sessions().get_jwks_start(brief, done);
        mine = client.sessions().get_jwks_start(brief, done);
        brief = stytch::queue();
        client.sessions().get_jwks_start(brief, done);
    }
    while (!mine.is_finished()) {
        std::this_thread::yield();
    }
    CHECK(mine.take().http_status() == 200);
    mine = stytch::call();
    cancelled = stytch::call();
    CHECK(run == 3 && alive == before);

    /* One that was started through stytch.h comes out, too, and is owned. */
    REQUIRE(stytch_sessions_get_jwks_start(client.c_handle(), queue.c_handle(), &run, nullptr) != nullptr);
    CHECK(queue.wait(std::chrono::seconds(60)));
    CHECK(queue.dispatch() == 1 && run == 3);
}

void what_a_start_refuses() {
    const stytch::client client = ::client();
    stytch::queue queue;
    std::size_t alive = 0;
    const counted witness(alive);
    const stytch::completion done = [witness](stytch::call &) { CHECK(!"never run"); };
    const std::size_t before = alive;

    refused("impersonation_token", [&] { client.impersonation_authenticate_start("", queue, done); });
    refused("impersonation_token", [&] { client.impersonation_authenticate_start(nullptr, queue, done); });
    refused("contains a NUL",
            [&] { client.impersonation_authenticate_start(std::string("a\0b", 3), queue, done); });
    refused("path", [&] { client.request_start("GET", "no-slash", nullptr, queue, done); });
    stytch::queue taken = std::move(queue);
    refused("queue", [&] { client.sessions().get_jwks_start(queue, done); });
    CHECK(queue.fd() == -1 && !queue.next() && queue.dispatch() == 0);
    CHECK(alive == before && taken.dispatch() == 0);

    /* Busy: the address is one that nobody answers at in time. */
    const stytch::client small(env("STYTCH_PROJECT_ID"), env("STYTCH_SECRET"),
                               stytch::options().base_url(env("STYTCH_BASE_URL")).max_pending(1).max_threads(1));
    queue_fault("{\"delay_ms\":600000}");
    stytch::call slow = small.sessions().get_jwks_start(taken, [](stytch::call &call) {
        CHECK(error_of([&] { call.take(); }).code() == stytch::error_code::cancelled);
    });
    const stytch::error busy = error_of([&] { small.sessions().get_jwks_start(taken, done); });
    CHECK(busy.code() == stytch::error_code::busy && busy.delivery() == stytch::delivery::not_sent);
    CHECK(busy.is_retryable());
    slow.cancel();
    dispatch(taken, 1);
    free(sandbox_request("DELETE", "/sandbox/faults", ""));

    refused("max_threads", [] { stytch::options().max_threads(65); });
    refused("max_pending", [] { stytch::options().max_pending(0); });
}

/* An exception of a completion arrives where dispatch() was called, and the next calls are not lost. */
void an_exception_leaves_dispatch() {
    const stytch::client client = ::client();
    stytch::queue queue;
    std::size_t thrown = 0, run = 0;

    for (int i = 0; i < 4; i++) {
        client.sessions().get_jwks_start(queue, [&run](stytch::call &) {
            if (++run % 2 == 1) {
                throw std::runtime_error("of the completion");
            }
        });
    }
    while (run < 4) {
        REQUIRE(is_readable(queue, 60000));
        try {
            queue.dispatch();
        } catch (const std::runtime_error &) {
            thrown++;
        }
    }
    CHECK(thrown == 2 && queue.dispatch() == 0);
}

/* One queue, and threads that start on it and take from it at once. */
void a_queue_of_many_threads() {
    const stytch::client client = ::client();
    stytch::queue queue;
    std::atomic<int> done(0);
    std::vector<std::thread> threads;

    for (int i = 0; i < 4; i++) {
        threads.emplace_back([&] {
            for (int j = 0; j < 10; j++) {
                client.sessions().get_jwks_start(queue, [&](stytch::call &call) {
                    CHECK(call.take().http_status() == 200);
                    done++;
                });
                queue.dispatch();
            }
            while (done < 40) {
                queue.wait(std::chrono::milliseconds(20));
                queue.dispatch();
            }
        });
    }
    for (std::thread &thread : threads) {
        thread.join();
    }
    CHECK(done == 40);
}

void a_log() {
    std::mutex lock;
    std::vector<std::string> heard;
    std::size_t alive = 0;
    stytch::response session = client().impersonation_authenticate(token());
    {
        const counted witness(alive);
        const stytch::log_function listen = [&, witness](stytch::log_level level, const char *event) {
            const std::lock_guard<std::mutex> guard(lock);
            CHECK(level == stytch::log_level::info || level == stytch::log_level::warning);
            heard.push_back(event);
            throw std::runtime_error("which must not enter C");
        };
        std::unique_ptr<stytch::client> made;
        {
            const stytch::options options =
                stytch::options().base_url(env("STYTCH_BASE_URL")).max_retries(0).log(stytch::log_level::info, listen);
            made.reset(new stytch::client(env("STYTCH_PROJECT_ID"), env("STYTCH_SECRET"), options));
        }
        /* The options are gone; the function is not. */
        session = made->impersonation_authenticate(token());
        CHECK(heard.size() == 1);
        CHECK_CONTAINS(heard[0].c_str(), "\"operation\":\"impersonation_authenticate\"");
        CHECK(heard[0].find(session.session_token()) == std::string::npos);
        error_of([&] { made->impersonation_authenticate("never-made"); });
        CHECK(heard.size() == 2);

        stytch::queue queue;
        made->sessions().get_jwks_start(queue, [&](stytch::call &) {
            const std::lock_guard<std::mutex> guard(lock);
            CHECK(heard.size() == 3);
        });
        dispatch(queue, 1);

        queue.keep_events(stytch::log_level::info);
        made->sessions().get_jwks_start(queue, nullptr);
        stytch::event event = {stytch::log_level::error, "before"};
        while (queue.dispatch() == 0) {
            REQUIRE(is_readable(queue, 60000));
        }
        CHECK(queue.next_event(event) && event.level == stytch::log_level::info && heard.size() == 3);
        CHECK_CONTAINS(event.json.c_str(), "\"operation\":\"sessions_get_jwks\"");
        event.json = "before";
        CHECK(!queue.next_event(event) && event.json == "before");
        queue.keep_no_events();

        /* A client that is moved keeps its function, and what it replaces is let go. */
        stytch::client moved = std::move(*made);
        made.reset();
        moved.sessions().get_jwks();
        CHECK(heard.size() == 4);
        moved = client();
        moved.sessions().get_jwks();
        CHECK(heard.size() == 4);
        refused("log_level", [&] { stytch::options().log(static_cast<stytch::log_level>(9), listen); });
        stytch::options().log(stytch::log_level::debug, nullptr);
    }
    CHECK(alive == 0);
}

} // namespace

#endif
