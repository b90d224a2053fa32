"""The agent's page without a browser: jumps, bugs, what is refused, and a network that learns."""

import numpy as np
import pytest
from patience import wait
from PIL import Image

from cs182viz.demos.agent import Agent, game
from cs182viz.demos.agent.demo import LEARNING, TRAINED
from cs182viz.demos.agent.places import ACTION, QUESTIONS, Places
from cs182viz.techniques.policy import breakout, load_agent, load_atlas, play

SOON = 60


@pytest.fixture(scope="module")
def places():
    return Places(load_agent(), load_atlas())


@pytest.fixture
def demo(tmp_path, monkeypatch):
    monkeypatch.setattr(game, "GAMES", 3)
    made = Agent(keep=tmp_path / "agent.png")
    made.pace.value = 40
    wait(lambda: made.bugs.options and made._game.count >= 1)
    yield made
    made.close()


def still(demo):
    demo.stop()
    assert demo.worker.idle.wait(SOON)


def test_a_state_of_the_map_is_nearest_to_itself(places):
    twins = 0
    for number in range(0, 10_000, 501):
        found = places.nearest(places.hidden[number])
        assert np.abs(places.hidden[found] - places.hidden[number]).max() < 1e-3
        twins += found != number
    assert twins <= 2  # the same state may have been seen twice
    assert np.abs(places.points).max() == pytest.approx(1, abs=1e-6)


def test_colours_say_what_is_asked(places):
    for question in QUESTIONS:
        assert places.colours(question).shape == (10_000, 3)
    actions = places.worth.argmax(axis=1)
    colours = places.colours(ACTION)
    assert {tuple(colours[actions == kind][0]) for kind in range(3)} == {
        tuple(one) for one in np.unique(colours, axis=0)
    }
    few, many = (np.flatnonzero(breakout.bricks_left(places.atlas.states) == count)[0] for count in (20, 60))
    assert places.colours("bricks left")[many].sum() > places.colours("bricks left")[few].sum()


def test_a_game_is_played_as_the_rules_say(places):
    network = load_agent()
    record = play(network.act, 1, seed=5, limit=50)
    own = game.Game(network, record.states[0])
    for state in record.states[1:]:
        own.move(own.look())
        assert (own.state == state).all()
    assert own.score == record.rewards[:-1].sum()


def test_one_jumps_to_a_point_and_to_a_bug(demo, places):
    demo.number.value = 77
    wait(lambda: demo._frame.count >= 2)
    still(demo)
    assert (demo._frame.state[breakout.FIRST :] <= places.atlas.states[77][breakout.FIRST :]).all()
    start = demo._bugs[0]
    demo.bugs.index = 0
    wait(lambda: demo._game.count > 0)
    still(demo)
    assert breakout.bricks_left(demo._game.state[None]) == breakout.bricks_left(start[None])  # it is stuck
    assert Image.open(demo.keep).width > 800


REFUSED = {
    "1 2 3": "rows of 65 numbers",
    "a b": "65 whole numbers",
    " ".join(["11", "8", "4", "-1", "0", *["1"] * 60]): "left cell is 0 to 9",
    " ".join(["4", "13", "4", "1", "0", *["1"] * 60]): "this game is over",
    " ".join(["4", "8", "4", "-1", "0", *["0"] * 60]): "this game is over",
}


def test_a_state_in_numbers_is_taken_and_what_is_none_is_refused(demo, places):
    before = demo._game
    for text, sentence in REFUSED.items():
        demo.text.value = text
        assert sentence in str(demo.worker.error)
        assert "error" in demo._status.value
        assert not demo._stop.disabled  # the game goes on, and can be stopped
        assert demo._game is before
        demo.worker.error = None
    demo.text.value = " ".join(map(str, places.atlas.states[5]))
    assert (demo._game.state[breakout.FIRST :] == places.atlas.states[5][breakout.FIRST :]).mean() > 0.9
    still(demo)
    assert demo.worker.error is None


def test_a_network_learns_stops_goes_on_and_begins_again(demo):
    demo.player.value = LEARNING
    wait(lambda: len(demo.curves.rows) >= 5)
    still(demo)
    reached, learner = demo.learner.step, demo.learner
    assert demo._with_map.layout.display == "none"
    demo.resume()
    wait(lambda: demo.learner.step > reached)
    demo.restart()
    assert demo.learner is not learner
    wait(lambda: len(demo.curves.rows) >= 2)
    still(demo)
    assert 0 < demo.learner.step < reached + 10_000
    demo.player.value = TRAINED
    still(demo)
    assert demo._with_map.layout.display == "flex"
