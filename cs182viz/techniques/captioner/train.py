"""Train the captioner on scenes that are drawn as it goes: teacher forcing, cross-entropy of every word.

loss = - mean_t log p(w_t | w_1 ... w_{t-1}, picture), the full stop included and nothing after it.
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cs182viz.techniques.captioner.network import LONGEST, VOCABULARY, Captioner, codes_of, numbered
from cs182viz.techniques.captioner.scenes import render, scene
from cs182viz.techniques.common.learning import falling_rate, finite, move_moments

BATCH = 96
FRESH = 16
"""Scenes drawn anew in each step, until there are as many as training was asked for; the rest were seen before."""
FIRST = 512
"""Scenes to begin with; their codes' mean and deviation are what the network takes for normal."""
_STEADY = 1500
"""Steps before the learning rate falls as one over the root of their number."""


class State:
    """What training has reached: all that is needed to go on as if it had never stopped.

    Attributes
    ----------
    network : the one that learns; `average` is the mean of its latest weights, and the one to use.
    step : how many steps were taken.
    """

    def __init__(self, *, seed: int = 182, learning_rate: float = 2e-3) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network = Captioner()
        self.average = torch.optim.swa_utils.AveragedModel(
            self.network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.995), use_buffers=True
        )
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=learning_rate)
        self.schedule = falling_rate(self.optimizer, _STEADY)
        self.seed, self.step = seed, 0

    def to(self, device: torch.device) -> "State":
        """Move what learns to a device."""
        self.network.to(device)
        self.average.to(device)
        move_moments(self.optimizer, device)
        return self

    def state_dict(self) -> dict[str, Any]:
        """Everything, as `torch.save` takes it."""
        parts = {name: getattr(self, name).state_dict() for name in ("network", "average", "optimizer", "schedule")}
        return parts | {"seed": self.seed, "step": self.step, "words": list(self.network.words)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there.

        Raises
        ------
        ValueError
            The state is of another network, vocabulary or seed.
        """
        if state.get("seed") != self.seed or state.get("words") != list(VOCABULARY):
            raise ValueError(f"this checkpoint is of another seed ({state.get('seed')}, now {self.seed}) or vocabulary")
        try:
            for name in ("network", "average", "optimizer", "schedule"):
                getattr(self, name).load_state_dict(state[name])
        except (KeyError, RuntimeError, ValueError) as error:
            raise ValueError(f"this checkpoint is of another network: {str(error).splitlines()[0]}") from None
        self.step = state["step"]


class Pool:
    """Codes and sentences of the first scenes of a seed, in half precision, as many as were asked for so far."""

    def __init__(self, model: nn.Module, seed: int) -> None:
        self._model, self._seed = model, seed
        self._codes: list[Tensor] = []
        self._sentences: list[Tensor] = []

    def __len__(self) -> int:
        return len(self._codes)

    def grow(self, count: int) -> None:
        """Draw the scenes up to that number."""
        while len(self) < count:
            some = [scene(n, seed=self._seed) for n in range(len(self), min(count, len(self) + FRESH))]
            self._codes.extend(codes_of(self._model, [render(one) for one in some]).half())
            self._sentences.extend(numbered([one.sentence for one in some]))

    def take(self, rows: list[int]) -> tuple[Tensor, Tensor]:
        """Codes (N, 256, 7, 7) and sentences (N, LONGEST) of these scenes."""
        codes = torch.stack([self._codes[i] for i in rows]).float()
        return codes, torch.stack([self._sentences[i] for i in rows]).to(codes.device)


def train(state: State, model: nn.Module, *, scenes: int) -> Iterator[tuple[int, State, float]]:
    """Yield (steps taken, state, mean loss of a word in the batch of the latest step), for ever.

    What step n learns from depends on the seed and n alone.

    Parameters
    ----------
    state : where to begin; it is changed.
    model : SqueezeNet, which does not learn.
    scenes : how many different ones there will be; their codes take 25 kB each.

    Raises
    ------
    FloatingPointError
        The loss is no longer a number; the state of the last checkpoint is the one to go on from.
    """
    pool = Pool(model, state.seed)
    pool.grow(min(FIRST, scenes))
    if state.step == 0:
        _take_for_normal(state, pool)
    state.network.train()
    while True:
        there = min(scenes, FIRST + FRESH * state.step)
        pool.grow(there)
        draw = torch.Generator().manual_seed(state.seed * 1_000_003 + state.step)
        loss = _loss(state.network, *pool.take(torch.randint(there, (BATCH,), generator=draw).tolist()))
        number = finite(float(loss.detach()), state.step)
        state.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(state.network.parameters(), 1.0)
        state.optimizer.step()
        state.schedule.step()
        state.average.update_parameters(state.network)
        state.step += 1
        yield state.step, state, number


def _take_for_normal(state: State, pool: Pool) -> None:
    """Set the network's mean and deviation to those of the first scenes' codes."""
    codes, _ = pool.take(list(range(len(pool))))
    for network in (state.network, cast(Captioner, state.average.module)):
        network.mean.copy_(codes.mean(dim=(0, 2, 3)))
        network.deviation.copy_(codes.std(dim=(0, 2, 3)).clamp(min=0.1))


def _loss(network: Captioner, codes: Tensor, sentences: Tensor) -> Tensor:
    """Cross-entropy of the words and of the first full stop."""
    scores = network(codes, sentences)  # (N, LONGEST, words)
    length = (sentences != 0).sum(dim=1, keepdim=True)  # (N, 1)
    said = torch.arange(LONGEST, device=length.device) <= length  # (N, LONGEST)
    return F.cross_entropy(scores[said], sentences[said])
