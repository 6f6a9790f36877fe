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
 *   with a session token is yours to look after.
 *
 * @code
 * stytch::client client(std::getenv("STYTCH_PROJECT_ID"), std::getenv("STYTCH_SECRET"));
 * try {
 *     stytch::response session = client.impersonation_authenticate(token);
 *     start_session(session.session_token(), session.get<std::string>("/member/name"));
 * } catch (const stytch::error &error) {
 *     std::cerr << error.what() << '\n';
 *     if (error.delivery() == stytch::delivery::not_sent) try_the_same_token_again();
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

/** What became of the token: may it be sent again? Treat a value that is not named here like `unknown`. */
enum class delivery : std::int32_t {
    unknown = STYTCH_DELIVERY_UNKNOWN,   /**< It may be spent: get a new one. */
    not_sent = STYTCH_DELIVERY_NOT_SENT, /**< It is unspent: send the same one again while it lives. */
    rejected = STYTCH_DELIVERY_REJECTED, /**< Stytch refused (4xx): mend what the error names. */
    accepted = STYTCH_DELIVERY_ACCEPTED  /**< It is spent, and the answer cannot be used: see error::body(). */
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

/** A call failed. Every field is a copy that outlives all handles; copying an error never throws. */
class error : public std::exception {
  public:
    /** One sentence for a person or a log: what was being done, why it failed, what to do. Never a secret. */
    const char *what() const noexcept override { return fields_->message.c_str(); }
    /** The same as what(). */
    const std::string &message() const noexcept { return fields_->message; }
    /** Why it failed. */
    error_code code() const noexcept { return fields_->code; }
    /** What became of the token: decide by this. */
    stytch::delivery delivery() const noexcept { return fields_->delivery; }
    /** The HTTP status of the answer; 0 where none came. */
    std::int32_t http_status() const noexcept { return fields_->http_status; }
    /** Stytch's `error_type`; empty where there is none. */
    const std::string &type() const noexcept { return fields_->type; }
    /** Stytch's id of the request, for its support; empty where there is none. */
    const std::string &request_id() const noexcept { return fields_->request_id; }
    /** Stytch's page about this error; empty where there is none. */
    const std::string &url() const noexcept { return fields_->url; }
    /** How long the server asks to wait; -1 ms where it did not say. */
    std::chrono::milliseconds retry_after() const noexcept { return fields_->retry_after; }
    /** The answer as received, up to 1 MiB: it may hold NULs and, if the token was accepted, a session. Do not log it. */
    const std::string &body() const noexcept { return fields_->body; }

  private:
    friend class text;
    friend class options;
    friend class client;

    struct fields {
        std::string message, type, request_id, url, body;
        error_code code;
        stytch::delivery delivery;
        std::int32_t http_status;
        std::chrono::milliseconds retry_after;
    };

    error(std::string message, error_code code, stytch::delivery delivery)
        : fields_(std::make_shared<fields>(fields{std::move(message), "", "", "", "", code, delivery, 0,
                                                  std::chrono::milliseconds(-1)})) {}

    explicit error(const stytch_error *from)
        : fields_(std::make_shared<fields>(fields{
              detail::copied(stytch_error_message(from)), detail::copied(stytch_error_type(from)),
              detail::copied(stytch_error_request_id(from)), detail::copied(stytch_error_url(from)),
              stytch_error_body(from) ? std::string(stytch_error_body(from), stytch_error_body_length(from))
                                      : std::string(),
              static_cast<error_code>(stytch_error_code(from)),
              static_cast<stytch::delivery>(stytch_error_delivery(from)), stytch_error_http_status(from),
              std::chrono::milliseconds(stytch_error_retry_after_ms(from))})) {}

    /* Takes what a C function left behind, frees it and throws. */
    [[noreturn]] static void raise(stytch_error *from) {
        const detail::owned<stytch_error> owned(from);
        throw error(owned.get());
    }

    std::shared_ptr<const fields> fields_;
};

inline const char *text::whole(const char *name) const {
    if (cut_) {
        throw error(std::string(name) + " holds a NUL, and would end there: pass the text without it",
                    error_code::invalid_argument, delivery::not_sent);
    }
    return string_;
}

/** A part of the answer is not there, is null, or is of another type. */
class missing : public std::out_of_range {
  public:
    /** Names what was looked for, and where. */
    missing(const char *what, const char *pointer)
        : std::out_of_range(std::string("the answer has no ") + what + " at \"" + (pointer ? pointer : "") + "\"") {}
};

/**
 * How a client works, where the defaults do not fit. Setters check at once, throw error where a value cannot be
 * taken, and can be chained. Clients copy the options. Not for several threads at once.
 *
 * @code
 * stytch::client client(id, secret, stytch::options().timeout(std::chrono::seconds(10)).max_retries(0));
 * @endcode
 */
class options {
  public:
    /** All defaults. */
    options() : handle_(stytch_options_new()) {}

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
    /** See stytch_options_set_app_info(). */
    options &app_info(text name, text version) & {
        return check(stytch_options_set_app_info, name.whole("name"), version.whole("version"));
    }

    /** @name The same for a temporary
     *  A temporary is moved along the chain, so that its end can be kept.
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
    /** See stytch_options_set_app_info(). */
    options app_info(text name, text version) && { return std::move(app_info(name, version)); }
    /** @} */

    /** The handle for what stytch.h has and this class has not. Still owned by this object. */
    stytch_options *c_handle() const noexcept { return handle_.get(); }

  private:
    template <typename Setter, typename... Values>
    options &check(Setter setter, Values... values) {
        stytch_error *error = nullptr;
        if (!setter(handle_.get(), values..., &error)) {
            error::raise(error);
        }
        return *this;
    }

    /* What uint32_t cannot hold goes in as the nearest that it can, which is out of bounds as well. */
    static std::uint32_t number(std::chrono::milliseconds time) noexcept {
        const auto most = std::numeric_limits<std::uint32_t>::max();
        return time.count() < 0 ? 0 : time.count() > most ? most : static_cast<std::uint32_t>(time.count());
    }

    detail::owned<stytch_options> handle_;
};

/** A session, and the whole answer that it came in. */
class response {
  public:
    /** The session token: a secret, never empty. */
    std::string session_token() const { return detail::copied(stytch_response_session_token(handle_.get())); }
    /** The session as a JSON Web Token: a secret. Empty where the answer has none. */
    std::string session_jwt() const { return detail::copied(stytch_response_session_jwt(handle_.get())); }
    /** The member who is impersonated. Empty where the answer has none. */
    std::string member_id() const { return detail::copied(stytch_response_member_id(handle_.get())); }
    /** The organization of the member. Empty where the answer has none. */
    std::string organization_id() const { return detail::copied(stytch_response_organization_id(handle_.get())); }
    /** Stytch's id of the request, for its support. Empty where the answer has none. */
    std::string request_id() const { return detail::copied(stytch_response_request_id(handle_.get())); }
    /** The HTTP status of the answer, 200 to 299. */
    std::int32_t http_status() const noexcept { return stytch_response_http_status(handle_.get()); }

    /** The whole answer as received, byte for byte. It holds the session token: do not log it. */
    std::string json() const {
        const char *text = stytch_response_json(handle_.get());
        return text ? std::string(text, stytch_response_json_length(handle_.get())) : std::string();
    }

    /**
     * Any part of the answer by JSON pointer (RFC 6901); see stytch_response_get_string().
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
    std::string get_or(text pointer, const char *fallback) const {
        return get_or(pointer, std::string(fallback));
    }

    /** The same without an exception: whether a string is there. `out` is written only then. */
    bool get(text pointer, std::string &out) const {
        const char *found = stytch_response_get_string(handle_.get(), pointer.whole_or_null());
        if (found) {
            out = found;
        }
        return found != nullptr;
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

    /** The JSON text of any part of the answer, `null` too. Throws missing only where nothing is there. */
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
     * is an answer or the deadline has passed. Any number of threads may call it at once.
     *
     * @param  impersonation_token  It works once.
     * @throw  error                error::delivery() says whether the token may be sent again.
     */
    response impersonation_authenticate(text impersonation_token) const {
        stytch_error *error = nullptr;
        response made(stytch_impersonation_authenticate(
            handle_.get(), impersonation_token.whole("impersonation_token"), &error));
        if (!made.c_handle()) {
            error::raise(error);
        }
        return made;
    }

    /** The handle for what stytch.h has and this class has not. Still owned by this object. */
    const stytch_client *c_handle() const noexcept { return handle_.get(); }

  private:
    static stytch_client *make(text project_id, text secret, const stytch_options *options) {
        stytch_error *error = nullptr;
        stytch_client *made =
            stytch_client_new(project_id.whole("project_id"), secret.whole("secret"), options, &error);
        if (!made) {
            error::raise(error);
        }
        return made;
    }

    detail::owned<stytch_client> handle_;
};

/** The version of the library that is running, as "1.2.3". #STYTCH_VERSION is this header's. */
inline std::string version() { return stytch_version(); }

} // namespace stytch

#endif
