"""The frame that all demonstrations share, without a browser."""

import base64
import io
import itertools
import threading

import ipywidgets as widgets
import numpy as np
import pytest
import torch
from patience import wait
from PIL import Image

from cs182viz import layers, zoo
from cs182viz.demos.page.base import Demo, encoded, private_copy, write_atomically

SOON = 10


class Counter(Demo):
    """Counts; its picture is as grey as the last number."""

    def __init__(self, **options):
        super().__init__("Counter", "Watch it <count>.", **options)
        self.last = 0
        self.body.children = [widgets.Label("body")]

    def count(self, numbers, **options):
        self.run(lambda: iter(numbers), on_frame=self._show, **options)

    def snapshot(self):
        return Image.new("RGB", (4, 3), (self.last,) * 3)

    def _show(self, number):
        self.last = number


@pytest.fixture
def counter(tmp_path):
    demo = Counter(keep=tmp_path / "pictures" / "counter.png")
    yield demo
    demo.close()


def status(demo):
    return demo._status.value


def test_the_settled_picture_is_kept_and_is_the_last_frame(counter):
    counter.count([10, 20, 77], done="Counted.")
    assert counter.worker.idle.wait(SOON)
    kept = np.asarray(Image.open(counter.keep))
    assert kept.shape == (3, 4, 3)
    assert (kept == 77).all()
    assert "Counted." in status(counter)
    assert [path.name for path in counter.keep.parent.iterdir()] == ["counter.png"]


def test_a_picture_with_a_bare_name_is_kept_in_the_users_cache_and_no_folder_changes(tmp_path, monkeypatch):
    here = tmp_path / "lectures"
    (here / "pictures").mkdir(parents=True)
    monkeypatch.chdir(here)
    monkeypatch.setenv("CS182VIZ_CACHE", str(tmp_path / "cache"))
    demo = Counter(keep="counter.png")
    demo.count([33])
    assert demo.worker.idle.wait(SOON)
    demo.close()
    assert [path.name for path in here.rglob("*")] == ["pictures"]
    assert (np.asarray(Image.open(tmp_path / "cache" / "pictures" / "counter.png")) == 33).all()
    again = Counter(keep="counter.png")
    assert "image/png" in again._repr_mimebundle_()
    again.close()


def test_stop_is_offered_only_while_something_runs_and_keeps_the_picture(counter):
    begun = threading.Event()

    def numbers():
        number = 0
        while True:
            yield (number := min(number + 1, 200))
            if number == 200:
                begun.set()

    assert counter._stop.disabled
    counter.count(numbers(), total=500)
    assert begun.wait(SOON)
    assert not counter._stop.disabled
    assert counter._progress.layout.display == "flex"
    counter._stop.click()
    assert counter.worker.idle.wait(SOON)
    assert counter._stop.disabled
    assert counter._progress.layout.display == "none"
    assert "Stopped." in status(counter)
    assert (np.asarray(Image.open(counter.keep)) == 200).all()


def test_progress_is_the_share_of_frames_that_came(counter):
    seen = []
    counter._progress.observe(lambda change: seen.append(change["new"]), names="value")
    counter.count([1, 2, 3, 4], total=4)
    assert counter.worker.idle.wait(SOON)
    assert seen == [0.25, 0.5, 0.75, 1.0]


def test_a_failing_job_leaves_a_sentence_and_no_markup(counter):
    def fail():
        raise ValueError("no <b>picture</b> here")

    counter.run(fail)
    assert counter.worker.idle.wait(SOON)
    assert "no &lt;b&gt;picture&lt;/b&gt; here." in status(counter)
    assert "Traceback" not in status(counter)
    assert counter._stop.disabled
    assert not counter.keep.exists()


@pytest.mark.parametrize("start", [Demo.run, lambda demo, job: demo.follow(job, lambda _: None)])
def test_what_goes_wrong_while_a_job_runs_is_said_until_the_next_one(counter, start):
    begun, go_on = threading.Event(), threading.Event()

    def job():
        begun.set()
        go_on.wait(10)

    start(counter, job)
    assert begun.wait(10)
    counter.show_error("this is no picture")
    go_on.set()
    assert counter.worker.idle.wait(10)
    assert "this is no picture" in status(counter)
    start(counter, lambda: None)
    assert counter.worker.idle.wait(10)
    assert "this is no picture" not in status(counter)


def test_without_a_kernel_the_kept_picture_stands_for_the_widget(counter):
    bundle = counter._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "image/png" not in bundle
    counter.count([50])
    assert counter.worker.idle.wait(SOON)
    again = Counter(keep=counter.keep)
    for demo in (counter, again):  # its own picture, or the one that an earlier session left
        png = base64.b64decode(demo._repr_mimebundle_()["image/png"])
        assert (np.asarray(Image.open(io.BytesIO(png))) == 50).all()
    again.close()


def test_where_nothing_can_be_written_the_demo_says_so_and_goes_on(counter):
    counter.keep.parent.write_text("a file where the folder should be")
    counter.count([5], done="Counted.")
    assert counter.worker.idle.wait(SOON)
    assert "Counted." in status(counter)
    assert "Not kept" in status(counter)
    assert counter.worker.error is None


def test_running_the_cell_again_stops_what_ran_there(counter):
    begun = threading.Event()

    def endless():
        while True:
            yield 1
            begun.set()

    counter.count(endless())
    assert begun.wait(SOON)
    again = Counter()
    assert counter.worker.idle.wait(SOON)
    again.close()


def test_what_makes_room_rests_after_its_next_frame_when_another_is_made_and_goes_on_when_asked(counter):
    class Patient(Counter):
        makes_room = True

    patient, may_yield = Patient(), threading.Event()

    def numbers():
        may_yield.wait(SOON)  # its first frame takes long
        yield from itertools.cycle([10, 20])

    patient.count(numbers())
    counter.count(itertools.cycle([30]))  # does not make room
    another = Demo("Another")
    may_yield.set()
    assert patient.worker.idle.wait(SOON)
    assert patient.last == 10
    assert "another demonstration was started: press Go on" in status(patient)
    assert not counter.worker.idle.is_set()
    patient.count(itertools.cycle([50]))
    wait(lambda: patient.last == 50, seconds=SOON)
    patient.stop()
    assert patient.worker.idle.wait(SOON)
    assert "Stopped." in status(patient)
    for demo in (patient, another):
        demo.close()


def test_close_takes_every_widget_away(counter):
    parts = [counter.widget, *counter.widget.children, *counter.body.children]
    counter.close()
    assert all(part.comm is None for part in parts)


def test_encoded_pictures_come_back_as_they_were():
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert (np.asarray(Image.open(io.BytesIO(encoded(grey)))) == grey).all()
    large = np.asarray(Image.open(io.BytesIO(encoded(grey, side=40, crisp=True))))
    assert (large == np.kron(grey, np.ones((10, 10), np.uint8))).all()


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "picture.png"
    write_atomically(path, b"old")

    def fail(*_):
        raise OSError("the disk is full")

    monkeypatch.setattr("pathlib.Path.replace", fail)
    with pytest.raises(OSError, match="full"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_private_copy_shares_the_weights_and_not_the_hooks():
    model = zoo.tiny_network()
    mine = private_copy(model)
    pairs = list(zip(model.parameters(), mine.parameters(), strict=True))
    assert all(ours is theirs for ours, theirs in pairs)
    x = torch.randn(1, 3, 8, 8, dtype=torch.float64)
    with layers.record(mine, "conv1") as seen:
        model(x)
        assert seen == {}
        mine(x)
        assert list(seen) == ["conv1"]
    assert torch.equal(model(x), mine(x))
    assert mine.recipe == model.recipe
