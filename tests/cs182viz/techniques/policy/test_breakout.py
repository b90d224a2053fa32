"""Does the game keep the rules that its docstring writes down?"""

import numpy as np
import pytest

from cs182viz.techniques.policy import breakout
from cs182viz.techniques.policy.players import perfect_player

STAY, LEFT, RIGHT = range(3)


def made(paddle=4, row=9, column=5, down=-1, across=0, bricks=()):
    """A state with just these bricks, (row, column) each, row 2 the highest."""
    wall = np.zeros((5, 12), np.int8)
    for r, c in bricks:
        wall[r - 2, c] = 1
    return np.concatenate([[paddle, row, column, down, across], wall.ravel()]).astype(np.int8)[None]


def after(state, action=STAY):
    states, rewards, over = breakout.step(state, np.array([action]))
    paddle, row, column, down, across = states[0, :5].tolist()
    wall = states[0, 5:].reshape(5, 12)
    bricks = {(int(r) + 2, int(c)) for r, c in zip(*np.nonzero(wall), strict=True)}
    return (row, column, down, across), paddle, bricks, rewards[0], over[0]


FAR = (2, 0)  # a brick out of the way, so that no game is won


@pytest.mark.parametrize(
    ("before", "moved"),
    [
        ({"row": 9, "column": 5, "across": 1}, (8, 6, -1, 1)),  # free flight
        ({"row": 9, "column": 11, "across": 1}, (8, 10, -1, -1)),  # off the right wall
        ({"row": 9, "column": 0, "across": -1}, (8, 1, -1, 1)),  # off the left wall
        ({"row": 0, "column": 5, "across": 1}, (0, 6, 1, 1)),  # off the ceiling, along it
        ({"row": 0, "column": 11, "across": 1}, (0, 10, 1, -1)),  # in a corner
        ({"row": 12, "column": 3, "down": 1, "across": 1}, (11, 2, -1, -1)),  # off the paddle's left cell
        ({"row": 12, "column": 5, "down": 1, "across": 0}, (11, 5, -1, 0)),  # off its middle
        ({"row": 12, "column": 7, "down": 1, "across": -1}, (11, 8, -1, 1)),  # off its right cell
        ({"paddle": 0, "row": 12, "column": 0, "down": 1}, (11, 1, -1, 1)),  # in the corner, to the left into the wall
    ],
)
def test_the_ball_flies_and_bounces_as_the_rules_say(before, moved):
    ball, _, bricks, reward, over = after(made(**before, bricks=[FAR]))
    assert (ball, bricks, reward, over) == (moved, {FAR}, 0, False)


def test_a_brick_goes_for_a_point_and_turns_the_ball():
    ball, _, bricks, reward, over = after(made(row=7, column=5, across=1, bricks=[(6, 6), FAR]))
    assert (ball, bricks, reward, over) == ((8, 6, 1, 1), {FAR}, 1, False)
    # into a tunnel's side: the second brick stays and sends it back across
    ball, _, bricks, reward, _ = after(made(row=4, column=5, across=1, bricks=[(3, 6), (5, 6)]))
    assert (ball, bricks, reward) == ((5, 4, 1, -1), {(5, 6)}, 1)


def test_the_paddle_moves_first_and_stops_at_the_walls():
    assert after(made(paddle=4, bricks=[FAR]), LEFT)[1] == 3
    assert after(made(paddle=0, bricks=[FAR]), LEFT)[1] == 0
    assert after(made(paddle=9, bricks=[FAR]), RIGHT)[1] == 9
    falling = made(paddle=2, row=12, column=5, down=1, bricks=[FAR])
    assert after(falling, RIGHT)[0] == (11, 6, -1, 1)  # caught, thanks to the move
    ball, _, _, reward, over = after(falling)
    assert (ball[0], reward, over) == (13, 0, True)


def test_the_last_brick_wins():
    assert after(made(row=7, column=5, bricks=[(6, 5)]))[3:] == (1, True)


def test_games_begin_as_the_rules_say_and_stay_inside_them():
    rng = np.random.default_rng(3)
    states = breakout.check(breakout.start(500, rng))
    assert states[:, breakout.FIRST :].all()
    assert set(states[:, breakout.ROW]) == set(range(7, 13))
    assert set(states[:, breakout.ACROSS]) == {-1, 0, 1}
    assert (np.abs(states[:, breakout.PADDLE] + 1 - states[:, breakout.COLUMN]) <= 1).all()
    for _ in range(200):
        before = breakout.bricks_left(states)
        states, rewards, over = breakout.step(states, rng.integers(0, 3, len(states)))
        assert np.array_equal(before - breakout.bricks_left(states), rewards)
        states = breakout.check(states[~over])


def test_a_mirror_changes_nothing_but_left_and_right():
    states = breakout.start(40, np.random.default_rng(5))
    for _ in range(300):
        actions = perfect_player(states)
        after_, rewards, over = breakout.step(states, actions)
        turned = breakout.step(breakout.mirrored(states), np.array([0, 2, 1])[actions])
        assert np.array_equal(turned[0], breakout.mirrored(after_))
        assert np.array_equal(turned[1], rewards)
        states = after_[~over]


def test_planes_show_where_everything_is():
    seen = breakout.planes(made(paddle=4, row=9, column=5, down=-1, across=1, bricks=[(2, 0), (6, 11)]))[0]
    places = [set(zip(*map(list, np.nonzero(plane)), strict=True)) for plane in seen]
    assert places == [{(13, 4), (13, 5), (13, 6)}, {(9, 5)}, {(10, 4)}, {(2, 0), (6, 11)}]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"paddle": 10}, "paddle's left cell is 0 to 9"),
        ({"row": 14}, "rows 0 to 13"),
        ({"down": 0}, "flies 1 up or down"),
        ({"column": 0, "across": 1}, "comes from inside"),
        ({"row": 3, "column": 5, "bricks": [(3, 5)]}, "not in a brick"),
    ],
)
def test_what_is_no_state_gets_a_sentence(wrong, words):
    with pytest.raises(ValueError, match=words):
        breakout.check(made(**wrong))
    with pytest.raises(ValueError, match="rows of 65 numbers"):
        breakout.check(np.zeros(65))
