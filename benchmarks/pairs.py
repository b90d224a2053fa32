"""Two or more ways to do one thing, timed beside each other: interleaved rounds, minimum and median, threads and load.

The machine is noisy, so no absolute time is worth much: each round runs every contender once, in turn, and the ratios
are taken within a round before their median.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch

from cs182viz import devices


@dataclass(frozen=True)
class Comparison:
    """Seconds of each contender, round by round; the first one is ours."""

    seconds: dict[str, list[float]]
    results: dict[str, object]
    load: float

    def ratio(self, peer: str) -> float:
        """How many times longer `peer` takes than ours: the median over the rounds."""
        ours = next(iter(self.seconds.values()))
        return statistics.median(theirs / mine for mine, theirs in zip(ours, self.seconds[peer], strict=True))

    def report(self, title: str) -> None:
        """Print one line a contender, and keep it for `REPORTED`."""
        REPORTED.append((title, self))
        rounds = len(next(iter(self.seconds.values())))
        print(f"{title}   [{rounds} rounds, {torch.get_num_threads()} threads, load {self.load:.1f}]")
        for number, (name, times) in enumerate(self.seconds.items()):
            least, middle = min(times), statistics.median(times)
            beside = f"   {self.ratio(name):6.2f} x ours" if number else ""
            print(f"  {name:34} min {least * 1e3:10.1f} ms   median {middle * 1e3:10.1f} ms{beside}")


REPORTED: list[tuple[str, Comparison]] = []
"""What was reported so far, with titles."""


def compare(contenders: Mapping[str, Callable[[], object]], *, rounds: int = 5, warm_up: bool = True) -> Comparison:
    """Time the contenders in turn, `rounds` times; ours comes first. Their last results are kept for comparison."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    results: dict[str, object] = {}
    for number in range(rounds + warm_up):
        for name, run in contenders.items():
            start = time.perf_counter()
            results[name] = run()
            _wait()
            if number >= warm_up:
                seconds[name].append(time.perf_counter() - start)
    return Comparison(seconds, results, os.getloadavg()[0])


def options(description: str, *, rounds: int, device: str = "cpu") -> argparse.Namespace:
    """What every benchmark of the network takes on its command line: `device` and `rounds`."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--device", default=device, type=devices.pick, help='"auto", "cpu", "cuda" or "mps"')
    parser.add_argument("--rounds", default=rounds, type=int, help=f"rounds to time ({rounds})")
    return parser.parse_args()


def _wait() -> None:
    """Let an accelerator finish what it was given: it works while Python goes on."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    elif torch.backends.mps.is_available():
        torch.mps.synchronize()
