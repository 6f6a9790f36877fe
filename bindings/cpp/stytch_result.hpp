/**
 * @file stytch_result.hpp
 * @brief What a call of stytch.hpp gives: a stytch::response, or a stytch::error as an exception.
 *
 * Included by stytch.hpp, which is the one to include.
 */
#ifndef STYTCH_RESULT_HPP
#define STYTCH_RESULT_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include <stytch.h>

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
    internal = STYTCH_ERROR_INTERNAL,                 /**< See #STYTCH_ERROR_INTERNAL. */
    invalid_token = STYTCH_ERROR_INVALID_TOKEN,       /**< See #STYTCH_ERROR_INVALID_TOKEN. */
    busy = STYTCH_ERROR_BUSY                          /**< See #STYTCH_ERROR_BUSY. */
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
    void operator()(stytch_queue *handle) const noexcept { stytch_queue_free(handle); }
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
    /** Whether a NUL would cut it off. */
    bool is_cut() const noexcept { return cut_; }
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
    /** Stytch's `error_type`, or why a JWT was refused, as "jwt_expired"; empty if there is none. */
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
    friend class response;
    friend class client;
    friend class call;
    friend class queue;
    friend std::string impersonation_token_from_url(text url);

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

/** A successful response of the API. */
class response {
  public:
    /** The session token: a secret. Empty if the response has none. */
    std::string session_token() const { return detail::copied(stytch_response_session_token(handle_.get())); }
    /** The session as a JSON Web Token: a secret. Empty if the response has none. */
    std::string session_jwt() const { return detail::copied(stytch_response_session_jwt(handle_.get())); }
    /** The member whom the session is for. Empty if the response has none. */
    std::string member_id() const { return detail::copied(stytch_response_member_id(handle_.get())); }
    /** The organization of the member. Empty if the response has none. */
    std::string organization_id() const { return detail::copied(stytch_response_organization_id(handle_.get())); }
    /** Stytch's id of the request, for its support. Empty if the response has none. */
    std::string request_id() const { return detail::copied(stytch_response_request_id(handle_.get())); }
    /** Whether somebody acts as the member; `false` for lists of sessions too. */
    bool is_impersonated() const noexcept { return stytch_response_is_impersonated(handle_.get()); }
    /** Who acts as the member, by the id of the project's dashboard. Empty if nobody does. */
    std::string impersonator_id() const { return detail::copied(stytch_response_impersonator_id(handle_.get())); }
    /** The e-mail address of who acts as the member. Empty if nobody does. */
    std::string impersonator_email_address() const {
        return detail::copied(stytch_response_impersonator_email_address(handle_.get()));
    }
    /** The HTTP status of the response, 200 to 299; 0 for a session JWT that was verified locally. */
    std::int32_t http_status() const noexcept { return stytch_response_http_status(handle_.get()); }

    /** The whole response as received, byte for byte. It may contain the session token: do not log it. */
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
    friend class sessions;
    friend class call;
    explicit response(stytch_response *handle) noexcept : handle_(handle) {}

    /* What a C function that takes a client and an error returns. */
    template <typename Call, typename... Values>
    static response of(Call call, const stytch_client *client, Values... values) {
        stytch_error *error = nullptr;
        return response(error::checked(call(client, values..., &error), &error));
    }

    static const char *name_of(const std::string &) noexcept { return "string"; }
    static const char *name_of(bool) noexcept { return "boolean"; }
    static const char *name_of(std::int64_t) noexcept { return "whole number"; }
    static const char *name_of(double) noexcept { return "number"; }

    detail::owned<stytch_response> handle_;
};

} // namespace stytch

#endif
