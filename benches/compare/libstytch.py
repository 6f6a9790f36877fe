"""The subject: libstytch's Python binding. Arguments as of bench.c: URL CA_FILE calls|timed N [READS]."""

import sys
from functools import reduce
from operator import getitem
from typing import Any

import stytch_ffi
from bench import FIELDS, PATHS, PROJECT_ID, SECRET, TOKEN, run

url, ca_file, mode, count = sys.argv[1:5]
paths = PATHS[: int(sys.argv[5]) if len(sys.argv) > 5 else 0]
with stytch_ffi.Client(PROJECT_ID, SECRET, base_url=url, ca_file=ca_file) as client:

    def call() -> None:
        session: Any = client.impersonation.authenticate(impersonation_token=TOKEN)
        for field in FIELDS:
            assert getattr(session, field)
        for path in paths:
            assert reduce(getitem, path, session)

    run(call, mode, int(count))
