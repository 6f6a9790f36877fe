"""Stytch's Python and Node SDKs judge session JWTs, good and forged ones, beside libstytch.

A table of tokens is made by the example session_jwt_table, each row with our verdict and with the one that
is expected of each SDK. A key set with both keys of the table is served on loopback for the SDKs.

1. Our verdict is the expected one.
2. Each SDK's verdict is the expected one. A row where an SDK is laxer or stricter than we are says so in
   the table, and is printed here by its name.
3. Where we and an SDK accept a token, both see the same session in it.
4. Both SDKs accept a session JWT of the sandbox, with the keys that it serves.
"""

from __future__ import annotations

import datetime
import http.server
import json
import logging
import subprocess
import sys
import textwrap
import threading
from typing import Any, Dict, List, Optional

import stytch
from stytch.b2b.models.sessions import MemberSession
from stytch.version import __version__ as sdk_version
from support import PROJECT_ID, SECRET, Sandbox

Row = Dict[str, Any]


class Keys(http.server.BaseHTTPRequestHandler):
    """Serves the key set, once there is one."""

    jwks: bytes = b""
    requests = 0

    def do_GET(self) -> None:
        type(self).requests += 1
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self.jwks)))
        self.end_headers()
        self.wfile.write(self.jwks)

    def log_message(self, *_: Any) -> None:
        pass


def of_python(table: Dict[str, Any]) -> List[Optional[MemberSession]]:
    client = stytch.B2BClient(
        project_id=table["project_id"], secret="secret-test-judge", environment=f"{table['base_url']}/"
    )
    verdicts: List[Optional[MemberSession]] = []
    for row in table["rows"]:
        age = row["max_age"] if row["max_age"] >= 0 else None
        try:
            verdicts.append(client.sessions.authenticate_jwt_local(row["token"], max_token_age_seconds=age))
        except Exception:  # what it raises is a refusal
            verdicts.append(None)
    return verdicts


def of_node(table: Dict[str, Any], node: str, script: str) -> List[Optional[Dict[str, Any]]]:
    result = subprocess.run(
        [node, script], input=json.dumps(table), stdout=subprocess.PIPE, check=True, timeout=300, encoding="utf-8"
    )
    return json.loads(result.stdout)


def same_as_python(row: Row, theirs: MemberSession) -> None:
    ours = MemberSession.model_validate(row["response"]["member_session"])
    assert ours == theirs, f"{row['name']}: {ours!r} is not {theirs!r}"


def same_as_node(row: Row, theirs: Dict[str, Any]) -> None:
    ours = dict(row["response"]["member_session"])
    theirs = dict(theirs)
    for session in (ours, theirs):
        text = session["expires_at"].replace("Z", "+00:00")
        session["expires_at"] = datetime.datetime.fromisoformat(text)
    for name in ("organization_slug", "roles", "authentication_factors"):
        # What is missing in the token is missing in the SDK's session, or null.
        if theirs.get(name) is None:
            assert not ours.pop(name, None), f"{row['name']}: {name}"
            theirs.pop(name, None)
    assert ours == theirs, f"{row['name']}: {ours!r} is not {theirs!r}"
    assert row["response"]["session_jwt"] == row["token"], row["name"]


def judge(name: str, key: str, rows: List[Row], verdicts: List[Any], same: Any) -> int:
    """Prints what is worth knowing and returns the number of failures."""
    failures = 0
    agreed = compared = 0
    laxer, stricter = [], []
    assert len(verdicts) == len(rows), (len(verdicts), len(rows))
    for row, verdict in zip(rows, verdicts):
        accepts, we_accept = verdict is not None, row["refused"] is None
        if accepts != row[key]:
            failures += 1
            print(f"  FAILED  {name} {'accepts' if accepts else 'refuses'} what it did not before: {row['name']}")
        if accepts == we_accept:
            agreed += 1
        else:
            (laxer if accepts else stricter).append(row["name"])
        if accepts and we_accept:
            compared += 1
            try:
                same(row, verdict)
            except AssertionError as error:
                failures += 1
                print(f"  FAILED  {name} sees another session: {error}")
    print(f"  {name}: {agreed} of {len(rows)} verdicts as ours, {compared} sessions equal")
    for what, names in (("accepts what we refuse", laxer), ("refuses what we accept", stricter)):
        print(textwrap.fill(f"{what}: {'; '.join(names)}", 110, initial_indent="    ", subsequent_indent="      "))
    return failures


def the_sandbox(node: str, script: str) -> int:
    """A session JWT of the sandbox is one to both SDKs; returns the number of failures."""
    failures = 0
    with Sandbox() as sandbox:
        client = stytch.B2BClient(project_id=PROJECT_ID, secret=SECRET, environment=f"{sandbox.url}/")
        token = sandbox.make_token(impersonator_id="i", impersonator_email_address="judge@example.com")
        started = client.impersonation.authenticate(impersonation_token=token)
        row = {"token": started.session_jwt, "max_age": 60, "refused": None}
        table = {"project_id": PROJECT_ID, "base_url": sandbox.url, "rows": [row]}
        python, = of_python(table)
        node_session, = of_node(table, node, script)
    expected = started.member_session.member_session_id
    for name, found in (
        ("Python", python and python.member_session_id),
        ("Node", node_session and node_session["member_session_id"]),
    ):
        verdict = "ok" if found == expected else "FAILED"
        failures += found != expected
        print(f"  {verdict:<7} the {name} SDK accepts a session JWT of the sandbox")
    return failures


def main() -> int:
    example, node, script = sys.argv[1:]
    # Both SDKs write about what they refuse.
    logging.disable(logging.CRITICAL)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Keys)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base_url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        table = json.loads(subprocess.run([example, base_url], stdout=subprocess.PIPE, check=True).stdout)
        table["base_url"] = base_url
        Keys.jwks = json.dumps(table["jwks"]).encode()
        rows = table["rows"]
        for row in rows:
            row["response"] = row["response"] and json.loads(row["response"])
        accepted = sum(row["refused"] is None for row in rows)
        print(f"Stytch's Python SDK {sdk_version} and Node SDK judge {len(rows)} tokens; we accept {accepted}:")
        failures = 0
        for row in rows:
            if row["refused"] != row["expected"]:
                failures += 1
                print(f"  FAILED  {row['name']}: we say {row['refused']} instead of {row['expected']}")
        failures += judge("Python", "python", rows, of_python(table), same_as_python)
        failures += judge("Node", "node", rows, of_node(table, node, script), same_as_node)
        assert Keys.requests >= 2, "the SDKs did not fetch the keys"
        failures += the_sandbox(node, script)
    finally:
        server.shutdown()
    print(f"{len(rows)} tokens, {failures} failures.")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
