"""Runs a Python subject as bench.c runs one in C."""

import json
import resource
import time
from typing import Any, Callable, Tuple

TOKEN = "SeiGwdj5lKkrEVgcEY3QNJXt6srxS3IK2Nwkar6mXD4="
PROJECT_ID = "project-test-00000000-0000-4000-8000-000000000000"
SECRET = "secret-test-sandbox"
FIELDS = ("request_id", "member_id", "organization_id", "session_token", "session_jwt")
# Those that bench.h reads by pointer, as Python reads them.
PATHS: Tuple[Tuple[Any, ...], ...] = (
    ("member", "name"),
    ("member", "email_address"),
    ("member_session", "expires_at"),
    ("member", "status"),
    ("member", "roles", 2, "role_id"),
    ("organization", "organization_name"),
    ("organization", "organization_slug"),
    ("organization", "custom_roles", 0, "permissions", 0, "resource_id"),
    ("member_session", "authentication_factors", 0, "impersonated_factor", "impersonator_email_address"),
    ("member_session", "roles", 0),
)
WARM_UP = 20


def cpu_us() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return (usage.ru_utime + usage.ru_stime) * 1e6


def run(call: Callable[[], None], mode: str, count: int) -> None:
    if mode == "calls":
        for _ in range(count):
            call()
        return
    assert mode == "timed", mode
    for _ in range(WARM_UP):
        call()
    latencies = []
    cpu = cpu_us()
    for _ in range(count):
        start = time.perf_counter()
        call()
        latencies.append((time.perf_counter() - start) * 1e6)
    cpu = cpu_us() - cpu
    print(json.dumps({"cpu_us": cpu / count, "p50_us": sorted(latencies)[count // 2]}))
