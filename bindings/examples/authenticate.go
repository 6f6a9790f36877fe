// Turns a Stytch impersonation token, one line on standard input, into a session. Go with its own cgo:
//
//	go build authenticate.go && ./authenticate < token
//
// cgo and the loader find the library where it is installed. Elsewhere, build with CGO_CFLAGS=-I… (stytch.h) and
// CGO_LDFLAGS=-L… (libstytch.so), and run with LD_LIBRARY_PATH. The environment gives STYTCH_PROJECT_ID,
// STYTCH_SECRET and, for a sandbox, STYTCH_BASE_URL. Exit status: 0 a session; 75 none, but the same token may be
// sent again; 1 none.
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
	Message, Type string
	Retryable     bool
}

func (e *Error) Error() string { return e.Message }

// take copies an error of the library and frees it.
func take(handle *C.stytch_error) error {
	defer C.stytch_error_free(handle)
	return &Error{
		Message:   C.GoString(C.stytch_error_message(handle)),
		Type:      C.GoString(C.stytch_error_type(handle)),
		Retryable: bool(C.stytch_error_is_retryable(handle)),
	}
}

// newClient returns a client to free with C.stytch_client_free; it may be shared by goroutines.
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

// authenticate returns a response to free with C.stytch_response_free.
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

// field returns a line. Text from elsewhere may contain escape sequences that a terminal would obey.
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
		again, status := "no", 1
		if failure.Retryable {
			again, status = "yes", 75
		}
		fmt.Fprint(os.Stderr, field("No session:", failure.Message), field("type", failure.Type), field("try again", again))
		os.Exit(status)
	}
}
