"""The subject: Stytch's own Python SDK. Arguments: the folder that make_token.py wrote, and where the keys are served;
the SDK fetches them once and keeps them."""

import sys
from pathlib import Path

import stytch
from turns import take_turns

folder = Path(sys.argv[1])
token = (folder / "token").read_text()
client = stytch.B2BClient(
    project_id=(folder / "project_id").read_text(), secret="secret-test-bench", environment=f"{sys.argv[2]}/"
)


def verify() -> None:
    session = client.sessions.authenticate_jwt_local(token)
    assert session and session.authentication_factors[0].impersonated_factor


take_turns(verify)
