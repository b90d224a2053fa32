"""Pairs of answers that are more alike than independent work is.

Answers become tokens without what is easily changed: names of variables, comments, layout, texts. Fingerprints of all
runs of K tokens are thinned out by winnowing (Schleimer, Wilkerson, Aiken: "Winnowing: local algorithms for document
fingerprinting", SIGMOD 2003), which keeps at least one of each WINDOW neighbours, so that any common passage of
K + WINDOW - 1 tokens is seen. What was given out, or stands in the master, counts nothing; what many wrote, little.

A pair is a reason to read both answers side by side, never a verdict.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from pygments.lexers import PythonLexer
from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, String
from scipy.sparse import csr_array

K = 7
WINDOW = 4
LEAST_SCORE = 0.4
LEAST_SHARED = 10
_LEXER = PythonLexer()

Answers = Mapping[str, str]
"""Source by function."""


@dataclass(frozen=True)
class Pair:
    """Two students with similar answers.

    Parameters
    ----------
    score : share (0..1) of the rarer half of the two students' fingerprints that both have, rare ones weighing more
    shared : how many fingerprints both have that were not given out
    functions : the answers in which most of these are
    """

    first: str
    second: str
    score: float
    shared: int
    functions: tuple[str, ...]


def similar_pairs(
    answers: Mapping[str, Answers],
    given: Iterable[Answers] = (),
    *,
    least_score: float = LEAST_SCORE,
    least_shared: int = LEAST_SHARED,
) -> list[Pair]:
    """Return suspiciously similar pairs, the most similar first.

    Parameters
    ----------
    answers : each student's answers
    given : answers that everybody may resemble: the released stubs, the master's
    least_score, least_shared : what a pair must reach to be reported
    """
    known: dict[str, set[int]] = {}
    for one in given:
        for function, source in one.items():
            known.setdefault(function, set()).update(kgrams(tokens(source)))
    students = list(answers)
    prints = [_prints(answers[student], known) for student in students]
    columns = {key: number for number, key in enumerate(sorted(set().union(*prints)))} if prints else {}
    if not columns:
        return []
    has = _matrix(prints, columns)
    rarity = np.log((len(students) + 1) / has.sum(axis=0))  # (fingerprints,)
    weighted = has * rarity[None]
    own = weighted.sum(axis=1)  # (students,)
    common = csr_array(weighted @ has.T).tocoo()  # (students, students)
    score = common.data / np.minimum(own[common.row], own[common.col])
    alike = (common.row < common.col) & (score >= least_score)
    pairs = []
    for i, j, value in zip(common.row[alike], common.col[alike], score[alike], strict=True):
        shared = prints[i] & prints[j]
        if len(shared) >= least_shared:
            pairs.append(Pair(students[i], students[j], float(value), len(shared), _where(shared)))
    return sorted(pairs, key=lambda pair: (-round(pair.score, 2), -pair.shared, pair.first, pair.second))


def tokens(source: str) -> list[str]:
    """Return a source's tokens without comments, docstrings, layout and the names of variables; never fails."""
    kept: list[str] = []
    for kind, text in _LEXER.get_tokens(source):
        if kind in Comment or kind in String.Doc or not text.strip():
            continue
        if kind in String:
            if kept[-1:] != ['""']:
                kept.append('""')
        elif kind in Name and kind not in Name.Builtin and kept[-1:] != ["."]:
            kept.append("name")
        elif kind in Name or kind in Keyword or kind in Number or kind in Operator or kind in Punctuation:
            kept.append(text.strip())
    return kept


def kgrams(items: list[str]) -> list[int]:
    """Return the hash of each run of K tokens, in order."""
    return [zlib.crc32(" ".join(items[start : start + K]).encode()) for start in range(len(items) - K + 1)]


def winnow(hashes: list[int]) -> Iterator[int]:
    """Yield the smallest hash of each window, the rightmost of equal ones, once for each place."""
    last = -1
    for start in range(max(1, len(hashes) - WINDOW + 1)):
        window = hashes[start : start + WINDOW]
        if not window:
            return
        smallest = min(range(len(window)), key=lambda i: (window[i], -i))
        if start + smallest != last:
            last = start + smallest
            yield hashes[last]


def _prints(sources: Answers, known: Mapping[str, set[int]]) -> set[tuple[str, int]]:
    return {
        (function, fingerprint)
        for function, source in sources.items()
        for fingerprint in winnow(kgrams(tokens(source)))
        if fingerprint not in known.get(function, ())
    }


def _matrix(prints: list[set[tuple[str, int]]], columns: Mapping[tuple[str, int], int]) -> csr_array:
    """Return who has which fingerprint, as ones: (students, fingerprints)."""
    rows = np.repeat(np.arange(len(prints)), [len(one) for one in prints])
    places = np.array([columns[key] for one in prints for key in one], dtype=int)
    return csr_array((np.ones(len(places)), (rows, places)), shape=(len(prints), len(columns)))


def _where(shared: set[tuple[str, int]]) -> tuple[str, ...]:
    """Return the functions that hold most of the shared fingerprints, the fullest first."""
    counts: dict[str, int] = {}
    for function, _ in shared:
        counts[function] = counts.get(function, 0) + 1
    ordered = sorted(counts, key=lambda function: (-counts[function], function))
    return tuple(function for function in ordered if counts[function] >= max(2, counts[ordered[0]] // 4))
