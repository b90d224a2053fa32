"""Do the playground and the painter show what the networks do, and keep races apart?"""

import numpy as np
import pytest
import torch
from PIL import Image

from cs182viz.demos.painter import demo as painter
from cs182viz.demos.painter.demo import Painter
from cs182viz.demos.playground import demo as playground
from cs182viz.demos.playground import networks as small_networks
from cs182viz.demos.playground import problems as toy_data
from cs182viz.demos.playground import race
from cs182viz.demos.playground.demo import Playground

SOON = 60


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    monkeypatch.setattr(playground, "STEPS", 60)
    monkeypatch.setattr(playground, "FRAME", 0.01)
    monkeypatch.setattr(painter, "STEPS", 20)
    monkeypatch.setattr(painter, "FRAME", 0.01)


@pytest.fixture
def played(tmp_path):
    demo = Playground("circles", keep=tmp_path / "playground.png")
    yield demo
    demo.close()


def rest(demo):
    assert demo.worker.idle.wait(SOON)
    assert demo.worker.error is None


def test_grid_runs_over_the_square_from_its_top_left():
    places = race.grid(3, 2)
    torch.testing.assert_close(places[[0, 1, 3, 8]], torch.tensor([[-2.0, 2.0], [0.0, 2.0], [-2.0, 0.0], [2.0, -2.0]]))
    torch.testing.assert_close(race.grid(2, 1), torch.tensor([[-1.5], [1.5]]))


def test_view_is_what_the_network_answers_at_each_place():
    data = toy_data.load("xor")
    networks = small_networks.start((2, 3, 1), 2, seed=4)
    view = race.look(7, networks, data)
    row, column = 10, 40
    place = race.grid(race.GRID, 2)[row * race.GRID + column]
    expected = small_networks.layers(networks, place[None])[-1][1].sigmoid().item()
    assert view.output[1, row, column] == pytest.approx(expected, rel=1e-5)
    assert view.units.shape == (2, 3, race.TILE, race.TILE)
    tile = race.grid(race.TILE, 2)
    hidden = torch.tanh(tile @ networks.weights[0][0])[:, 2].detach()  # biases are 0 at first
    expected = (hidden / hidden.abs().max()).reshape(race.TILE, race.TILE)
    np.testing.assert_allclose(view.units[0, 2], expected, atol=1e-5)


def test_without_hidden_layers_there_are_no_units():
    networks = small_networks.start((1, 1), 4)
    view = race.look(1, networks, toy_data.load("sine"))
    assert view.units.shape == (4, 0, race.TILE)
    assert view.output.shape == (4, race.GRID)


def test_message_holds_what_the_page_reads(played, monkeypatch):
    rest(played)
    sent = []
    monkeypatch.setattr(played.panels, "send", lambda message, buffers: sent.append((message, buffers)))
    played._answer(played.panels, {"kind": "hello"}, [])
    message, (output, units, points, curves) = sent[0]
    view = played.race.view
    assert message["step"] == 60
    assert message["layers"] == [8, 8]
    seen = np.frombuffer(output, np.uint8).reshape(4, race.GRID, race.GRID)
    np.testing.assert_allclose(seen / 255, view.output, atol=1 / 255)
    assert len(units) == 4 * 16 * race.TILE**2
    np.testing.assert_allclose(np.frombuffer(points, "<f4").reshape(-1, 3)[:, :2], view.data.X)
    assert np.frombuffer(curves, "<f4").reshape(-1, 5)[-1, 0] == 60


def test_rates_and_points_change_a_race_and_shapes_begin_a_new_one(played):
    rest(played)
    first = played.race
    played.learning_rate.value = 0.3
    rest(played)
    assert played.race is first
    assert first.step == 120
    played._answer(played.panels, {"kind": "point", "x": 1.0, "y": -2.0, "class": 1}, [])
    rest(played)
    assert played.race is first
    assert first.view.data.X[-1].tolist() == [1, -2]
    assert len(first.view.data.X) == 201
    played.units.value = 3
    rest(played)
    assert played.race is not first
    assert played.race.step == 60
    assert played.race.view.units.shape[1] == 6
    assert len(played.race.view.data.X) == 201  # the points that were added stay


def test_a_click_that_is_no_point_is_told_in_a_sentence(played):
    rest(played)
    played._answer(played.panels, {"kind": "point", "x": float("nan"), "y": 0, "class": 1}, [])
    assert "finite" in played._status.value
    assert len(played.options.data.X) == 200


def test_the_kept_picture_is_the_race(played):
    rest(played)
    width, height = Image.open(played.keep).size
    assert width > height > 500


def test_long_curves_are_thinned_but_keep_their_ends():
    data = toy_data.load("sine")
    networks = small_networks.start((1, 1), 4)
    current = playground.Race(small_networks.Options(data), (), iter(()), goal=1000)
    for step in range(1, 1001):
        current.add(race.View(step, data, np.full(4, float(step)), np.empty(0), np.empty(0), np.empty(0)))
    steps = current.curves[:, 0]
    assert len(steps) <= playground.CURVE
    assert steps[0] == 1
    assert 1000 - steps[-1] < 4
    assert (current.curves[:, 1] == steps).all()
    assert race.look(1, networks, data).accuracies.size == 0


def test_what_diverged_says_so():
    view = race.View(1, toy_data.load("xor"), np.array([np.nan, 0.2]), np.array([0.5, 0.975]), *[np.empty(0)] * 2)
    assert race.summary(view, 0) == "diverged: lower the rate"
    assert race.summary(view, 1) == "98% right"


@pytest.mark.parametrize(
    ("options", "match"), [({"data": "rings"}, "circles"), ({"hidden_layers": 5}, "0 to 4"), ({"units": 0}, "1 to 10")]
)
def test_playground_refuses_what_it_does_not_have(options, match):
    with pytest.raises(ValueError, match=match):
        Playground(**options)


def test_painter_paints_and_keeps_its_model_beside_it(tmp_path):
    demo = Painter("cat", keep=tmp_path / "painter.png")
    rest(demo)
    assert demo.step == 20
    kept = np.asarray(Image.open(demo.keep).convert("RGB")) / 255
    assert kept.shape == (359, 2 * 540, 3)  # the longer side is 540, as 85 to 128 the other
    model, painting = np.split(kept, 2, axis=1)
    assert np.abs(model - painter._enlarged(demo.model, model.shape)).max() < 0.01
    assert np.abs(painting - painter._enlarged(demo.painting / 255, painting.shape)).max() < 0.01
    before = demo.painting.copy()
    demo.learning_rate.value = 0.01
    rest(demo)
    assert demo.step == 40
    assert (demo.painting != before).any()
    demo.detail.value = 0
    rest(demo)
    assert demo.step == 20
    assert "8,707 weights" in demo.numbers.value  # 3 * 64 + 2 * (65 * 64) + 65 * 3 = 8,707
    demo.close()


def test_painter_takes_any_picture():
    demo = Painter(np.zeros((30, 60), np.uint8))
    rest(demo)
    assert demo.model.shape == (64, 128, 3)
    demo.close()


def test_painter_refuses_a_name_that_is_none():
    with pytest.raises(ValueError, match="Did you mean"):
        Painter("catt")
