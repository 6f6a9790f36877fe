# stytch.hpp under AddressSanitizer, and its example, with the installed tree alone.

build_library
start_sandbox

# A second sandbox over https, whose CA stands in a file.
start_tls_sandbox() {
    local line
    mkfifo "$work/tls-line"
    "$STYTCH_SANDBOX" --project-id "$STYTCH_PROJECT_ID" --secret "$STYTCH_SECRET" \
        --tls --ca-file "$work/ca.pem" >"$work/tls-line" &
    sandboxes="$sandboxes $!"
    read -r line <"$work/tls-line" || { echo "the sandbox does not start" >&2; exit 1; }
    export STYTCH_TLS_BASE_URL=${line##* } STYTCH_CA_FILE=$work/ca.pem
}
start_tls_sandbox

prefix=$work/cpp library_path=$work/cpp/lib
make_install PREFIX="$prefix" >/dev/null || exit 1
strict=(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wold-style-cast -Werror)

compile() {
    local compiler=$1 source=$2 output=$3
    shift 3
    "$compiler" "${strict[@]}" "$@" -I"$prefix/include" "$source" -L"$library_path" -lstytch -pthread -o "$output"
}

under_address_sanitizer() {
    # The checks' own helpers are C, with C's casts.
    compile "$1" "$root/tests/cpp/api.cpp" "$work/api" -std=c++11 -g -fsanitize=address,undefined \
        -fno-sanitize-recover=undefined -Wno-old-style-cast -Wno-conversion
    export ASAN_OPTIONS=exitcode=99:detect_leaks=1 LD_LIBRARY_PATH=$library_path
    "$work/api"
}

# The program with a planted defect: a checker that says nothing of it is off.
sees() {
    local status=0
    export ASAN_OPTIONS=exitcode=99:detect_leaks=1 LD_LIBRARY_PATH=$library_path
    "$work/api" "$1" >"$work/report" 2>&1 || status=$?
    equal "$status" 99
    grep "$2" "$work/report"
}

standard() {
    compile "$1" "$root/tests/cpp/api.cpp" "$work/standard" "-std=c++$2" -Wno-old-style-cast -Wno-conversion
    LD_LIBRARY_PATH=$library_path "$work/standard"
}

# TLS, panics' tables and threads are in the static library too.
static_library() {
    "$1" -std=c++11 -I"$prefix/include" "$root/tests/cpp/api.cpp" "$library_path/libstytch.a" -pthread -ldl -lm -o "$work/static"
    needs_no_library "$work/static"
    "$work/static"
}

# Both libraries bring Rust's std. Whichever comes first.
beside_another_rust_library() {
    cat >"$work/other.rs" <<'RUST'
#[unsafe(no_mangle)]
pub extern "C" fn other() -> i32 {
    std::panic::catch_unwind(|| std::env::args().count() as i32).unwrap_or(-1)
}
RUST
    rustc --edition 2024 --crate-type staticlib -O "$work/other.rs" -o "$work/libother.a"
    printf '%s\n' '#include <stytch.h>' 'extern int other(void);' \
        'int main(void) { return other() == 1 && stytch_options_new() ? 0 : 1; }' >"$work/both.c"
    for libraries in "libother.a cpp/lib/libstytch.a" "cpp/lib/libstytch.a libother.a"; do
        (cd "$work" && cc -Icpp/include both.c $libraries -pthread -ldl -lm -o both && ./both)
    done
}

# ends STATUS TEXT: the example, with a token that was never made, ends so and says so.
ends() {
    local status=0
    echo never-made | "$work/example" >"$work/out" 2>"$work/err" || status=$?
    equal "$status $(cat "$work/out")" "$1 "
    grep -F "$2" "$work/err"
    fails grep "$(printf '\033')" "$work/err"
}

example() {
    compile "$1" "$prefix/share/doc/libstytch/examples/authenticate.cpp" "$work/example" -std=c++11
    export LD_LIBRARY_PATH=$library_path
    new_tokens 1
    "$work/example" <"$work/tokens" >"$work/out"
    grep -F "member: $(cat "$work/names")" "$work/out"
    grep 'impersonated by: .*@' "$work/out"
    ends 4 unable_to_auth_impersonation_token
    fault '{"status": 502, "body": {"error_type": "bad\u001b[2Jgateway"}}'
    ends 5 'do not send it again'
    fault '{"status": 200, "body": {"request_id": "r"}}'
    ends 6 'the token has been used: get a new one'
    STYTCH_BASE_URL=http://127.0.0.1:1 ends 3 'send the same token again'
    STYTCH_BASE_URL=http://example.com ends 2 https
    (unset STYTCH_SECRET && ends 2 secret)
}

# A type that the response cannot be read as is refused by name, not by a page of templates.
another_type_does_not_compile() {
    printf '%s\n' '#include <stytch.hpp>' 'int f(stytch::response &r) { return r.get<int>("/status_code"); }' >"$work/int.cpp"
    (! "$1" -std=c++11 -fsyntax-only -I"$prefix/include" "$work/int.cpp") 2>&1 |
        grep 'T is std::string, bool, std::int64_t or double'
}

for cxx in g++ clang++; do
    needs "$cxx" || continue
    for standard in 11 14 17 20 2b; do
        check "$cxx -std=c++$standard: the API" standard "$cxx" "$standard"
    done
    check "$cxx: the API, from libstytch.a" static_library "$cxx"
    check "$cxx: the example, and its exit status for each delivery" example "$cxx"
    check "$cxx: a type that get cannot give is refused by name" another_type_does_not_compile "$cxx"
    if echo 'int main() {}' | "$cxx" -fsanitize=address,undefined -x c++ -o "$work/has" - 2>/dev/null; then
        check "$cxx: the API under AddressSanitizer" under_address_sanitizer "$cxx"
        check "$cxx: AddressSanitizer sees a leak" sees leak 'detected memory leaks'
        check "$cxx: AddressSanitizer sees a use after free" sees use-after-free heap-use-after-free
    elif [ "$cxx" = g++ ]; then
        skip "$cxx has no AddressSanitizer"
    else
        echo "  $cxx has no AddressSanitizer; one compiler's is enough"
    fi
done
check "libstytch.a beside another static library of rustc's" beside_another_rust_library
