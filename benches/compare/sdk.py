"""The subject: Stytch's own Python SDK. Arguments as of bench.c: URL CA_FILE calls|timed N.

The certificate to trust comes by REQUESTS_CA_BUNDLE, which requests reads.
"""

import sys

import stytch
from bench import FIELDS, PROJECT_ID, SECRET, TOKEN, run

url, _, mode, count = sys.argv[1:]
client = stytch.B2BClient(project_id=PROJECT_ID, secret=SECRET, environment=f"{url}/")


def call() -> None:
    session = client.impersonation.authenticate(impersonation_token=TOKEN)
    for field in FIELDS:
        assert getattr(session, field)


run(call, mode, int(count))
