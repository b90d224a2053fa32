"""The page of digits without a browser: it learns, looks, takes drawings, stops and begins again."""

import itertools

import numpy as np
import pytest
from patience import wait
from PIL import Image

from cs182viz.demos.digits import Digits
from cs182viz.demos.digits.pad import SIDE, Pad
from cs182viz.demos.digits.seen import bars, predictions

SOON = 60


def test_it_learns_stops_goes_on_and_begins_again(tmp_path):
    demo = Digits(keep=tmp_path / "digits.png")
    wait(lambda: demo.step > 30 and len(demo.right.rows) > 1)  # the held-out ones are looked at by the clock
    demo.stop()
    assert demo.worker.idle.wait(SOON)
    stopped = demo.step
    shown = [picture.value for picture in demo._weights]
    demo.optimizer.value = "SGD"
    assert all(picture.value != before for picture, before in zip(demo._weights, shown, strict=True))
    assert Image.open(demo.keep).size == (1420, 860)
    demo.resume()
    wait(lambda: demo.step > stopped)
    demo.factor.value = 10.0
    assert demo.rates.factor == 10
    old = demo.networks
    demo.restart()  # while the old ones learn
    wait(lambda: demo.networks is not old and demo.step > 2)
    demo.stop()
    assert demo.worker.idle.wait(SOON)
    assert demo.worker.error is None
    for curves in (demo.right, demo.losses):
        assert (np.diff(curves.rows[:, 0]) >= 0).all()  # nothing of the old ones
    assert demo.right.rows[0, 0] == 1

    demo._drawn(np.zeros((SIDE, SIDE)))
    assert "nothing is drawn yet" in demo._note.value
    before = demo._bars.value
    stroke = np.zeros((SIDE, SIDE))
    stroke[5:60, 28:36] = 1
    demo._drawn(stroke)
    assert demo._note.value == ""
    assert demo._bars.value != before
    demo.number.value = 3
    assert (demo._digit[0] == demo.held_out.X[3]).all()
    demo.close()


def test_no_frame_is_long(monkeypatch):
    monkeypatch.setattr("cs182viz.demos.digits.demo.CHECK", 0.0)  # it would always be time to test
    demo = Digits()
    demo.stop()
    assert demo.worker.idle.wait(SOON)
    frames, steps, tests = demo._learn(), [], []
    for _ in range(5):
        next(frames)
        steps.append(demo.step)
        tests.append(len(demo.right.rows))
    assert [after > before for before, after in itertools.pairwise(steps)] == [False, True, False, True]
    assert [after - before for before, after in itertools.pairwise(tests)] == [1, 0, 1, 0]
    demo.close()


def test_a_drawing_of_another_size_is_refused():
    pad = Pad(lambda drawing: None)
    with pytest.raises(ValueError, match="64 x 64 pixels, got 9"):
        pad._hear({"kind": "drawing"}, [memoryview(bytes(9))])


def test_predictions_say_what_is_wrong():
    shares = np.array([[0.1, 0.6, 0.3] + [0.0] * 7, [0.9, 0.1] + [0.0] * 8])
    text = predictions(np.zeros((2, 8, 8)), [2, 0], shares)
    assert 'alt="a 2, taken for a 1"' in text
    assert 'alt="a 0"' in text
    assert '<span class="wrong">1: 60%</span>' in text
    assert '<span class="lead">0: 90%</span>' in text
    assert bars(shares[1]).count("leads") == 1
