"""Who plays: chance, a perfect player that plans with the rules, one with a planted bug; and the games they played."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from cs182viz.techniques.policy import breakout
from cs182viz.techniques.policy.breakout import (
    ACROSS,
    COLUMN,
    COLUMNS,
    DOWN,
    FIRST,
    FLOOR,
    PADDLE,
    ROW,
    TOP,
    WALL,
    WIDTH,
)

Player = Callable[[np.ndarray], np.ndarray]
"""States (N, 65) -> actions (N,)."""


@dataclass(frozen=True)
class Record:
    """Games from their first frame to their last, one after another.

    Attributes
    ----------
    states : (T, 65), what the player saw.
    actions, rewards : (T,), what it did then and got for it.
    games : (T,), the number of each frame's game, from 0.
    finished : (games,), whether it was won or lost; the others were stopped at the limit.
    """

    states: np.ndarray
    actions: np.ndarray
    rewards: np.ndarray
    games: np.ndarray
    finished: np.ndarray

    @property
    def scores(self) -> np.ndarray:
        """Points of each game, (games,)."""
        return np.bincount(self.games, self.rewards, len(self.finished))


def play(player: Player, games: int, *, seed: int = 182, limit: int = 3000) -> Record:
    """Let someone play that many games, each for `limit` frames at most."""
    states = breakout.start(games, np.random.default_rng(seed))
    going, finished = np.arange(games), np.zeros(games, bool)
    frames = []
    for _ in range(limit):
        actions = np.asarray(player(states))
        after, rewards, over = breakout.step(states, actions)
        frames.append((states, actions, rewards, going))
        finished[going[over]] = True
        states, going = after[~over], going[~over]
        if not len(going):
            break
    seen, actions, rewards, number = (np.concatenate(part) for part in zip(*frames, strict=True))
    order = np.argsort(number, kind="stable")
    return Record(seen[order], actions[order], rewards[order], number[order], finished)


def random_player(seed: int = 182) -> Player:
    """Presses whatever comes."""
    rng = np.random.default_rng(seed)
    return lambda states: rng.integers(0, len(breakout.ACTIONS), len(states))


def perfect_player(states: np.ndarray) -> np.ndarray:
    """Never misses, and takes the way to the next brick that has the fewest frames (Dijkstra's search over bounces)."""
    return np.array([_towards(state, _best_place(state)) for state in states.tolist()], np.int8)


def looping_player(bricks: int) -> Player:
    """A perfect player with a bug: once `bricks` or fewer stand it only ever catches the ball in the middle.

    The ball then goes straight up and down in one column, and when that is empty it does so for ever.
    """

    def act(states: np.ndarray) -> np.ndarray:
        stuck = breakout.bricks_left(states) <= bricks
        actions = perfect_player(states)
        actions[stuck] = [_towards(state, _landing(state)[2] - 1) for state in states[stuck].tolist()]
        return actions

    return act


def _towards(state: list[int], place: int) -> int:
    place = min(max(place, 0), COLUMNS - WIDTH)
    return 0 if place == state[PADDLE] else 1 if place < state[PADDLE] else 2


def _landing(state: list[int]) -> tuple[int, int, int, int]:
    """(frames, column, aim, bricks): when, from where and to which column the ball comes down, and what stands then."""
    bricks = sum(1 << i for i, one in enumerate(state[FIRST:]) if one)
    frames, column, aim, bricks, _ = _fly(bricks, state[ROW], state[COLUMN], state[DOWN], state[ACROSS])
    return frames, column, aim, bricks


def _best_place(state: list[int]) -> int:
    """Where the paddle's left cell should be when the ball comes down."""
    frames, column, aim, bricks = _landing(state)
    places = [(aim - spot, spot) for spot in (1, 0, 2) if 0 <= aim - spot <= COLUMNS - WIDTH]
    near = [one for one in places if abs(one[0] - state[PADDLE]) <= frames + 1]
    return min(near or places, key=lambda one: _frames_to_brick(bricks, column, aim, one[1]))[0]


@lru_cache(1 << 16)
def _frames_to_brick(bricks: int, column: int, aim: int, spot: int) -> float:
    """From a catch with one of the paddle's cells to the next brick."""
    heap, seen = [(0, column, aim, spot)], set()
    while heap and bricks:
        spent, column, aim, spot = heapq.heappop(heap)
        if (column, aim, spot) in seen:
            continue
        seen.add((column, aim, spot))
        across = _off_wall(column, spot - 1)
        frames, later, below, _, hit = _fly(bricks, FLOOR - 2, column + across, -1, across)
        if hit is not None:
            return spent + 1 + hit
        for next_spot in range(WIDTH):
            if 0 <= below - next_spot <= COLUMNS - WIDTH:
                heapq.heappush(heap, (spent + 1 + frames, later, below, next_spot))
    return float("inf")


def _fly(bricks: int, row: int, column: int, down: int, across: int) -> tuple[int, int, int, int, int | None]:
    """The ball alone until it would reach the floor: (frames, column, aim, bricks, frame of first hit)."""
    frames, first = 0, None
    while True:
        across = _off_wall(column, across)
        row, down = (-1, 1) if row + down < 0 else (row, down)
        if row + down == FLOOR:
            return frames, column, column + across, bricks, first
        frames += 1
        if _stands(bricks, row + down, column + across):
            bricks &= ~_bit(row + down, column + across)
            first = frames if first is None else first
            down = -down
            if _stands(bricks, row + down, column + across):
                across = -across
        row, column = row + down, column + across


def _off_wall(column: int, across: int) -> int:
    return across if 0 <= column + across < COLUMNS else -across


def _bit(row: int, column: int) -> int:
    return 1 << ((row - TOP) * COLUMNS + column)


def _stands(bricks: int, row: int, column: int) -> bool:
    return TOP <= row < TOP + WALL and bool(bricks & _bit(row, column))
