/**
 * @file stytch.hpp
 * @brief libstytch for C++11 and later: handles that free themselves, errors as exceptions.
 *
 * A thin layer on stytch.h, header-only; what the calls do, their units and their limits are said there.
 *
 * - **Handles** (stytch::client, stytch::options, stytch::response, stytch::queue, stytch::call) are moved, not copied.
 *   One that was moved from may be destroyed or assigned to; a call on it is refused as an invalid argument, or finds
 *   nothing.
 * - **Failure** is a stytch::error. No exception passes through C: what a log function throws is caught.
 * - **Without blocking**: each call that may wait for the network has a twin `_start`; see stytch_queue.hpp.
 * - **Threads**: a client is shared by any number of threads, and so are responses and errors, which never change.
 * - **Strings** that come out are copies and outlive their handle. The library wipes its own memory; a `std::string`
 *   with a session token or a body is yours to wipe. c_handle() and error::body_data() lend without a copy.
 *
 * @code
 * stytch::client client(std::getenv("STYTCH_PROJECT_ID"), std::getenv("STYTCH_SECRET"));
 * try {
 *     stytch::response session = client.impersonation_authenticate(token);
 *     start_session(session.session_token(), session.impersonator_email_address());
 * } catch (const stytch::error &error) {
 *     std::cerr << error.what() << '\n';
 *     if (error.is_retryable()) try_again_after(error.retry_after());
 * }
 * // With each request of the browser, which brings the session's JWT:
 * stytch::response session = client.sessions().authenticate_jwt(jwt);
 * if (session.is_impersonated()) show_banner(session.impersonator_email_address());
 * client.sessions().revoke(stytch::session_token{token});
 * @endcode
 */
#ifndef STYTCH_HPP
#define STYTCH_HPP

#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include <stytch.h>

#include "stytch_queue.hpp"
#include "stytch_result.hpp"

/** libstytch's classes, and nothing else. */
namespace stytch {

/**
 * How a client works, where the defaults do not fit. Setters check at once, throw error where a value cannot be
 * taken, and can be chained. Clients copy the options. Not for several threads at once.
 * `stytch::client client(id, secret, stytch::options().timeout(std::chrono::seconds(10)).max_retries(0));`
 */
class options {
  public:
    /** All defaults. */
    options() : handle_(stytch_options_new()) {}

    /** @name Setters, one for each `stytch_options_set_`
     *  @{ */
    /** See stytch_options_set_base_url(). */
    options &base_url(text url) & { return check(stytch_options_set_base_url, url.whole("base_url")); }
    /** See stytch_options_set_timeout_ms(). */
    options &timeout(std::chrono::milliseconds time) & { return check(stytch_options_set_timeout_ms, number(time)); }
    /** See stytch_options_set_connect_timeout_ms(). */
    options &connect_timeout(std::chrono::milliseconds time) & {
        return check(stytch_options_set_connect_timeout_ms, number(time));
    }
    /** See stytch_options_set_max_retries(). */
    options &max_retries(std::uint32_t count) & { return check(stytch_options_set_max_retries, count); }
    /** See stytch_options_set_ca_file(). */
    options &ca_file(text pem_path) & { return check(stytch_options_set_ca_file, pem_path.whole("ca_file")); }
    /** See stytch_options_set_ca_pem(). */
    options &ca_pem(text pem) & { return check(stytch_options_set_ca_pem, pem.whole("ca_pem")); }
    /** See stytch_options_set_proxy(). */
    options &proxy(text url) & { return check(stytch_options_set_proxy, url.whole("proxy")); }
    /** See stytch_options_set_jwks_json(). */
    options &jwks_json(text keys) & { return check(stytch_options_set_jwks_json, keys.whole("jwks_json")); }
    /** See stytch_options_set_jwt_leeway_seconds(). */
    options &jwt_leeway(std::chrono::seconds time) & {
        return check(stytch_options_set_jwt_leeway_seconds, number(time));
    }
    /** See stytch_options_set_app_info(). */
    options &app_info(text name, text version) & {
        return check(stytch_options_set_app_info, name.whole("name"), version.whole("version"));
    }
    /** See stytch_options_set_max_threads(). */
    options &max_threads(std::uint32_t count) & { return check(stytch_options_set_max_threads, count); }
    /** See stytch_options_set_max_pending(). */
    options &max_pending(std::uint32_t count) & { return check(stytch_options_set_max_pending, count); }
    /** See stytch_options_set_log_callback(). The function is kept by these options and by every client that is made
     *  with them, and is called on whichever thread ran the call. What it throws is lost. An empty one is told of
     *  nothing. */
    options &log(log_level level, log_function function) & {
        std::shared_ptr<log_function> kept;
        if (function) {
            kept = std::make_shared<log_function>(std::move(function));
        }
        check(stytch_options_set_log_callback, static_cast<std::int32_t>(level), kept ? detail::tell : nullptr,
              static_cast<void *>(kept.get()));
        log_ = std::move(kept);
        return *this;
    }
    /** @} */
    /** @name The same for a temporary, which is moved along the chain, so that its end can be kept
     *  @{ */
    /** See stytch_options_set_base_url(). */
    options base_url(text url) && { return std::move(base_url(url)); }
    /** See stytch_options_set_timeout_ms(). */
    options timeout(std::chrono::milliseconds time) && { return std::move(timeout(time)); }
    /** See stytch_options_set_connect_timeout_ms(). */
    options connect_timeout(std::chrono::milliseconds time) && { return std::move(connect_timeout(time)); }
    /** See stytch_options_set_max_retries(). */
    options max_retries(std::uint32_t count) && { return std::move(max_retries(count)); }
    /** See stytch_options_set_ca_file(). */
    options ca_file(text pem_path) && { return std::move(ca_file(pem_path)); }
    /** See stytch_options_set_ca_pem(). */
    options ca_pem(text pem) && { return std::move(ca_pem(pem)); }
    /** See stytch_options_set_proxy(). */
    options proxy(text url) && { return std::move(proxy(url)); }
    /** See stytch_options_set_jwks_json(). */
    options jwks_json(text keys) && { return std::move(jwks_json(keys)); }
    /** See stytch_options_set_jwt_leeway_seconds(). */
    options jwt_leeway(std::chrono::seconds time) && { return std::move(jwt_leeway(time)); }
    /** See stytch_options_set_app_info(). */
    options app_info(text name, text version) && { return std::move(app_info(name, version)); }
    /** See stytch_options_set_max_threads(). */
    options max_threads(std::uint32_t count) && { return std::move(max_threads(count)); }
    /** See stytch_options_set_max_pending(). */
    options max_pending(std::uint32_t count) && { return std::move(max_pending(count)); }
    /** See stytch_options_set_log_callback(). */
    options log(log_level level, log_function function) && { return std::move(log(level, std::move(function))); }
    /** @} */

    /** The handle for what stytch.h has and this class has not. Still owned by this object. */
    stytch_options *c_handle() const noexcept { return handle_.get(); }

  private:
    friend class client;

    template <typename Setter, typename... Values>
    options &check(Setter setter, Values... values) {
        stytch_error *error = nullptr;
        error::checked(setter(handle_.get(), values..., &error), &error);
        return *this;
    }

    /* What uint32_t cannot hold goes in as the nearest that it can, which is out of bounds as well. */
    static std::uint32_t number(std::chrono::milliseconds time) noexcept {
        const auto most = std::numeric_limits<std::uint32_t>::max();
        return time.count() < 0 ? 0 : time.count() > most ? most : static_cast<std::uint32_t>(time.count());
    }

    /* Of a leeway 0 is within bounds: a negative one goes in as the most, which is not. */
    static std::uint32_t number(std::chrono::seconds time) noexcept {
        const auto most = std::numeric_limits<std::uint32_t>::max();
        return time.count() < 0 || time.count() > most ? most : static_cast<std::uint32_t>(time.count());
    }

    std::shared_ptr<log_function> log_;
    detail::owned<stytch_options> handle_;
};

/* Which session, or whose. They borrow their text, so they are made where they are used, and taken as temporaries. */

/** A session by its token: `sessions.revoke(stytch::session_token{token})`. */
struct session_token {
    text value; /**< A secret. */
};
/** A session by its JWT. */
struct session_jwt {
    text value; /**< A secret. */
};
/** A session by its id. */
struct member_session_id {
    text value; /**< `/member_session/member_session_id` of a response. */
};
/** All sessions of a member. */
struct member_id {
    text value; /**< As response::member_id(). */
};

/**
 * The calls about sessions, of the client that gave it and must outlive it. All of them throw error; none does harm
 * when it is repeated. Any number of threads may use it.
 */
class sessions {
  public:
    /** Asks Stytch about a session, and gets a fresh JWT; see stytch_sessions_authenticate().
     *  @param token        The session's token.
     *  @param params_json  Further fields of the request as a JSON object, or nullptr. */
    response authenticate(session_token &&token, text params_json = nullptr) const {
        return authenticate(token.value.whole("session_token"), nullptr, params_json);
    }
    /** The same by a JWT, which may have expired. */
    response authenticate(session_jwt &&jwt, text params_json = nullptr) const {
        return authenticate(nullptr, jwt.value.whole("session_jwt"), params_json);
    }

    /** Verifies a JWT locally, and asks Stytch only where it may know better; see stytch_sessions_authenticate_jwt().
     *  @param jwt            The session's JWT.
     *  @param max_token_age  How long ago it may have been issued to be accepted locally; -1 s for no limit. */
    response authenticate_jwt(text jwt, std::chrono::seconds max_token_age = std::chrono::seconds(-1)) const {
        return response::of(stytch_sessions_authenticate_jwt, client_, verbatim(jwt), age(max_token_age));
    }
    /** Verifies a JWT locally: a revocation is not noticed; see stytch_sessions_authenticate_jwt_local().
     *  @param jwt            The session's JWT. One that is refused is an error of code `invalid_token`.
     *  @param max_token_age  How long ago it may have been issued; -1 s for no limit. */
    response authenticate_jwt_local(text jwt, std::chrono::seconds max_token_age = std::chrono::seconds(-1)) const {
        return response::of(stytch_sessions_authenticate_jwt_local, client_, verbatim(jwt), age(max_token_age));
    }

    /** Ends a session; see stytch_sessions_revoke(), also for the error that means that it has ended already. */
    response revoke(session_token &&token) const {
        return revoke(nullptr, token.value.whole("session_token"), nullptr, nullptr);
    }
    /** The same by a JWT. */
    response revoke(session_jwt &&jwt) const {
        return revoke(nullptr, nullptr, jwt.value.whole("session_jwt"), nullptr);
    }
    /** The same by the session's id. */
    response revoke(member_session_id &&id) const {
        return revoke(id.value.whole("member_session_id"), nullptr, nullptr, nullptr);
    }
    /** Ends every session of a member. */
    response revoke(member_id &&id) const { return revoke(nullptr, nullptr, nullptr, id.value.whole("member_id")); }

    /** Lists the sessions of a member, as the array `/member_sessions`; see stytch_sessions_get(). */
    response get(text organization_id, text member_id) const {
        return response::of(stytch_sessions_get, client_, organization_id.whole("organization_id"),
                            member_id.whole("member_id"));
    }
    /** Gets the keys that JWTs are signed with, as the array `/keys`; see stytch_sessions_get_jwks(). */
    response get_jwks() const { return response::of(stytch_sessions_get_jwks, client_); }

    /** @name The same without blocking: `done` is run by queue::dispatch()
     *  A refused argument, or too many calls under way, is an error here; everything else comes through the queue.
     *  @{ */
    /** Starts authenticate(); see stytch_sessions_authenticate_start(). */
    call authenticate_start(session_token &&token, queue &queue, completion done, text params_json = nullptr) const {
        return call::of(stytch_sessions_authenticate_start, caller(), queue, std::move(done),
                        token.value.whole("session_token"), none(), params_json.whole("params_json"));
    }
    /** The same by a JWT. */
    call authenticate_start(session_jwt &&jwt, queue &queue, completion done, text params_json = nullptr) const {
        return call::of(stytch_sessions_authenticate_start, caller(), queue, std::move(done), none(),
                        jwt.value.whole("session_jwt"), params_json.whole("params_json"));
    }
    /** Starts authenticate_jwt(); see stytch_sessions_authenticate_jwt_start(). */
    call authenticate_jwt_start(text jwt, queue &queue, completion done,
                                std::chrono::seconds max_token_age = std::chrono::seconds(-1)) const {
        return call::of(stytch_sessions_authenticate_jwt_start, caller(), queue, std::move(done), verbatim(jwt),
                        age(max_token_age));
    }
    /** Starts revoke(); see stytch_sessions_revoke_start(). */
    call revoke_start(session_token &&token, queue &queue, completion done) const {
        return revoke_start(queue, std::move(done), none(), token.value.whole("session_token"), none(), none());
    }
    /** The same by a JWT. */
    call revoke_start(session_jwt &&jwt, queue &queue, completion done) const {
        return revoke_start(queue, std::move(done), none(), none(), jwt.value.whole("session_jwt"), none());
    }
    /** The same by the session's id. */
    call revoke_start(member_session_id &&id, queue &queue, completion done) const {
        return revoke_start(queue, std::move(done), id.value.whole("member_session_id"), none(), none(), none());
    }
    /** Ends every session of a member. */
    call revoke_start(member_id &&id, queue &queue, completion done) const {
        return revoke_start(queue, std::move(done), none(), none(), none(), id.value.whole("member_id"));
    }
    /** Starts get(); see stytch_sessions_get_start(). */
    call get_start(text organization_id, text member_id, queue &queue, completion done) const {
        return call::of(stytch_sessions_get_start, caller(), queue, std::move(done),
                        organization_id.whole("organization_id"), member_id.whole("member_id"));
    }
    /** Starts get_jwks(); see stytch_sessions_get_jwks_start(). */
    call get_jwks_start(queue &queue, completion done) const {
        return call::of(stytch_sessions_get_jwks_start, caller(), queue, std::move(done));
    }
    /** @} */

  private:
    friend class client;
    sessions(const stytch_client *client, const std::shared_ptr<log_function> &log) noexcept
        : client_(client), log_(log) {}

    response authenticate(const char *token, const char *jwt, text params_json) const {
        return response::of(stytch_sessions_authenticate, client_, token, jwt, params_json.whole("params_json"));
    }
    response revoke(const char *session_id, const char *token, const char *jwt, const char *of_member) const {
        return response::of(stytch_sessions_revoke, client_, session_id, token, jwt, of_member);
    }
    call revoke_start(queue &queue, completion done, const char *session_id, const char *token, const char *jwt,
                      const char *of_member) const {
        return call::of(stytch_sessions_revoke_start, caller(), queue, std::move(done), session_id, token, jwt,
                        of_member);
    }
    detail::caller caller() const noexcept { return {client_, log_}; }
    static const char *none() noexcept { return nullptr; }

    /* A JWT comes from a browser. One that a NUL would cut off is not a token, as other nonsense is not: "" is judged
     * so too. */
    static const char *verbatim(text jwt) noexcept { return jwt.is_cut() ? "" : jwt.whole_or_null(); }
    static std::int64_t age(std::chrono::seconds time) noexcept { return static_cast<std::int64_t>(time.count()); }

    const stytch_client *client_;
    std::shared_ptr<log_function> log_;
};

/** A project's credentials and its connections. One for each project and process is enough. */
class client {
  public:
    /** With all defaults; see stytch_client_new(). Throws error. */
    client(text project_id, text secret) : handle_(make(project_id, secret, nullptr)) {}
    /** With options of your own; see stytch_client_new(). Throws error. */
    client(text project_id, text secret, const options &options)
        : log_(options.log_), handle_(make(project_id, secret, options.c_handle())) {}

    /**
     * Turns an impersonation token into a session; see stytch_impersonation_authenticate(). Blocks until there
     * is a response or the deadline has passed. Any number of threads may call it at once.
     * Throws error, whose is_retryable() says whether the token may be sent again.
     */
    response impersonation_authenticate(text impersonation_token) const {
        return response::of(stytch_impersonation_authenticate, handle_.get(),
                            impersonation_token.whole("impersonation_token"));
    }

    /** The calls about sessions. Not to be kept longer than this client. */
    stytch::sessions sessions() const noexcept { return stytch::sessions(handle_.get(), log_); }

    /**
     * Makes any other call of Stytch's API; see stytch_request().
     * @param method     "GET", "POST", "PUT", "PATCH" or "DELETE".
     * @param path       As "/v1/b2b/organizations/search".
     * @param json_body  One JSON value, or nullptr for no body.
     */
    response request(text method, text path, text json_body = nullptr) const {
        return response::of(stytch_request, handle_.get(), method.whole("method"), path.whole("path"),
                            json_body.whole("json_body"));
    }

    /** Starts impersonation_authenticate() and returns at once: `done` is run by queue::dispatch(). A refused argument,
     *  or too many calls under way (error_code::busy), is an error here; everything else comes through the queue. */
    call impersonation_authenticate_start(text impersonation_token, queue &queue, completion done) const {
        return call::of(stytch_impersonation_authenticate_start, {handle_.get(), log_}, queue, std::move(done),
                        impersonation_token.whole("impersonation_token"));
    }
    /** Starts request(), in the same way. `json_body` may be nullptr. */
    call request_start(text method, text path, text json_body, queue &queue, completion done) const {
        return call::of(stytch_request_start, {handle_.get(), log_}, queue, std::move(done), method.whole("method"),
                        path.whole("path"), json_body.whole("json_body"));
    }

    /** The handle for what stytch.h has and this class has not. Still owned by this object. */
    const stytch_client *c_handle() const noexcept { return handle_.get(); }

  private:
    static stytch_client *make(text project_id, text secret, const stytch_options *options) {
        const char *id = project_id.whole("project_id"), *key = secret.whole("secret");
        stytch_error *error = nullptr;
        return error::checked(stytch_client_new(id, key, options, &error), &error);
    }

    /* Destroyed after the handle, whose threads may be calling it. */
    std::shared_ptr<log_function> log_;
    detail::owned<stytch_client> handle_;
};

/**
 * The impersonation token of the link that Stytch's dashboard opens; see stytch_impersonation_token_from_url().
 * Throws error, which names the type of a token that is of another kind.
 */
inline std::string impersonation_token_from_url(text url) {
    const char *whole = url.whole("url");
    stytch_error *error = nullptr;
    return detail::owned<char>(error::checked(stytch_impersonation_token_from_url(whole, &error), &error)).get();
}

/** The version of the library that is running, as "1.2.3". #STYTCH_VERSION is this header's. */
inline std::string version() { return stytch_version(); }

} // namespace stytch

#endif
