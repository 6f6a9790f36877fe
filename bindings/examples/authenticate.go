// Turns a Stytch impersonation token, one line on standard input, into a session. Go with its own cgo:
//
//	go build authenticate.go && ./authenticate < token
//
// cgo and the loader find the library where it is installed. Elsewhere, build with CGO_CFLAGS=-I… (stytch.h) and
// CGO_LDFLAGS=-L… (libstytch.so), and run with LD_LIBRARY_PATH. The environment gives STYTCH_PROJECT_ID,
// STYTCH_SECRET and, for a sandbox, STYTCH_BASE_URL. Exit status: 0 a session, 2 an invalid argument, and else
// what became of the token: 3 not sent, 4 rejected, 5 unknown, 6 accepted.
package main

/*
#cgo LDFLAGS: -lstytch
#include <stdlib.h>
#include <stytch.h>
*/
import "C"

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"
	"unsafe"
)

// Error is a failed call, copied out of its C error.
type Error struct {
	Code, Delivery int32
	Message, Type  string
}

func (e *Error) Error() string { return e.Message }

// take copies an error of the library and frees it.
func take(handle *C.stytch_error) error {
	defer C.stytch_error_free(handle)
	return &Error{
		Code:     int32(C.stytch_error_code(handle)),
		Delivery: int32(C.stytch_error_delivery(handle)),
		Message:  C.GoString(C.stytch_error_message(handle)),
		Type:     C.GoString(C.stytch_error_type(handle)),
	}
}

// Outcome says what a delivery means: exit status, name, what to do.
func (e *Error) Outcome() (int, string, string) {
	switch e.Delivery {
	case C.STYTCH_DELIVERY_NOT_SENT:
		return 3, "NOT_SENT", "The token is unspent: mend the cause and send the same one again."
	case C.STYTCH_DELIVERY_REJECTED:
		return 4, "REJECTED", "Mend what Stytch refuses, or get a new token; after a 429 wait and send the same one."
	case C.STYTCH_DELIVERY_ACCEPTED:
		return 6, "ACCEPTED", "The token is spent: get a new one."
	default:
		return 5, "UNKNOWN", "The token may be spent: get a new one."
	}
}

// newClient gives a client to free with C.stytch_client_free; it may be shared by goroutines.
func newClient(projectID, secret, baseURL string) (*C.stytch_client, error) {
	id, key, url := C.CString(projectID), C.CString(secret), C.CString(baseURL)
	defer C.free(unsafe.Pointer(id))
	defer C.free(unsafe.Pointer(key))
	defer C.free(unsafe.Pointer(url))
	options := C.stytch_options_new()
	defer C.stytch_options_free(options)

	var failure *C.stytch_error
	if baseURL != "" && !bool(C.stytch_options_set_base_url(options, url, &failure)) {
		return nil, take(failure)
	}
	client := C.stytch_client_new(id, key, options, &failure)
	if client == nil {
		return nil, take(failure)
	}
	return client, nil
}

// authenticate gives a response to free with C.stytch_response_free.
func authenticate(client *C.stytch_client, token string) (*C.stytch_response, error) {
	text := C.CString(token)
	defer C.free(unsafe.Pointer(text))
	var failure *C.stytch_error
	session := C.stytch_impersonation_authenticate(client, text, &failure)
	if session == nil {
		return nil, take(failure)
	}
	return session, nil
}

// field makes a line. Text from elsewhere may hold escape sequences that a terminal would obey.
func field(label, text string) string {
	return fmt.Sprintf("%-16s %s\n", label, strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f {
			return '?'
		}
		return r
	}, text))
}

func run() error {
	client, err := newClient(os.Getenv("STYTCH_PROJECT_ID"), os.Getenv("STYTCH_SECRET"), os.Getenv("STYTCH_BASE_URL"))
	if err != nil {
		return err
	}
	defer C.stytch_client_free(client)
	token, _ := bufio.NewReader(os.Stdin).ReadString('\n') // no line: the library refuses an empty token
	session, err := authenticate(client, strings.TrimRight(token, "\r\n"))
	if err != nil {
		return err
	}
	defer C.stytch_response_free(session)
	for _, line := range [][2]string{
		{"member", "/member/name"},
		{"organization", "/organization/organization_name"},
		{"impersonated by",
			"/member_session/authentication_factors/0/impersonated_factor/impersonator_email_address"},
		{"ends", "/member_session/expires_at"},
	} {
		pointer := C.CString(line[1])
		fmt.Print(field(line[0], C.GoString(C.stytch_response_get_string(session, pointer)))) // NULL becomes ""
		C.free(unsafe.Pointer(pointer))
	}
	return nil
}

func main() {
	var failure *Error
	if err := run(); errors.As(err, &failure) {
		status, name, advice := failure.Outcome()
		if failure.Code == C.STYTCH_ERROR_INVALID_ARGUMENT {
			status = 2
		}
		fmt.Fprint(os.Stderr, field("No session:", failure.Message), field("code", fmt.Sprint(failure.Code)),
			field("delivery", name), field("type", failure.Type), field("what to do", advice))
		os.Exit(status)
	}
}
