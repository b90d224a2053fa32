"""Is a planted policy bug found, and none where there is none?"""

import numpy as np
import pytest

from cs182viz.techniques import policy
from cs182viz.techniques.policy import breakout
from cs182viz.techniques.policy.bugs import PATIENCE

SEEDS = range(20)


@pytest.fixture(scope="module")
def agent():
    return policy.load_agent()


def bugs_of(agent, player, seed):
    record = policy.play(player, 2, seed=seed, limit=2500)
    hidden = agent.look(record.states)[0]
    clusters = policy.grouping(hidden).predict(hidden)
    return record, clusters, policy.find_bugs(record, clusters)


@pytest.mark.parametrize("seed", SEEDS)
def test_none_is_reported_of_a_flawless_player(agent, seed):
    record, _, bugs = bugs_of(agent, policy.perfect_player, seed)
    assert bugs == []
    assert record.scores.tolist() == [60, 60]
    behind = np.flatnonzero(record.rewards)
    assert np.diff(behind).max() < 0.6 * PATIENCE  # so patience leaves a flawless player room


@pytest.mark.parametrize("seed", SEEDS)
def test_a_planted_loop_is_found_where_it_is(agent, seed):
    record, _, bugs = bugs_of(agent, policy.looping_player(30), seed)
    looped = np.zeros(len(record.games), bool)
    for bug in bugs:
        for first, last in bug.stays:
            looped[first:last] = True
        assert bug.dwell > 1000
        assert bug.revisits > 20
        assert bug.reward_rate < 0.5 * bug.usual_rate
        first, last = bug.stays[0]
        strip = bug.strip()
        assert len(strip) == 8
        assert first <= strip.min() <= strip.max() < last
        assert not record.rewards[strip].any()
    # once the ball goes up and down in an empty column for ever, the very same states come back
    for game in range(2):
        own = record.games == game
        assert looped[own][-1000:].all()
        assert len(np.unique(record.states[own][-1000:], axis=0)) < 100
    assert not looped[breakout.bricks_left(record.states) > 42].any()


def test_the_graph_counts_what_follows_what_within_a_game():
    clusters, games = np.array([0, 0, 1, 0, 2, 2]), np.array([0, 0, 0, 0, 1, 1])
    expected = [[1 / 2, 1 / 2, 0], [1, 0, 0], [0, 0, 1]]
    assert np.allclose(policy.transitions(clusters, games), expected)


def test_wrong_sizes_get_a_sentence(agent):
    record = policy.play(policy.random_player(), 3, limit=20)
    with pytest.raises(ValueError, match="one cluster for each of"):
        policy.find_bugs(record, np.zeros(3, int))
    with pytest.raises(ValueError, match="24 clusters need"):
        policy.grouping(np.zeros((5, 8)))
