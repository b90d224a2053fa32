"""Does the live t-SNE run the usual schedule, send what the page can draw, and follow its sliders?"""

import numpy as np
import pytest
from PIL import Image

from cs182viz.demos.tsne_live import demo as tsne_live
from cs182viz.demos.tsne_live.demo import TSNELive
from cs182viz.images import digits
from cs182viz.techniques.embedding import tsne_steps

SOON = 60


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    monkeypatch.setattr(tsne_live, "PACE", 1e6)
    monkeypatch.setattr(tsne_live, "FRAME", 0.0)
    monkeypatch.setattr(tsne_live, "EXAGGERATED", 100)
    monkeypatch.setattr(tsne_live, "STEPS", 300)
    monkeypatch.setattr(tsne_live, "MORE", 50)


@pytest.fixture
def points():
    return digits()[0][:120]


@pytest.fixture
def labels():
    return digits()[1][:120]


@pytest.fixture
def live(points, labels, tmp_path):
    demo = TSNELive(points, labels, keep=tmp_path / "tsne.png")
    yield demo
    demo.close()


def rest(demo):
    assert demo.worker.idle.wait(SOON)
    assert demo.worker.error is None


def test_untouched_it_ends_where_tsne_ends(live, points):
    rest(live)
    *_, (step, _, kl) = tsne_steps(points, max_iter=300, exaggerated_steps=100)
    assert live.count == step == 300
    assert live.kl == pytest.approx(kl, rel=1e-6)
    assert live.exaggeration.value == 1
    assert live.learning_rate.value == 50  # 120 / 4 is less than the least, 50
    assert Image.open(live.keep).size == (800, 800)


def test_frames_are_half_floats_that_fill_the_square(live, monkeypatch):
    sent = []
    monkeypatch.setattr(live.map, "send", lambda message, buffers: sent.append((message, buffers)))
    rest(live)
    live._answer(live.map, {"kind": "hello"}, [])
    message, (buffer,) = sent[-1]
    assert message == {"kind": "frame", "step": 300}
    points = np.frombuffer(buffer, "<f2").reshape(-1, 2).astype(float)
    assert np.abs(points).max() == 1
    middle = points - points.mean(axis=0)
    expected = live.Y - live.Y.mean(axis=0)
    np.testing.assert_allclose(middle / middle.std(), expected / expected.std(), atol=2e-3)  # nothing is stretched


def test_a_slider_that_is_moved_at_rest_wakes_it_and_counts(live):
    rest(live)
    before = live.Y.copy()
    live.perplexity.value = 8
    rest(live)
    assert live.controls.perplexity == 8
    assert live.count == 350
    assert not np.allclose(live.Y, before)


def test_the_schedule_leaves_alone_what_somebody_moved(points, labels, monkeypatch):
    monkeypatch.setattr(tsne_live, "PACE", 200)  # slow enough to be there in time
    demo = TSNELive(points, labels)
    demo.exaggeration.value = 4
    rest(demo)
    assert demo.count >= 300
    assert demo.exaggeration.value == demo.controls.exaggeration == 4
    demo.close()


def test_stop_ends_it_and_go_on_goes_on_from_there(points, labels, monkeypatch):
    monkeypatch.setattr(tsne_live, "PACE", 100)
    demo = TSNELive(points, labels)
    while demo.count < 5:
        demo.worker.idle.wait(0.01)
    demo.stop()
    rest(demo)
    stopped = demo.count
    assert stopped < 300
    assert "Stopped" in demo._status.value
    demo.resume()
    rest(demo)
    assert demo.count == stopped + 50
    demo.close()


def test_starting_over_gives_the_same_map_again(live):
    rest(live)
    first = live.Y.copy()
    live.exaggeration.value = 3
    rest(live)
    live.restart()
    rest(live)
    assert live.count == 300
    np.testing.assert_allclose(live.Y, first, atol=1e-3 * np.abs(first).max())


def test_ten_most_frequent_labels_get_colours_and_the_others_share_grey():
    labels = np.array([f"class {i % 12:02}" for i in range(120)] + [f"class {i:02}" for i in range(10)])
    kinds, names, colours = tsne_live._classes(labels, 130)
    assert names == [*(f"class {i:02}" for i in range(10)), "others"]
    assert len(set(colours)) == 11
    assert [names[kind] for kind in kinds[9:13]] == ["class 09", "others", "others", "class 00"]


def test_pictures_and_labels_are_told_apart(points, labels):
    pictures = points.reshape(-1, 8, 8)
    assert tsne_live._sorted_out(pictures, None, 120)[1] is None
    assert tsne_live._sorted_out(labels, None, 120)[0] is None
    found = tsne_live._sorted_out(pictures, labels, 120)
    assert found[0] is pictures
    assert tsne_live._sorted_out([Image.new("RGB", (9, 9))] * 120, None, 120)[1] is None


@pytest.mark.parametrize(("what", "match"), [("pictures", "one picture for each of 120"), ("labels", "one label")])
def test_a_wrong_number_of_them_is_refused(points, labels, what, match):
    given = points.reshape(-1, 8, 8)[:7] if what == "pictures" else labels[:7]
    with pytest.raises(ValueError, match=match):
        TSNELive(points, given)


def test_points_that_are_none_are_refused_at_once(labels):
    with pytest.raises(ValueError, match="NaN"):
        TSNELive(np.full((120, 3), np.nan), labels)
