"""Do curves keep their ends when they are thinned, and does a page that opens later get them?"""

import numpy as np

from cs182viz.demos.learning import Chart, Curves
from cs182viz.demos.learning.chart import LONGEST


def test_long_curves_are_thinned_but_keep_their_ends():
    curves = Curves(2)
    for step in range(1, 2001):
        curves.add(step, step / 2, float("nan"))
    assert len(curves.rows) <= LONGEST
    assert curves.rows[0, 0] == 1
    assert curves.rows[-1, 0] == 2000
    assert (np.diff(curves.rows[:, 0]) > 0).all()
    assert (curves.rows[:, 1] == curves.rows[:, 0] / 2).all()


def test_a_page_that_opens_later_gets_the_latest_curves(monkeypatch):
    chart = Chart("loss", ["SGD", "Adam"], ["#111111", "#222222"], across="step")
    curves = Curves(2)
    curves.add(1, 3.0, 2.0)
    curves.add(2, 1.5, 1.0)
    chart.show(curves)
    sent = []
    monkeypatch.setattr(chart, "send", lambda *message: sent.append(message))
    chart._receive(chart, {"kind": "ready"}, [])
    [(about, [data])] = sent
    assert about["names"] == ["SGD", "Adam"]
    assert np.frombuffer(data, "<f4").reshape(-1, 3).tolist() == [[1, 3, 2], [2, 1.5, 1]]
    assert chart.picture(curves).size == (700, 400)
