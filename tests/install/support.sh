# What the parts of tests/install/run share: a line for each check, the installed library, the sandbox.

passed=0 failed=0 skipped=0
work=$(mktemp -d)
sandboxes=

finish() {
    [ -z "$sandboxes" ] || kill $sandboxes 2>/dev/null
    wait
    rm -rf "$work"
}
trap finish EXIT

# check NAME COMMAND...: the command, most often a function, must succeed. `set -e` holds within.
check() {
    local name=$1 status
    shift
    (set -e; "$@") >"$work/log" 2>&1
    status=$?
    if [ "$status" -eq 0 ]; then
        passed=$((passed + 1))
        echo "  ok      $name"
    else
        failed=$((failed + 1))
        echo "  FAILED  $name (exit status $status)"
        sed 's/^/            /' "$work/log"
    fi
}

skip() {
    echo "  skipped: $1"
    skipped=$((skipped + 1))
    [ "${CI:-}" != true ] || failed=$((failed + 1))
}

# needs COMMAND...: whether all are there; otherwise says so.
needs() {
    local command
    for command in "$@"; do
        command -v "$command" >/dev/null || { skip "$command is not installed"; return 1; }
    done
}

summary() {
    [ "$skipped" -eq 0 ] || echo "$skipped skipped"
    echo "$passed passed, $failed failed"
    exit $((failed > 0))
}

equal() {
    [ "$1" = "$2" ] || { printf 'is:\n%s\nexpected:\n%s\n' "$1" "$2"; return 1; }
}

fails() {
    if "$@"; then
        echo "did not fail: $*"
        return 1
    fi
}

# ---- The library, installed ----------------------------------------------------------------------

# Builds once; after that, as a package's maker does, installs what is built.
build_library() {
    if [ -z "${BUILT:-}" ]; then
        BUILT=$(make -s -C "$root" library) || exit 1
        BUILT=$(dirname "${BUILT%%$'\n'*}")
    fi
    export BUILT
}

# Everything goes through make: its quoting is tested too.
make_install() { make -s -C "$root" install "$@"; }
make_uninstall() { make -s -C "$root" uninstall "$@"; }

# ---- The sandbox ---------------------------------------------------------------------------------

start_sandbox() {
    local line
    [ -z "$sandboxes" ] || return 0
    if [ -z "${STYTCH_SANDBOX:-}" ]; then
        STYTCH_SANDBOX=$(cd "$root" && packaging/artifacts stytch-sandbox build --locked --quiet --package stytch-sandbox) || exit 1
    fi
    export STYTCH_PROJECT_ID=project-test-00000000-0000-4000-8000-000000000000
    export STYTCH_SECRET=secret-test-sandbox
    mkfifo "$work/line"
    "$STYTCH_SANDBOX" --project-id "$STYTCH_PROJECT_ID" --secret "$STYTCH_SECRET" >"$work/line" &
    sandboxes=$!
    read -r line <"$work/line" || { echo "the sandbox does not start" >&2; exit 1; }
    export STYTCH_BASE_URL=${line##* }
}

# Beside the one that makes the tokens: over TLS, with its CA in $work/ca.pem. It ends with the check.
start_tls_sandbox() {
    local line
    rm -f "$work/tls-line"
    mkfifo "$work/tls-line"
    "$STYTCH_SANDBOX" --tls --ca-file "$work/ca.pem" \
        --project-id "$STYTCH_PROJECT_ID" --secret "$STYTCH_SECRET" >"$work/tls-line" &
    trap "kill $!" EXIT
    read -r line <"$work/tls-line"
    tls_base_url=${line##* }
}

# fault JSON: what shall go wrong with the next request.
fault() {
    python3 - "$STYTCH_BASE_URL/sandbox/faults" "$1" <<'PYTHON'
import sys, urllib.request

opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
headers = {"Content-Type": "application/json"}
opener.open(urllib.request.Request(sys.argv[1], sys.argv[2].encode(), headers), timeout=10).read()
PYTHON
}

# new_tokens COUNT: writes tokens to $work/tokens, and the members' names to $work/names.
new_tokens() {
    python3 - "$STYTCH_BASE_URL/sandbox/impersonation_tokens" "$1" "$work" <<'PYTHON'
import json, sys, urllib.request

url, count, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
with open(folder + "/tokens", "w") as tokens, open(folder + "/names", "w") as names:
    for _ in range(count):
        request = urllib.request.Request(url, b"{}", {"Content-Type": "application/json"})
        made = json.load(opener.open(request, timeout=10))
        print(made["impersonation_token"], file=tokens)
        print(made["member"]["name"], file=names)
PYTHON
}

# authenticates COUNT PROGRAM...: the program reads COUNT tokens and prints COUNT names, and no word more. It
# finds the shared library in $library_path alone.
authenticates() {
    local count=$1
    shift
    new_tokens "$count"
    LD_LIBRARY_PATH=${library_path:-} "$@" <"$work/tokens" >"$work/out" 2>"$work/err" || {
        echo "$* ended with $?"
        cat "$work/out" "$work/err"
        return 1
    }
    equal "$(cat "$work/out")" "$(cat "$work/names")"
    equal "$(cat "$work/err")" ""
}

needed() { readelf --dynamic --wide "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\].*/\1/p'; }
needs_library() { needed "$1" | grep -x 'libstytch\.so\.0' || { echo "$1 does not need libstytch.so.0"; return 1; }; }
needs_no_library() { ! needed "$1" | grep libstytch; }
