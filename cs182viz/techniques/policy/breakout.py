"""A Breakout of our own on a grid of 14 by 12 cells, for many games at once.

The rules, in full. Rows count downwards from 0, columns from 0 at the left.

- The wall is rows 2 to 6, all 12 columns: 60 bricks. Rows 0 and 1 above it are free. The paddle is three cells of
  row 13.
- A game begins with the whole wall, the ball at a random free cell of rows 7 to 12, flying up in one of three
  directions (left, straight, right), and the paddle below it.
- In each frame the paddle first stays, or moves one cell left or right, and stops at the walls.
- Then the ball moves one row, and one column left, right or none, after it has bounced, in this order:
  off a side wall, which turns its column's direction;
  off the ceiling, which turns its row's direction, and for this frame the ball stays in row 0;
  off the paddle, if it would reach row 13 in one of its cells: it flies up, to the left from the left cell, straight
  up from the middle one, to the right from the right one, and off a side wall at once if there is one;
  off a brick that it would reach: the brick goes, for a reward of 1, and the row's direction turns; if that leads into
  another brick, the column's direction turns as well and that brick stays.
- A game is over when the ball reaches row 13 (it is lost), or when no brick is left (it is won): at most 60 points.

A state is a row of 65 small integers: paddle's left cell, ball's row and column, its direction (rows, columns), and
the 60 bricks row by row as 0 or 1. The direction also tells the cell that the ball came from.

The ceiling matters: without a visit there the ball only ever comes to one colour of the grid's chessboard, so that
some of the bricks stand until a tunnel through the wall is dug.
"""

import numpy as np

ROWS, COLUMNS = 14, 12
TOP, WALL = 2, 5  # first row of bricks, and how many rows there are
BRICKS = WALL * COLUMNS
WIDTH = 3  # of the paddle
FLOOR = ROWS - 1  # the paddle's row
ACTIONS = ("stay", "left", "right")
PADDLE, ROW, COLUMN, DOWN, ACROSS = range(5)  # of a state
FIRST = 5  # brick
SIZE = FIRST + BRICKS
PLANES = 4
_MOVES = np.array([0, -1, 1], np.int8)


def start(count: int, rng: np.random.Generator) -> np.ndarray:
    """New games: states (count, 65) int8."""
    states = np.ones((count, SIZE), np.int8)
    states[:, ROW] = rng.integers(TOP + WALL, FLOOR, count)
    states[:, DOWN] = -1
    states[:, ACROSS] = rng.integers(-1, 2, count)
    column = rng.integers(0, COLUMNS, count)
    states[:, COLUMN] = np.clip(column, states[:, ACROSS] == 1, COLUMNS - 1 - (states[:, ACROSS] == -1))
    states[:, PADDLE] = np.clip(states[:, COLUMN] - 1, 0, COLUMNS - WIDTH)
    return states


def step(states: np.ndarray, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One frame of each game by the rules above.

    Parameters
    ----------
    states : (N, 65), of games that are not over; left as they are.
    actions : (N,) of 0 (stay), 1 (left), 2 (right).

    Returns
    -------
    The states after it (N, 65), the rewards (N,) of 0 or 1, and which games are over (N,) bool.
    """
    after = states.copy()
    games = np.arange(len(states))
    paddle = np.clip(states[:, PADDLE] + _MOVES[actions], 0, COLUMNS - WIDTH)
    row, column, down, across = (states[:, i].astype(np.intp) for i in (ROW, COLUMN, DOWN, ACROSS))
    across = _off_walls(column, across)
    ceiling = row + down < 0
    row, down = np.where(ceiling, -1, row), np.where(ceiling, 1, down)  # from above: it ends up in row 0

    spot = column + across - paddle  # of the paddle's cells, where the ball would come down
    caught = (row + down == FLOOR) & (spot >= 0) & (spot < WIDTH)
    down = np.where(caught, -1, down)
    across = np.where(caught, _off_walls(column, spot - 1), across)

    bricks = after[:, FIRST:]
    number, hit = _brick(bricks, games, row + down, column + across)
    bricks[games[hit], number[hit]] = 0
    down = np.where(hit, -down, down)
    blocked = hit & _brick(bricks, games, row + down, column + across)[1]
    across = np.where(blocked, -across, across)

    after[:, PADDLE] = paddle
    after[:, ROW], after[:, COLUMN] = row + down, column + across
    after[:, DOWN], after[:, ACROSS] = down, across
    return after, hit.astype(np.float32), lost(after) | won(after)


def lost(states: np.ndarray) -> np.ndarray:
    """In which games (N,) the ball is gone."""
    return np.equal(states[:, ROW], FLOOR)


def won(states: np.ndarray) -> np.ndarray:
    """In which games (N,) no brick is left."""
    return np.asarray(bricks_left(states) == 0)


def bricks_left(states: np.ndarray) -> np.ndarray:
    """How many bricks stand in each game, (N,)."""
    return states[:, FIRST:].sum(axis=1, dtype=np.intp)


def planes(states: np.ndarray) -> np.ndarray:
    """What a network sees: (N, 4, 14, 12) float32 of 0 and 1: the paddle, the ball, where it came from, the bricks."""
    seen = np.zeros((len(states), PLANES, ROWS, COLUMNS), np.float32)
    games = np.arange(len(states))
    paddle, row, column, down, across = (states[:, i].astype(np.intp) for i in range(FIRST))
    for cell in range(WIDTH):
        seen[games, 0, FLOOR, paddle + cell] = 1
    seen[games, 1, row, column] = 1
    seen[games, 2, np.maximum(row - down, 0), column - across] = 1
    seen[:, 3, TOP : TOP + WALL] = states[:, FIRST:].reshape(-1, WALL, COLUMNS)
    return seen


def check(states: np.ndarray) -> np.ndarray:
    """The states (N, 65) as int8, if all of them can occur in the game.

    Raises
    ------
    ValueError
        One is no state of the game; the sentence says which, and what is wrong with it.
    """
    states = np.asarray(states)
    if states.ndim != 2 or states.shape[1] != SIZE:
        raise ValueError(f"states of Breakout are rows of {SIZE} numbers, got an array of shape {states.shape}")
    paddle, row, column, down, across = (states[:, i] for i in range(FIRST))
    bricks = states[:, FIRST:]
    _refuse(np.logical_not(np.isin(bricks, (0, 1)).all(axis=1)), "its bricks are 0 or 1")
    _refuse(~((paddle >= 0) & (paddle <= COLUMNS - WIDTH)), f"the paddle's left cell is 0 to {COLUMNS - WIDTH}")
    inside = (row >= 0) & (row < ROWS) & (column >= 0) & (column < COLUMNS)
    _refuse(~inside, f"the ball is in rows 0 to {ROWS - 1} and columns 0 to {COLUMNS - 1}")
    _refuse(~(np.isin(down, (-1, 1)) & np.isin(across, (-1, 0, 1))), "the ball flies 1 up or down, and 1 or 0 across")
    behind = column - across
    _refuse((behind < 0) | (behind >= COLUMNS), "the ball comes from inside the grid")
    states = states.astype(np.int8)
    _, amid = _brick(states[:, FIRST:], np.arange(len(states)), *states[:, [ROW, COLUMN]].astype(np.intp).T)
    _refuse(amid, "the ball is not in a brick")
    return states


def mirrored(states: np.ndarray) -> np.ndarray:
    """The same games seen in a mirror; left becomes right."""
    other = states.copy()
    other[:, PADDLE] = COLUMNS - WIDTH - states[:, PADDLE]
    other[:, COLUMN] = COLUMNS - 1 - states[:, COLUMN]
    other[:, ACROSS] = -states[:, ACROSS]
    other[:, FIRST:] = states[:, FIRST:].reshape(-1, WALL, COLUMNS)[:, :, ::-1].reshape(-1, BRICKS)
    return other


def _refuse(wrong: np.ndarray, rule: str) -> None:
    if wrong.any():
        raise ValueError(f"state {int(wrong.argmax())} is no state of Breakout: {rule}")


def _off_walls(column: np.ndarray, across: np.ndarray) -> np.ndarray:
    aim = column + across
    return np.where((aim < 0) | (aim >= COLUMNS), -across, across)


def _brick(bricks: np.ndarray, games: np.ndarray, row: np.ndarray, column: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The number of the brick at a cell of each game, and whether there is one."""
    inside = (row >= TOP) & (row < TOP + WALL)
    number = np.where(inside, (row - TOP) * COLUMNS + column, 0)
    return number, inside & (bricks[games, number] == 1)
