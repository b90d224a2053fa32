"""Games frame by frame: of an agent that has learned, and of one that learns meanwhile."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cs182viz.techniques.policy import Bug, QNetwork, Recipe, State, breakout, find_bugs, grouping, play, train

RECIPE = Recipe(memory=50_000, first=2_000, random_until=1_500)
SIZE = {"wide": 128, "hidden": 64}
"""A small network in a hurry: it shall play better within a minute, and need not play well."""
GAMES, FRAMES = 30, 2000
"""Played to find the policy bugs."""
LESSON = 1 / 12
"""Seconds between two pictures of a network that learns."""


@dataclass(frozen=True)
class Frame:
    """One moment of a game: the state (65,), what the agent thinks of it, and points so far."""

    state: np.ndarray
    hidden: np.ndarray
    worth: np.ndarray
    score: int
    count: int


@dataclass(frozen=True)
class Lesson:
    """What a network that learns has reached: steps, the mean return of its latest games, a state of its own game."""

    step: int
    mean: float
    frame: Frame


class Game:
    """One game of a network, which begins anew when it is over or goes round for ever."""

    def __init__(self, network: QNetwork, state: np.ndarray | None = None, *, seed: int = 182) -> None:
        self.network, self._rng = network, np.random.default_rng(seed)
        self.state = breakout.start(1, self._rng)[0] if state is None else state
        self.score = self.count = 0

    def look(self) -> Frame:
        """The moment as it is."""
        hidden, worth = self.network.look(self.state[None])
        return Frame(self.state, hidden[0], worth[0], self.score, self.count)

    def move(self, frame: Frame) -> None:
        """One frame on, by the action that is worth most."""
        after, rewards, over = breakout.step(self.state[None], np.array([frame.worth.argmax()]))
        self.score, self.count = self.score + int(rewards[0]), self.count + 1
        self.state = after[0]
        if over[0]:
            self.state, self.score, self.count = breakout.start(1, self._rng)[0], 0, 0


def lessons(state: State, game: Game) -> Iterator[Lesson]:
    """Let a network learn and play a game of its own meanwhile, for ever."""
    due = time.perf_counter() + LESSON
    for step, _, _ in train(state):
        if time.perf_counter() >= due:
            frame = game.look()
            yield Lesson(step, state.mean_return, frame)
            game.move(frame)
            due = time.perf_counter() + LESSON


def words(bug: Bug) -> str:
    """A bug in a list."""
    return f"{bug.share:.0%} of time, {bug.dwell} frames"


def search(network: QNetwork, hidden: np.ndarray) -> tuple[list[Bug], list[np.ndarray]]:
    """The policy bugs of an agent, and for each the state (65,) in the middle of its longest stay.

    Parameters
    ----------
    hidden : activations of the states that make the clusters.
    """
    record = play(network.act, GAMES, limit=FRAMES)
    bugs = find_bugs(record, grouping(hidden).predict(network.look(record.states)[0]))
    return bugs, [record.states[bug.strip()[0]] for bug in bugs]
