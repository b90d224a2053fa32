"""t-SNE's forces as fused loops in float32: no table of N x N is ever held.

`exact.py` and `large.py` run several of these side by side in threads.
"""

import numpy as np

from cs182viz.techniques.common.compiled import compiled

ONE, TWO, SIX, ZERO = (
    np.float32(1),
    np.float32(2),
    np.float32(6),
    np.float32(0),
)  # a plain 1.0 would make float64 of all that it meets


@compiled
def _repel_two(
    x0: float, y0: float, x1: float, y1: float, x: np.ndarray, y: np.ndarray, fx: np.ndarray, fy: np.ndarray
) -> tuple[np.float32, ...]:
    """Forces between two points and all points (x, y) behind them, added to (fx, fy) with the opposite sign."""
    fx0 = fy0 = fx1 = fy1 = z = ZERO
    for j in range(len(x)):
        dx0 = x0 - x[j]
        dy0 = y0 - y[j]
        dx1 = x1 - x[j]
        dy1 = y1 - y[j]
        w0 = ONE / (ONE + dx0 * dx0 + dy0 * dy0)
        w1 = ONE / (ONE + dx1 * dx1 + dy1 * dy1)
        z += w0 + w1
        w0 *= w0
        w1 *= w1
        dx0 *= w0
        dy0 *= w0
        dx1 *= w1
        dy1 *= w1
        fx0 += dx0
        fy0 += dy0
        fx1 += dx1
        fy1 += dy1
        fx[j] -= dx0 + dx1
        fy[j] -= dy0 + dy1
    return fx0, fy0, fx1, fy1, z


@compiled
def _repel_rows(Y: np.ndarray, first: int, last: int, force: np.ndarray) -> float:
    """Repulsion between the points first..last and all points behind each; `first` is even."""
    x, y, fx, fy = Y[0], Y[1], force[0], force[1]
    total = 0.0
    for i in range(first, last - 1, 2):
        k = i + 2
        fx0, fy0, fx1, fy1, z = _repel_two(x[i], y[i], x[i + 1], y[i + 1], x[k:], y[k:], fx[k:], fy[k:])
        dx = x[i] - x[i + 1]
        dy = y[i] - y[i + 1]
        w = ONE / (ONE + dx * dx + dy * dy)
        fx[i] += fx0 + w * w * dx
        fy[i] += fy0 + w * w * dy
        fx[i + 1] += fx1 - w * w * dx
        fy[i + 1] += fy1 - w * w * dy
        total += z + w
    return 2 * total  # each pair counts in both orders


@compiled
def repel(Y: np.ndarray, first: int, last: int, forces: np.ndarray, sums: np.ndarray) -> None:
    """Repulsive forces sum_j w_ij^2 (y_i - y_j) and sum w_ij, w_ij = 1 / (1 + |y_i - y_j|^2): chunks first..last.

    Each pair is met once. Point i meets those behind it, so early rows are long and late ones short: of 2C blocks of
    rows, chunk c takes the c-th and the c-th from the end. Y (2, N), forces (C, 2, N), sums (C,), the last two written.
    """
    chunks, n = len(sums), Y.shape[1]
    rows = 2 * ((n + 4 * chunks - 1) // (4 * chunks))  # of one block, even
    for chunk in range(first, last):
        forces[chunk] = ZERO
        total = 0.0
        for block in (chunk, 2 * chunks - 1 - chunk):
            total += _repel_rows(Y, min(block * rows, n), min((block + 1) * rows, n), forces[chunk])
        sums[chunk] = total


@compiled
def attract(
    Y: np.ndarray, starts: np.ndarray, columns: np.ndarray, p: np.ndarray, first: int, last: int, force: np.ndarray
) -> None:
    """Attractive forces sum_j p_ij w_ij (y_i - y_j) on the points first..last; P is sparse in rows (CSR)."""
    x, y = Y[0], Y[1]
    for i in range(first, last):
        fx = fy = ZERO
        for e in range(starts[i], starts[i + 1]):
            j = columns[e]
            dx = x[i] - x[j]
            dy = y[i] - y[j]
            w = p[e] / (ONE + dx * dx + dy * dy)
            fx += w * dx
            fy += w * dy
        force[0, i] = fx
        force[1, i] = fy


@compiled
def distances(Y: np.ndarray, starts: np.ndarray, columns: np.ndarray, first: int, last: int, out: np.ndarray) -> None:
    """1 + |y_i - y_j|^2 for the pairs of P in the rows first..last, each written to the pair's own place."""
    x, y = Y[0], Y[1]
    for i in range(first, last):
        for e in range(starts[i], starts[i + 1]):
            j = columns[e]
            dx = x[i] - x[j]
            dy = y[i] - y[j]
            out[e] = ONE + dx * dx + dy * dy


@compiled
def _cubic(t: np.float32) -> tuple[np.float32, ...]:
    """Lagrange's weights of the nodes -1, 0, 1, 2 at t in 0..1."""
    a, b, c = t + ONE, t - ONE, t - TWO
    return -t * b * c / SIX, a * b * c / TWO, -a * t * c / TWO, a * t * b / SIX


@compiled
def spread(places: np.ndarray, charges: np.ndarray) -> None:
    """Add a unit of charge for each point to the 4 x 4 nodes around it.

    `places` (2, N) are in nodes, at least 1 and at most 2 below the side of `charges`, which is added to.
    """
    for i in range(places.shape[1]):
        row, column = int(places[0, i]), int(places[1, i])
        wx = _cubic(places[0, i] - np.float32(row))
        wy = _cubic(places[1, i] - np.float32(column))
        for a in range(4):
            for b in range(4):
                charges[row - 1 + a, column - 1 + b] += wx[a] * wy[b]


@compiled
def gather(places: np.ndarray, potentials: np.ndarray, first: int, last: int, fields: np.ndarray) -> None:
    """Read the potentials (K, nodes, nodes) at the points first..last off the nodes around them, into fields (K, N)."""
    for i in range(first, last):
        row, column = int(places[0, i]), int(places[1, i])
        wx = _cubic(places[0, i] - np.float32(row))
        wy = _cubic(places[1, i] - np.float32(column))
        for k in range(len(potentials)):
            total = ZERO
            for a in range(4):
                for b in range(4):
                    total += wx[a] * wy[b] * potentials[k, row - 1 + a, column - 1 + b]
            fields[k, i] = total


@compiled
def own(places: np.ndarray, near: np.ndarray) -> float:
    """What all points together read of their own charges: near 1 each, and no part of a sum over pairs.

    near[m, n] is the potential between two nodes that are m and n apart, times the ways in which two nodes can be so.
    """
    total = 0.0
    for i in range(places.shape[1]):
        wx = _cubic(places[0, i] - np.float32(int(places[0, i])))
        wy = _cubic(places[1, i] - np.float32(int(places[1, i])))
        for m in range(4):
            across = ZERO
            for a in range(4 - m):
                across += wx[a] * wx[a + m]
            for n in range(4):
                along = ZERO
                for b in range(4 - n):
                    along += wy[b] * wy[b + n]
                total += across * along * near[m, n]
    return total
