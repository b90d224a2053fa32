"""A 5-gram model of characters, to compare with: interpolated Kneser-Ney (Kneser and Ney 1995,
doi:10.1109/ICASSP.1995.479394), with one discount."""

import numpy as np

from cs182viz.techniques.cells.text import SYMBOLS

DISCOUNT = 0.75


class NGram:
    """Counts of a text, as the probability of the next character after the last few.

    p_n(w | context) = max(count - D, 0) / total + D kinds / total p_{n-1}(w | shorter context), where the counts of all
    orders but the longest are of different characters in front, and below the shortest all symbols are alike.

    Parameters
    ----------
    numbers : the text, (T,), as `text.encode` gives it.
    order : characters in a gram: 5 looks back over 4.
    """

    def __init__(self, numbers: np.ndarray, order: int = 5) -> None:
        if not 1 <= order <= 8:
            raise ValueError(f"an order of 1 to 8 is possible, got {order}")
        if len(numbers) < order:
            raise ValueError(f"a text of {order} characters at least is needed, got {len(numbers)}")
        self.order = order
        self._tables = []
        keys, counts = np.unique(_grams(numbers, order), return_counts=True)
        for length in range(order, 0, -1):
            contexts, starts = np.unique(keys // SYMBOLS, return_index=True)
            kinds = np.diff(np.append(starts, len(keys)))
            self._tables.append((keys, counts, contexts, np.add.reduceat(counts, starts), kinds))
            if length > 1:
                keys, counts = np.unique(keys % SYMBOLS ** (length - 1), return_counts=True)
        self._tables.reverse()

    def probability(self, grams: np.ndarray) -> np.ndarray:
        """Of the last character of each gram (N, order) after those before it, (N,)."""
        p = np.full(len(grams), 1 / SYMBOLS)
        for length, (keys, counts, contexts, totals, kinds) in enumerate(self._tables, start=1):
            key = _key(grams[:, self.order - length :])
            place, known = _look_up(contexts, key // SYMBOLS)
            total = np.where(known, totals[place], 1)
            at, seen = _look_up(keys, key)
            count = np.where(seen, counts[at], 0)
            discounted = (np.maximum(count - DISCOUNT, 0) + DISCOUNT * kinds[place] * p) / total
            p = np.where(known, discounted, p)
        return p

    def bits(self, numbers: np.ndarray) -> np.ndarray:
        """What each character of a text costs, from number `order` - 1 on, (T - order + 1,)."""
        return -np.log2(self.probability(np.lib.stride_tricks.sliding_window_view(numbers, self.order)))


def _grams(numbers: np.ndarray, order: int) -> np.ndarray:
    return _key(np.lib.stride_tricks.sliding_window_view(numbers, order))


def _key(grams: np.ndarray) -> np.ndarray:
    """One number for each gram, the first character leading."""
    key = np.zeros(len(grams), np.int64)
    for column in grams.T:
        key = key * SYMBOLS + column
    return key


def _look_up(table: np.ndarray, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each key stands in a sorted table, and whether it does."""
    place = np.minimum(np.searchsorted(table, keys), len(table) - 1)
    return place, table[place] == keys
