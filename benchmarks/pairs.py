"""Two or more ways to do one thing, timed beside each other: interleaved rounds, minimum and median, threads and load.

The machine is noisy, so no absolute time is worth much: each round runs every contender once, in turn, and the ratios
are taken within a round before their median.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch


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
        """Print one line a contender."""
        rounds = len(next(iter(self.seconds.values())))
        print(f"{title}   [{rounds} rounds, {torch.get_num_threads()} threads, load {self.load:.1f}]")
        for number, (name, times) in enumerate(self.seconds.items()):
            least, middle = min(times), statistics.median(times)
            beside = f"   {self.ratio(name):6.2f} x ours" if number else ""
            print(f"  {name:34} min {least * 1e3:10.1f} ms   median {middle * 1e3:10.1f} ms{beside}")


def compare(contenders: Mapping[str, Callable[[], object]], *, rounds: int = 5, warm_up: bool = True) -> Comparison:
    """Time the contenders in turn, `rounds` times; ours comes first. Their last results are kept for comparison."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    results: dict[str, object] = {}
    for number in range(rounds + warm_up):
        for name, run in contenders.items():
            start = time.perf_counter()
            results[name] = run()
            if number >= warm_up:
                seconds[name].append(time.perf_counter() - start)
    return Comparison(seconds, results, os.getloadavg()[0])
