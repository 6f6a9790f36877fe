#!/usr/bin/env python3
"""Verifies many sessions at once from one event loop, with as many calls in flight as there are sessions.

    pip install -e ./bindings/python        # from the checkout, with the library built
    python3 bindings/python/examples/asynchronous.py < TOKENS

Impersonation tokens are read from standard input, one a line. Each becomes a session, which is verified by
Stytch and ended again. While the calls wait, the loop goes on: it counts how often it came round.

Environment:
    STYTCH_PROJECT_ID   the project's id                          required
    STYTCH_SECRET       a secret of that project                  required
    STYTCH_BASE_URL     where the API is, a sandbox for instance  optional

The exit status is 0 if every session lived and ended, 1 if a call failed, 2 after bad usage.
"""

import asyncio
import os
import sys
from typing import List

import stytch_ffi
from stytch_ffi import Client, StytchError


async def life(client: Client, token: str) -> str:
    """Starts, verifies and ends one session; returns who acted as whom."""
    started = await client.impersonation.authenticate_async(impersonation_token=token)
    try:
        session = await client.sessions.authenticate_async(session_token=started.session_token)
        return f"{session.impersonator_email_address} acted as {session.member_id}"
    finally:
        await client.sessions.revoke_async(session_token=started.session_token)


async def attempt(client: Client, token: str) -> bool:
    try:
        print(await life(client, token))
        return True
    except asyncio.CancelledError as cancelled:
        # What became of the token is known even now.
        print(f"cancelled: {stytch_ffi.outcome_of(cancelled)!r}", file=sys.stderr)
        raise
    except StytchError as error:
        print(f"{error.message} ({error.delivery.name})", file=sys.stderr)
        return False


async def count_rounds(rounds: List[int]) -> None:
    while True:
        rounds[0] += 1
        await asyncio.sleep(0)


async def main() -> int:
    tokens = [line.strip() for line in sys.stdin if line.strip()]
    if not tokens or not os.environ.get("STYTCH_PROJECT_ID") or not os.environ.get("STYTCH_SECRET"):
        print("Set STYTCH_PROJECT_ID and STYTCH_SECRET, and give tokens on standard input.", file=sys.stderr)
        return 2
    rounds = [0]
    counter = asyncio.ensure_future(count_rounds(rounds))
    with Client(
        os.environ["STYTCH_PROJECT_ID"],
        os.environ["STYTCH_SECRET"],
        base_url=os.environ.get("STYTCH_BASE_URL") or None,
        max_pending=max(1024, len(tokens)),
    ) as client:
        results = await asyncio.gather(*(attempt(client, token) for token in tokens))
    counter.cancel()
    print(f"{sum(results)} of {len(tokens)} sessions; meanwhile the loop came round {rounds[0]} times")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
