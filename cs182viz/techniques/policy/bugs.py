"""Policy bugs found by program: clusters of the map in which an agent stays long, again and again, without reward.

Zahavy, Zrihem, Mannor 2016 (arXiv:1602.02658) saw them on the map; here is what they saw, as a rule. A *stay* is a
stretch of `patience` frames or more of one game without a reward. In it the agent goes round: it comes back to the same
clusters. Stays that spend their time in the same clusters are one bug.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cs182viz.techniques.policy.players import Record

if TYPE_CHECKING:
    from sklearn.cluster import KMeans

PATIENCE = 500
"""Frames: the longest way of a perfect player to its next brick is about half of it (a test plays to see that)."""
_ALIKE = 0.6


@dataclass(frozen=True)
class Bug:
    """One way to get nowhere.

    Attributes
    ----------
    clusters : those in which nine tenths of its time is spent, the longest first.
    stays : (first, one behind the last) frame of the record, the longest first.
    share : of all frames of the record that lie in its stays.
    dwell : frames of the longest stay.
    revisits : how often a stay comes back to its most visited cluster, on average.
    reward_rate : rewards a frame in its clusters, `usual_rate` those outside of all bugs' stays.
    """

    clusters: tuple[int, ...]
    stays: tuple[tuple[int, int], ...]
    share: float
    dwell: int
    revisits: float
    reward_rate: float
    usual_rate: float

    def strip(self, pictures: int = 8, every: int = 4) -> np.ndarray:
        """Frames of the record for a film strip, from the middle of the longest stay."""
        first, last = self.stays[0]
        begin = max(first, (first + last - pictures * every) // 2)
        return np.arange(begin, min(last, begin + pictures * every), every)


def grouping(hidden: np.ndarray, count: int = 24, *, seed: int = 182) -> KMeans:
    """Clusters of activations (T, hidden) by k-means; its ``predict(hidden)`` numbers others (T,).

    Raises
    ------
    ValueError
        There are fewer states than clusters.
    """
    from sklearn.cluster import KMeans  # two seconds to import, which an agent that plays can do without

    if len(hidden) < count:
        raise ValueError(f"{count} clusters need at least as many states, got {len(hidden)}")
    return KMeans(count, n_init=1, random_state=seed).fit(hidden[:: max(1, len(hidden) // 5000)])


def transitions(clusters: np.ndarray, games: np.ndarray) -> np.ndarray:
    """The graph (K, K): the share of frames in cluster i after which the same game is in cluster j."""
    count = int(clusters.max()) + 1
    same = games[1:] == games[:-1]
    table = np.zeros((count, count))
    np.add.at(table, (clusters[:-1][same], clusters[1:][same]), 1)
    return table / np.maximum(table.sum(axis=1, keepdims=True), 1)


def find_bugs(record: Record, clusters: np.ndarray, *, patience: int = PATIENCE, revisits: float = 3) -> list[Bug]:
    """The policy bugs of what was played, the one with the most time first.

    Parameters
    ----------
    clusters : of each frame of the record (T,).
    patience : frames without a reward from which on a stretch is a stay.
    revisits : how often a stay comes back to its most visited cluster, at least.

    Raises
    ------
    ValueError
        There is not one cluster for each frame.
    """
    if clusters.shape != record.games.shape:
        raise ValueError(f"expected one cluster for each of {len(record.games)} frames, got shape {clusters.shape}")
    bugs: list[tuple[np.ndarray, list[tuple[int, int]]]] = []
    for first, last in _stretches(record):
        if last - first < patience or _returns(clusters[first:last]) < revisits:
            continue
        visits = np.bincount(clusters[first:last], minlength=clusters.max() + 1).astype(float)
        for known, stays in bugs:
            if visits @ known > _ALIKE * np.linalg.norm(visits) * np.linalg.norm(known):
                known += visits
                stays.append((first, last))
                break
        else:
            bugs.append((visits, [(first, last)]))
    outside = np.ones(len(clusters), bool)
    for _, stays in bugs:
        for first, last in stays:
            outside[first:last] = False
    usual = float(record.rewards[outside].mean()) if outside.any() else 0.0
    return sorted((_described(record, clusters, *bug, usual) for bug in bugs), key=lambda bug: -bug.share)


def _stretches(record: Record) -> list[tuple[int, int]]:
    """Frames (first, one behind the last) between rewards and ends of games; the rewarded frame ends a stretch."""
    ends = (record.rewards > 0) | np.append(record.games[1:] != record.games[:-1], True)
    behind = np.flatnonzero(ends) + 1
    return list(zip([0, *behind[:-1].tolist()], behind.tolist(), strict=True))


def _returns(visited: np.ndarray) -> int:
    """How often the path of clusters comes back to the one that it enters most."""
    entered = visited[np.flatnonzero(np.append(True, visited[1:] != visited[:-1]))]
    return int(np.bincount(entered).max()) - 1


def _described(
    record: Record, clusters: np.ndarray, visits: np.ndarray, stays: list[tuple[int, int]], usual: float
) -> Bug:
    order = np.argsort(-visits, kind="stable")
    enough = int(np.searchsorted(np.cumsum(visits[order]), 0.9 * visits.sum())) + 1
    stays = sorted(stays, key=lambda stay: stay[0] - stay[1])
    inside = np.isin(clusters, order[:enough])
    return Bug(
        clusters=tuple(order[:enough].tolist()),
        stays=tuple(stays),
        share=sum(last - first for first, last in stays) / len(clusters),
        dwell=stays[0][1] - stays[0][0],
        revisits=float(np.mean([_returns(clusters[first:last]) for first, last in stays])),
        reward_rate=float(record.rewards[inside].mean()),
        usual_rate=usual,
    )
