"""How many steps a slice of learning takes, by a clock of our own."""

import pytest

from cs182viz.demos.learning import Slices, slices


class Clock:
    """A clock that goes on only when somebody works."""

    def __init__(self):
        self.now = 0.0

    def perf_counter(self):
        return self.now

    def work(self, seconds):
        self.now += seconds


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(slices, "time", made)
    return made


@pytest.mark.parametrize("load", [1, 2, 4, 8])
def test_a_busy_machine_gets_fewer_steps_and_not_longer_slices(clock, load):
    step, drawing, made = 0.015 * load, 0.007 * load, Slices(1 / 15)
    taken = []
    for _ in range(3):
        begun, before = clock.now, len(taken)
        made.fill(lambda: taken.append(clock.work(step)))
        clock.work(drawing)
        assert len(taken) - before >= 1
        assert clock.now - begun <= max(1 / 15 + drawing, step + drawing) + 1e-9
    assert len(taken) - before == max(1, int((1 / 15 - drawing) / step))


def test_a_step_that_becomes_slow_ends_its_slice(clock):
    made, costs = Slices(0.1), iter([0.01, 0.01, 0.09, 0.01])
    made.fill(lambda: clock.work(next(costs)))
    assert next(costs) == 0.01  # the fourth was not taken
