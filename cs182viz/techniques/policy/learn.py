"""Double DQN on many games at once (Mnih et al. 2015; van Hasselt, Guez, Silver 2016, arXiv:1509.06461).

The network Q learns from frames that were kept, drawn at random:

    y = r_1 + g r_2 + ... + g^(n-1) r_n + g^n Q'(s_n, argmax_a Q(s_n, a)),    loss = Huber(Q(s_0, a_0) - y)

Q chooses the action after n frames and Q', a copy of it from some steps before, says what that is worth: that is the
"double". What follows the end of a game is worth 0. With n = 1 this is the paper's target; more frames carry a reward
back faster (Sutton 1988, DOI 10.1007/BF00115009).
"""

import collections
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from cs182viz.techniques.common.learning import finite, move_moments
from cs182viz.techniques.policy import breakout
from cs182viz.techniques.policy.network import QNetwork

RECENT = 100
"""Games over which the mean return is taken."""
_PARTS = {"before": (breakout.SIZE,), "action": (), "reward": (), "alive": (), "after": (breakout.SIZE,)}


@dataclass(frozen=True)
class Recipe:
    """How the agent learns; a step is one frame of each game and the learning after it.

    Parameters
    ----------
    games : how many are played at once.
    memory : frames that are kept to learn from.
    patience : frames without a reward after which a game is given up.
    random_until : steps over which the share of random actions falls from 1 to `random_least`.
    """

    games: int = 32
    batch: int = 64
    updates: int = 4
    ahead: int = 3
    discount: float = 0.99
    learning_rate: float = 3e-4
    target_every: int = 1000
    memory: int = 200_000
    first: int = 5_000
    random_until: int = 5_000
    random_least: float = 0.02
    patience: int = 500


class Memory:
    """The latest frames, to be drawn at random.

    Attributes
    ----------
    count : how many were ever put in.
    """

    def __init__(self, size: int) -> None:
        self.size, self.count = size, 0
        self.kept = {
            name: np.zeros((size, *shape), np.float32 if name in ("reward", "alive") else np.int8)
            for name, shape in _PARTS.items()
        }

    def __len__(self) -> int:
        return min(self.count, self.size)

    def add(self, **parts: np.ndarray) -> None:
        """Put in as many rows as each part has, in the place of the oldest."""
        rows = (self.count + np.arange(len(parts["action"]))) % self.size
        for name, values in parts.items():
            self.kept[name][rows] = values
        self.count += len(rows)

    def draw(self, batch: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Rows at random, each with its state turned to its mirror image or not."""
        rows = rng.integers(0, len(self), batch)
        drawn = {name: values[rows] for name, values in self.kept.items()}
        turned = rng.random(batch) < 0.5
        for name in ("before", "after"):
            drawn[name][turned] = breakout.mirrored(drawn[name][turned])
        drawn["action"] = np.where(turned, _TURNED[drawn["action"]], drawn["action"])
        return drawn


_TURNED = np.array([0, 2, 1], np.int8)  # left and right change places


class State:
    """What training has reached: all that is needed to go on as if it had never stopped.

    Attributes
    ----------
    network : the one that learns.
    step : how many steps were taken.
    returns : of the latest games that ended.
    """

    def __init__(self, recipe: Recipe | None = None, *, seed: int = 182, **size: int) -> None:
        self.recipe = recipe or Recipe()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network, self.target = QNetwork(**size), QNetwork(**size)
        self.target.load_state_dict(self.network.state_dict())
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=self.recipe.learning_rate, fused=True)
        self.rng = np.random.default_rng(seed)
        self.memory = Memory(self.recipe.memory)
        self.states = breakout.start(self.recipe.games, self.rng)
        self.played = np.zeros((2, self.recipe.games))  # return so far, frames since the latest reward
        self.recent: collections.deque[tuple[np.ndarray, ...]] = collections.deque(maxlen=self.recipe.ahead)
        self.returns: collections.deque[float] = collections.deque(maxlen=RECENT)
        self.step = 0

    @property
    def mean_return(self) -> float:
        """Of the latest games; not a number before the first has ended."""
        return float(np.mean(self.returns)) if self.returns else math.nan

    @property
    def randomness(self) -> float:
        """The share of actions that are drawn at random now."""
        recipe = self.recipe
        return max(recipe.random_least, 1 - (1 - recipe.random_least) * self.step / recipe.random_until)

    def to(self, device: torch.device) -> "State":
        """Move what learns to a device; games and random numbers stay on the CPU."""
        self.network.to(device)
        self.target.to(device)
        move_moments(self.optimizer, device)
        return self

    def state_dict(self) -> dict[str, Any]:
        """Everything, as `torch.save` takes it."""
        kept = {name: torch.from_numpy(values[: len(self.memory)]) for name, values in self.memory.kept.items()}
        return {
            **{name: getattr(self, name).state_dict() for name in ("network", "target", "optimizer")},
            "memory": kept,
            "count": self.memory.count,
            "recent": [[torch.from_numpy(part) for part in parts] for parts in self.recent],
            "states": torch.from_numpy(self.states),
            "played": torch.from_numpy(self.played),
            "returns": list(self.returns),
            "rng": self.rng.bit_generator.state,
            "step": self.step,
            "recipe": asdict(self.recipe),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there.

        Raises
        ------
        ValueError
            The state belongs to another network or another recipe.
        """
        if state.get("recipe") != asdict(self.recipe):
            raise ValueError("this checkpoint was made with another recipe of the agent")
        try:
            for name in ("network", "target", "optimizer"):
                getattr(self, name).load_state_dict(state[name])
            for name, values in state["memory"].items():
                self.memory.kept[name][: len(values)] = values.numpy()
            self.memory.count = state["count"]
            self.recent.clear()
            self.recent.extend(tuple(part.numpy() for part in parts) for parts in state["recent"])
            self.states, self.played = state["states"].numpy().copy(), state["played"].numpy().copy()
            self.rng.bit_generator.state = state["rng"]
        except (KeyError, RuntimeError, ValueError) as error:
            raise ValueError(f"this checkpoint is of another network: {str(error).splitlines()[0]}") from None
        self.returns.clear()
        self.returns.extend(state["returns"])
        self.step = state["step"]


def train(state: State) -> Iterator[tuple[int, State, float]]:
    """Yield (steps taken, state, mean loss of the step's updates), for ever.

    Raises
    ------
    FloatingPointError
        The loss is no longer a number.
    """
    while True:
        _play(state)
        losses = [0.0]
        if len(state.memory) >= state.recipe.first:
            losses = [_learn(state) for _ in range(state.recipe.updates)]
        state.step += 1
        if state.step % max(1, state.recipe.target_every // state.recipe.updates) == 0:
            state.target.load_state_dict(state.network.state_dict())
        loss = finite(sum(losses) / len(losses), state.step)
        yield state.step, state, loss


def _play(state: State) -> None:
    """One frame of each game, and what it teaches into the memory."""
    recipe, rng = state.recipe, state.rng
    actions = state.network.act(state.states)
    chance = rng.random(recipe.games) < state.randomness
    actions = np.where(chance, rng.integers(0, len(breakout.ACTIONS), recipe.games), actions).astype(np.int8)
    after, rewards, over = breakout.step(state.states, actions)
    state.played[0] += rewards
    state.played[1] = np.where(rewards > 0, 0, state.played[1] + 1)
    over = over | (state.played[1] >= recipe.patience)
    state.recent.append((state.states, actions, rewards, over))
    if len(state.recent) == recipe.ahead:
        state.memory.add(**_ahead(state, after))
    state.returns.extend(state.played[0][over].tolist())
    state.played[:, over] = 0
    after[over] = breakout.start(int(over.sum()), rng)
    state.states = after


def _ahead(state: State, after: np.ndarray) -> dict[str, np.ndarray]:
    """From the oldest of the recent frames: its discounted rewards until now, or until its game was over."""
    reward, alive = np.zeros(len(after), np.float32), np.ones(len(after), np.float32)
    for _, _, rewards, over in reversed(state.recent):
        reward = rewards + state.recipe.discount * np.where(over, 0, reward)
        alive = np.where(over, 0, alive)
    before, actions, _, _ = state.recent[0]
    return {"before": before, "action": actions, "reward": reward, "alive": alive, "after": after}


def _learn(state: State) -> float:
    """One update from a batch; returns its loss."""
    recipe, device = state.recipe, state.network.head.weight.device
    drawn = state.memory.draw(recipe.batch, state.rng)
    both = torch.from_numpy(breakout.planes(np.concatenate([drawn["before"], drawn["after"]]))).to(device)
    before, after = both.split(recipe.batch)
    action = torch.from_numpy(drawn["action"].astype(np.int64)).to(device)
    reward, alive = (torch.from_numpy(drawn[name]).to(device) for name in ("reward", "alive"))
    with torch.no_grad():
        best = state.network(after).argmax(dim=1, keepdim=True)
        goal = reward + recipe.discount**recipe.ahead * alive * state.target(after).gather(1, best)[:, 0]
    worth = state.network(before).gather(1, action[:, None])[:, 0]
    loss = F.smooth_l1_loss(worth, goal)
    state.optimizer.zero_grad()
    loss.backward()
    state.optimizer.step()
    return float(loss.detach())
