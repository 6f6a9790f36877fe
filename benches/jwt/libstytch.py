"""The subject: libstytch's Python binding, with the keys given. Argument: the folder that make_token.py wrote."""

import sys
from pathlib import Path

import stytch_ffi
from turns import take_turns

folder = Path(sys.argv[1])
token = (folder / "token").read_text()
jwks = (folder / "jwks.json").read_text()
with stytch_ffi.Client((folder / "project_id").read_text(), "secret-test-bench", jwks_json=jwks) as client:

    def verify() -> None:
        assert client.sessions.authenticate_jwt_local(token).is_impersonated

    take_turns(verify)
