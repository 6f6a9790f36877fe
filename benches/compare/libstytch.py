"""The subject: libstytch's Python binding. Arguments as of bench.c: URL CA_FILE calls|timed N."""

import sys

import stytch_ffi
from bench import FIELDS, PROJECT_ID, SECRET, TOKEN, run

url, ca_file, mode, count = sys.argv[1:]
with stytch_ffi.Client(PROJECT_ID, SECRET, base_url=url, ca_file=ca_file) as client:

    def call() -> None:
        session = client.impersonation.authenticate(impersonation_token=TOKEN)
        for field in FIELDS:
            assert getattr(session, field)

    run(call, mode, int(count))
