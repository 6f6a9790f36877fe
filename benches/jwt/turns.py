"""What the Python subjects share: turns as in turns.h."""

import sys
import time
from typing import Callable


def take_turns(verify: Callable[[], None]) -> None:
    for line in sys.stdin:
        count = int(line)
        cpu, wall = time.process_time_ns(), time.perf_counter_ns()
        for _ in range(count):
            verify()
        print(time.process_time_ns() - cpu, time.perf_counter_ns() - wall, flush=True)
