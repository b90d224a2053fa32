"""Does the agent learn what Double DQN's formula says, and go on from a checkpoint as if nothing had been?"""

import io
import itertools

import numpy as np
import pytest
import torch
from torch.nn.functional import smooth_l1_loss

from cs182viz.techniques.policy import Recipe, State, breakout, learn, train

SMALL = Recipe(games=4, first=20, memory=50, batch=8)


def after(state, steps):
    *_, last = itertools.islice(train(state), steps)
    return last


def weights(state):
    return torch.cat([tensor.flatten() for tensor in state.network.state_dict().values()])


def test_stopped_and_resumed_it_is_where_it_would_have_been():
    whole = after(State(SMALL, seed=3), 60)
    half, buffer = after(State(SMALL, seed=3), 30)[1], io.BytesIO()
    torch.save(half.state_dict(), buffer)
    buffer.seek(0)
    resumed = State(SMALL, seed=9)
    resumed.load_state_dict(torch.load(buffer, weights_only=True))
    again = after(resumed, 30)
    assert again[0] == whole[0] == 60
    assert again[2] == whole[2]
    assert torch.equal(weights(again[1]), weights(whole[1]))
    assert not torch.equal(weights(after(State(SMALL, seed=4), 60)[1]), weights(whole[1]))


def test_a_checkpoint_of_another_recipe_is_refused():
    with pytest.raises(ValueError, match="another recipe"):
        State(SMALL).load_state_dict(State(Recipe(games=2, memory=50)).state_dict())
    kept = State(SMALL, hidden=16).state_dict()
    with pytest.raises(ValueError, match="another network"):
        State(SMALL).load_state_dict(kept)


def test_the_loss_is_that_of_the_papers_formula(monkeypatch):
    state = after(State(SMALL, seed=5), 40)[1]
    drawn = state.memory.draw(8, np.random.default_rng(1))
    drawn["alive"][:4] = 0
    drawn["reward"][::2] = 1.5
    expected = []
    q, other = (net.requires_grad_(False) for net in (state.network, state.target))
    for i in range(8):
        now, then = (torch.from_numpy(breakout.planes(drawn[name][i][None])) for name in ("before", "after"))
        goal = drawn["reward"][i] + 0.99**3 * drawn["alive"][i] * other(then)[0, int(q(then)[0].argmax())]
        expected.append(smooth_l1_loss(q(now)[0, int(drawn["action"][i])], goal))
    q.requires_grad_(True)
    monkeypatch.setattr(state.memory, "draw", lambda batch, rng: drawn)
    assert learn._learn(state) == pytest.approx(float(torch.stack(expected).mean()), rel=1e-5)


def test_rewards_of_several_frames_are_discounted_until_a_game_ends():
    state = State(Recipe(games=3, memory=50, ahead=3, discount=0.5))
    no, yes = [False] * 3, [False, True, False]
    rewards = [[1, 1, 0], [1, 0, 0], [1, 1, 1]]
    frames = [(state.states, np.zeros(3, np.int8), np.array(r, float), np.array(over))
              for r, over in zip(rewards, (no, yes, no), strict=True)]  # fmt: skip
    state.recent.extend(frames)
    learned = learn._ahead(state, state.states)
    assert learned["reward"].tolist() == [1.75, 1.0, 0.25]
    assert learned["alive"].tolist() == [1, 0, 1]


def test_the_loss_falls_on_frames_that_stay():
    """With the target held still it is a regression, and that must succeed."""
    recipe = Recipe(games=16, first=10**6, memory=2000, batch=64)
    state = after(State(recipe, seed=1), 120)[1]
    losses = [learn._learn(state) for _ in range(300)]
    assert np.mean(losses[-30:]) < 0.3 * np.mean(losses[:30])
