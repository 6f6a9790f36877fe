/**
 * @file stytch.hpp
 * @brief libstytch for C++11 and later: handles that free themselves, errors as exceptions.
 *
 * A thin layer on stytch.h, header-only; what the calls do, their units and their limits are said there.
 *
 * - **Handles** (stytch::client, stytch::options, stytch::response) are moved, not copied. One that was moved from
 *   may be destroyed or assigned to; a call on it is refused as an invalid argument, or finds nothing.
 * - **Failure** is a stytch::error. No exception passes through C: the library calls nothing of yours.
 * - **Threads**: a client is shared by any number of threads, and so are responses and errors, which never change.
 * - **Strings** that come out are copies and outlive their handle. The library wipes its own memory; a `std::string`
 *   with a session token or a body is yours to wipe. c_handle() and error::body_data() lend without a copy.
 *
 * @code
 * stytch::client client(std::getenv("STYTCH_PROJECT_ID"), std::getenv("STYTCH_SECRET"));
 * try {
 *     stytch::response session = client.impersonation_authenticate(token);
 *     start_session(session.session_token(), session.get<std::string>("/member/name"));
 * } catch (const stytch::error &error) {
 *     std::cerr << error.what() << '\n';
 *     if (error.is_retryable()) try_again_after(error.retry_after());
 * }
 * @endcode
 */
#ifndef STYTCH_HPP
#define STYTCH_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include <stytch.h>

/** libstytch's classes, and nothing else. */
namespace stytch {

/** Why a call failed. A newer library may have codes that are not named here: treat those like `internal`. */
enum class error_code : std::int32_t {
    invalid_argument = STYTCH_ERROR_INVALID_ARGUMENT, /**< See #STYTCH_ERROR_INVALID_ARGUMENT. */
    connection = STYTCH_ERROR_CONNECTION,             /**< See #STYTCH_ERROR_CONNECTION. */
    tls = STYTCH_ERROR_TLS,                           /**< See #STYTCH_ERROR_TLS. */
    timeout = STYTCH_ERROR_TIMEOUT,                   /**< See #STYTCH_ERROR_TIMEOUT. */
    transport = STYTCH_ERROR_TRANSPORT,               /**< See #STYTCH_ERROR_TRANSPORT. */
    api = STYTCH_ERROR_API,                           /**< See #STYTCH_ERROR_API. */
    invalid_response = STYTCH_ERROR_INVALID_RESPONSE, /**< See #STYTCH_ERROR_INVALID_RESPONSE. */
    cancelled = STYTCH_ERROR_CANCELLED,               /**< See #STYTCH_ERROR_CANCELLED. */
    internal = STYTCH_ERROR_INTERNAL                  /**< See #STYTCH_ERROR_INTERNAL. */
};

/** What became of the request. Treat a value that is not named here like `unknown`. */
enum class delivery : std::int32_t {
    unknown = STYTCH_DELIVERY_UNKNOWN,   /**< It may have been carried out. */
    not_sent = STYTCH_DELIVERY_NOT_SENT, /**< Nothing of it was sent. */
    rejected = STYTCH_DELIVERY_REJECTED, /**< Stytch rejected it (4xx). */
    accepted = STYTCH_DELIVERY_ACCEPTED  /**< Stytch accepted it, and the response could not be used. */
};

/** @cond */
namespace detail {
struct deleter {
    void operator()(stytch_client *handle) const noexcept { stytch_client_free(handle); }
    void operator()(stytch_options *handle) const noexcept { stytch_options_free(handle); }
    void operator()(stytch_response *handle) const noexcept { stytch_response_free(handle); }
    void operator()(stytch_error *handle) const noexcept { stytch_error_free(handle); }
    void operator()(char *string) const noexcept { stytch_string_free(string); }
};

template <typename Handle>
using owned = std::unique_ptr<Handle, deleter>;

inline std::string copied(const char *text) { return text ? std::string(text) : std::string(); }

template <typename T>
struct readable {
    static constexpr bool value = std::is_same<T, std::string>::value || std::is_same<T, bool>::value ||
                                  std::is_same<T, std::int64_t>::value || std::is_same<T, double>::value;
};
} // namespace detail
/** @endcond */

/**
 * A string that goes in: from a `const char *` or a `std::string`. You never name this type.
 *
 * NULL is passed on and the library refuses it by name, so that an unset environment variable is an error
 * and no crash. A NUL within a `std::string` would cut it off unseen: it is an error too.
 */
class text {
  public:
    /** Borrows NUL-terminated UTF-8, or NULL. */
    text(const char *string) noexcept : string_(string), cut_(false) {}
    /** Borrows UTF-8. */
    text(const std::string &string) noexcept
        : string_(string.c_str()), cut_(string.find('\0') != std::string::npos) {}

    /** The string for C. Throws error where a NUL would cut it off. */
    const char *whole(const char *name) const;
    /** The string for C, or NULL where a NUL would cut it off. */
    const char *whole_or_null() const noexcept { return cut_ ? nullptr : string_; }

  private:
    const char *string_;
    bool cut_;
};

/**
 * A call failed. It outlives all handles. Copies share the C error, which is wiped when the last of them is gone:
 * copying never throws, and copies no body that may contain a session.
 */
class error : public std::exception {
  public:
    /** One line for a person or a log: what was being done, why it failed, what to do. Never a secret. */
    const char *what() const noexcept override { return state_->message.c_str(); }
    /** The same as what(). */
    const std::string &message() const noexcept { return state_->message; }
    /** Why it failed. */
    error_code code() const noexcept { return state_->code; }
    /** What became of the request. */
    stytch::delivery delivery() const noexcept { return state_->delivery; }
    /** Whether the same call may succeed later and cannot use a token twice; see stytch_error_is_retryable(). */
    bool is_retryable() const noexcept { return stytch_error_is_retryable(c_handle()); }
    /** The HTTP status of the response; 0 if none arrived. */
    std::int32_t http_status() const noexcept { return stytch_error_http_status(c_handle()); }
    /** Stytch's `error_type`; empty if there is none. */
    std::string type() const { return detail::copied(stytch_error_type(c_handle())); }
    /** Stytch's `error_message` alone; empty if there is none. */
    std::string api_message() const { return detail::copied(stytch_error_api_message(c_handle())); }
    /** Stytch's id of the request, for its support; empty if there is none. */
    std::string request_id() const { return detail::copied(stytch_error_request_id(c_handle())); }
    /** Stytch's page about this error; empty if there is none. */
    std::string url() const { return detail::copied(stytch_error_url(c_handle())); }
    /** How long the server asks to wait; -1 ms if it did not say. */
    std::chrono::milliseconds retry_after() const noexcept {
        return std::chrono::milliseconds(stytch_error_retry_after_ms(c_handle()));
    }
    /** A copy of the response as received, with NULs and sessions that it may contain: yours to wipe, not to log. */
    std::string body() const { return std::string(body_data(), body_size()); }
    /** The same without a copy: body_size() bytes and a NUL, which live as long as this error or a copy of it. */
    const char *body_data() const noexcept {
        const char *body = stytch_error_body(c_handle());
        return body ? body : "";
    }
    /** The length of body_data(). */
    std::size_t body_size() const noexcept { return stytch_error_body_length(c_handle()); }

    /** The handle for what stytch.h has and this class has not. NULL for what this header refuses by itself. */
    const stytch_error *c_handle() const noexcept { return state_->handle.get(); }

  private:
    friend class text;
    friend class options;
    friend class client;

    struct state {
        detail::owned<stytch_error> handle;
        std::string message;
        error_code code;
        stytch::delivery delivery;
    };

    error(std::string message, error_code code, stytch::delivery delivery)
        : state_(std::make_shared<state>(state{nullptr, std::move(message), code, delivery})) {}

    explicit error(detail::owned<stytch_error> from) : state_(from_c(std::move(from))) {}

    static std::shared_ptr<const state> from_c(detail::owned<stytch_error> from) {
        const char *message = from ? stytch_error_message(from.get()) : "there is not enough memory for an error";
        const auto code = from ? static_cast<error_code>(stytch_error_code(from.get())) : error_code::internal;
        const auto delivery = static_cast<stytch::delivery>(stytch_error_delivery(from.get()));
        return std::make_shared<state>(state{std::move(from), detail::copied(message), code, delivery});
    }

    /* Passes on what a C function made, or takes the error that it left behind and throws. */
    template <typename Result>
    static Result checked(Result made, stytch_error **from) {
        return made ? made : throw error(detail::owned<stytch_error>(*from));
    }

    std::shared_ptr<const state> state_;
};

inline const char *text::whole(const char *name) const {
    if (cut_) {
        throw error(std::string(name) + " contains a NUL, and would end there: pass the text without it",
                    error_code::invalid_argument, delivery::not_sent);
    }
    return string_;
}

/** A part of the response is not there, is null, or is of another type. */
class missing : public std::out_of_range {
  public:
    /** Names what was looked for, and where. */
    missing(const char *what, const char *pointer)
        : std::out_of_range(std::string("the response has no ") + what + " at \"" + (pointer ? pointer : "") + "\"") {}
};

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
    options &base_url(text url) & { return check(stytch_options_set_base_url, url.whole("base_url")); }
    options &timeout(std::chrono::milliseconds time) & { return check(stytch_options_set_timeout_ms, number(time)); }
    options &connect_timeout(std::chrono::milliseconds time) & {
        return check(stytch_options_set_connect_timeout_ms, number(time));
    }
    options &max_retries(std::uint32_t count) & { return check(stytch_options_set_max_retries, count); }
    options &ca_file(text pem_path) & { return check(stytch_options_set_ca_file, pem_path.whole("ca_file")); }
    options &ca_pem(text pem) & { return check(stytch_options_set_ca_pem, pem.whole("ca_pem")); }
    options &proxy(text url) & { return check(stytch_options_set_proxy, url.whole("proxy")); }
    options &app_info(text name, text version) & {
        return check(stytch_options_set_app_info, name.whole("name"), version.whole("version"));
    }
    /** @} */
    /** @name The same for a temporary, which is moved along the chain, so that its end can be kept
     *  @{ */
    options base_url(text url) && { return std::move(base_url(url)); }
    options timeout(std::chrono::milliseconds time) && { return std::move(timeout(time)); }
    options connect_timeout(std::chrono::milliseconds time) && { return std::move(connect_timeout(time)); }
    options max_retries(std::uint32_t count) && { return std::move(max_retries(count)); }
    options ca_file(text pem_path) && { return std::move(ca_file(pem_path)); }
    options ca_pem(text pem) && { return std::move(ca_pem(pem)); }
    options proxy(text url) && { return std::move(proxy(url)); }
    options app_info(text name, text version) && { return std::move(app_info(name, version)); }
    /** @} */

    /** The handle for what stytch.h has and this class has not. Still owned by this object. */
    stytch_options *c_handle() const noexcept { return handle_.get(); }

  private:
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

    detail::owned<stytch_options> handle_;
};

/** A successful response of the API. */
class response {
  public:
    /** The session token: a secret, never empty. */
    std::string session_token() const { return detail::copied(stytch_response_session_token(handle_.get())); }
    /** The session as a JSON Web Token: a secret. Empty if the response has none. */
    std::string session_jwt() const { return detail::copied(stytch_response_session_jwt(handle_.get())); }
    /** The member who is impersonated. Empty if the response has none. */
    std::string member_id() const { return detail::copied(stytch_response_member_id(handle_.get())); }
    /** The organization of the member. Empty if the response has none. */
    std::string organization_id() const { return detail::copied(stytch_response_organization_id(handle_.get())); }
    /** Stytch's id of the request, for its support. Empty if the response has none. */
    std::string request_id() const { return detail::copied(stytch_response_request_id(handle_.get())); }
    /** The HTTP status of the response, 200 to 299. */
    std::int32_t http_status() const noexcept { return stytch_response_http_status(handle_.get()); }

    /** The whole response as received, byte for byte. It contains the session token: do not log it. */
    std::string json() const {
        const char *text = stytch_response_json(handle_.get());
        return std::string(text ? text : "", stytch_response_json_length(handle_.get()));
    }

    /**
     * Any part of the response by JSON pointer (RFC 6901); see stytch_response_get_string().
     *
     * @tparam T        std::string, bool, std::int64_t or double.
     * @param  pointer  As "/member/name" or "/member/roles/0/role_id".
     * @throw  missing  Nothing is there, or null, or something of another type.
     */
    template <typename T>
    T get(text pointer) const {
        static_assert(detail::readable<T>::value, "T is std::string, bool, std::int64_t or double");
        T value = T();
        if (!get(pointer, value)) {
            throw missing(name_of(value), pointer.whole_or_null());
        }
        return value;
    }

    /** The same, with `fallback` where get() would throw. */
    template <typename T>
    T get_or(text pointer, T fallback) const {
        static_assert(detail::readable<T>::value, "T is std::string, bool, std::int64_t or double");
        get(pointer, fallback);
        return fallback;
    }
    /** The same for a literal. */
    std::string get_or(text pointer, const char *fallback) const { return get_or(pointer, std::string(fallback)); }

    /** The same without an exception: whether a string is there. `out` is written only then. */
    bool get(text pointer, std::string &out) const {
        const char *found = stytch_response_get_string(handle_.get(), pointer.whole_or_null());
        return found && (out.assign(found), true);
    }
    /** Whether a boolean is there. `out` is written only then. */
    bool get(text pointer, bool &out) const noexcept {
        return stytch_response_get_bool(handle_.get(), pointer.whole_or_null(), &out);
    }
    /** Whether a whole number that fits is there. `out` is written only then. */
    bool get(text pointer, std::int64_t &out) const noexcept {
        return stytch_response_get_int64(handle_.get(), pointer.whole_or_null(), &out);
    }
    /** Whether a number is there. `out` is written only then. */
    bool get(text pointer, double &out) const noexcept {
        return stytch_response_get_double(handle_.get(), pointer.whole_or_null(), &out);
    }

    /** How many elements an array has, or members an object. Throws missing where neither is there. */
    std::size_t length(text pointer) const {
        std::size_t value = 0;
        if (!stytch_response_get_length(handle_.get(), pointer.whole_or_null(), &value)) {
            throw missing("array or object", pointer.whole_or_null());
        }
        return value;
    }

    /** The JSON text of any part of the response, `null` too. Throws missing only where nothing is there. */
    std::string json(text pointer) const {
        const detail::owned<char> found(stytch_response_get_json(handle_.get(), pointer.whole_or_null()));
        if (!found) {
            throw missing("value", pointer.whole_or_null());
        }
        return found.get();
    }

    /** The handle for what stytch.h has and this class has not. Still owned by this object. */
    const stytch_response *c_handle() const noexcept { return handle_.get(); }

  private:
    friend class client;
    explicit response(stytch_response *handle) noexcept : handle_(handle) {}

    static const char *name_of(const std::string &) noexcept { return "string"; }
    static const char *name_of(bool) noexcept { return "boolean"; }
    static const char *name_of(std::int64_t) noexcept { return "whole number"; }
    static const char *name_of(double) noexcept { return "number"; }

    detail::owned<stytch_response> handle_;
};

/** A project's credentials and its connections. One for each project and process is enough. */
class client {
  public:
    /** With all defaults; see stytch_client_new(). Throws error. */
    client(text project_id, text secret) : handle_(make(project_id, secret, nullptr)) {}
    /** With options of your own; see stytch_client_new(). Throws error. */
    client(text project_id, text secret, const options &options)
        : handle_(make(project_id, secret, options.c_handle())) {}

    /**
     * Turns an impersonation token into a session; see stytch_impersonation_authenticate(). Blocks until there
     * is a response or the deadline has passed. Any number of threads may call it at once.
     * Throws error, whose is_retryable() says whether the token may be sent again.
     */
    response impersonation_authenticate(text impersonation_token) const {
        const char *token = impersonation_token.whole("impersonation_token");
        stytch_error *error = nullptr;
        return response(error::checked(stytch_impersonation_authenticate(handle_.get(), token, &error), &error));
    }

    /** The handle for what stytch.h has and this class has not. Still owned by this object. */
    const stytch_client *c_handle() const noexcept { return handle_.get(); }

  private:
    static stytch_client *make(text project_id, text secret, const stytch_options *options) {
        const char *id = project_id.whole("project_id"), *key = secret.whole("secret");
        stytch_error *error = nullptr;
        return error::checked(stytch_client_new(id, key, options, &error), &error);
    }

    detail::owned<stytch_client> handle_;
};

/** The version of the library that is running, as "1.2.3". #STYTCH_VERSION is this header's. */
inline std::string version() { return stytch_version(); }

} // namespace stytch

#endif
