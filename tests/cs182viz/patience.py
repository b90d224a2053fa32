"""Wait for what another thread does."""

import time


def wait(true, *, seconds=60):
    """Until a condition holds; an assertion fails if it does not in time."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)
