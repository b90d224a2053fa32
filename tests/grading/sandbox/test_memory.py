"""Is memory that is no longer used given back, and does moving to huge pages leave the content alone?"""

import ctypes
import subprocess
import sys

import pytest

from grading.config import CLONE

HOLES = """
import psutil
from grading.sandbox.memory import give_back
blocks = [bytes(50_000) for _ in range(1000)]
last = blocks[-1]  # at the end of the heap, so that nothing before it is given back by itself
del blocks[:]
before = psutil.Process().memory_info().rss
give_back()
print(before - psutil.Process().memory_info().rss)
"""
PAGES = """
import numpy as np
from grading.sandbox.memory import collapse
data = np.random.default_rng(1).integers(0, 256, 32 * 2**20, dtype=np.uint8)
before = hash(data.tobytes())
count = collapse()
assert hash(data.tobytes()) == before
print(count)
"""


def printed(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=CLONE)
    return int(done.stdout)


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="this C library keeps what is freed")
def test_what_was_freed_between_blocks_in_use_goes_back():
    assert printed(HOLES) > 40e6


def test_huge_pages_change_nothing_but_the_pages():
    assert printed(PAGES) >= 0
