"""Is what ships as good as its card says, whole, and small?"""

import json

import numpy as np
import pytest
from sklearn.manifold import trustworthiness

from cs182viz.assets import data_path
from cs182viz.techniques import policy
from cs182viz.techniques.common.weights_file import CheckpointError


@pytest.fixture(scope="module")
def agent():
    return policy.load_agent()


@pytest.fixture(scope="module")
def card():
    return json.loads(data_path("agent.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def record(agent):
    return policy.play(agent.act, 100)


def test_scores_are_those_of_the_card(record, card):
    said = card["mean score over 100 games"]
    assert record.scores.mean() == pytest.approx(said["agent"], rel=0.05)  # another machine may break ties otherwise
    assert policy.play(policy.random_player(), 100).scores.mean() == pytest.approx(said["random"], abs=0.01)
    assert said["perfect"] == 60
    assert said["agent"] > 15 * said["random"]


def test_policy_bugs_take_the_time_that_the_card_says(agent, record, card):
    hidden = agent.look(record.states)[0]
    bugs = policy.find_bugs(record, policy.grouping(hidden).predict(hidden))
    assert bugs
    said = sum(bug["share of frames"] for bug in card["policy bugs"])
    assert sum(bug.share for bug in bugs) == pytest.approx(said, abs=0.05)


def test_the_map_keeps_neighbours_and_its_states_are_of_the_game(agent):
    atlas = policy.load_atlas()
    assert atlas.states.shape == (10_000, 65)
    assert atlas.Y.shape == (10_000, 2)
    assert len(np.unique(atlas.games)) >= 80
    hidden = agent.look(atlas.states[::10])[0]
    assert trustworthiness(hidden, atlas.Y[::10], n_neighbors=10) > 0.9


def test_all_of_it_is_small():
    assert sum(data_path(name).stat().st_size for name in ("agent.safetensors", "agent_states.npz")) < 800_000


def test_damaged_files_are_refused(tmp_path):
    path = tmp_path / "states.npz"
    path.write_bytes(data_path("agent_states.npz").read_bytes()[:-200])
    with pytest.raises(CheckpointError, match="holds no states of Breakout"):
        policy.load_atlas(path)
    with pytest.raises(CheckpointError, match="of another network"):
        policy.load_agent(data_path("fast_style.safetensors"))


def test_states_come_back_from_their_file(tmp_path):
    record = policy.play(policy.perfect_player, 2, limit=100)
    kept = policy.Atlas(record.states, record.games, np.arange(200) % 100, np.zeros((200, 2)))
    policy.save_atlas(tmp_path / "states.npz", kept)
    back = policy.load_atlas(tmp_path / "states.npz")
    for name in ("states", "games", "frames"):
        assert np.array_equal(getattr(back, name), getattr(kept, name))


def test_what_is_no_state_is_not_drawn(record):
    picture = policy.draw_state(record.states[0], cell=4)
    assert picture.shape == (56, 48, 3)
    broken = record.states[0].copy()
    broken[1] = 50
    with pytest.raises(ValueError, match="is no state of Breakout"):
        policy.draw_state(broken)
