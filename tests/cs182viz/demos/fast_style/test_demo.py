"""FastStyle without a browser: what is painted, mixed, counted and kept."""

import io
import time

import numpy as np
import pytest
import torch
from PIL import Image

from cs182viz import demos, imageops
from cs182viz.demos.fast_style.demo import SIDE, STILL
from cs182viz.images import load_images
from cs182viz.techniques.fast_style import Stylizer

SOON = 60


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(1)
    network = Stylizer(["one_hand", "another"], width=16, blocks=1).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.ndim == 2:
                parameter.add_(0.5 * torch.randn_like(parameter))
    return network.requires_grad_(False)


@pytest.fixture
def demo(network, tmp_path, monkeypatch):
    monkeypatch.setenv("CS182VIZ_CACHE", str(tmp_path / "cache"))
    demo = demos.FastStyle(network, pictures=load_images(["cat", "panda"]), keep=tmp_path / "kept.png")
    yield rest(demo)
    demo.close()


def rest(demo):
    assert demo.worker.idle.wait(SOON)
    assert demo.worker.error is None
    return demo


def shown(demo):
    return np.asarray(Image.open(io.BytesIO(demo._shown.value)).convert("RGB")).astype(float)


def painted(network, image, side, mix):
    x = imageops.resize(imageops.preprocess(image, size=None), side)
    return imageops.deprocess(network(x, mix)).astype(float)


def test_a_picture_is_painted_in_the_chosen_style_and_in_a_mixture(demo, network):
    cat = load_images(["cat"])[0].image
    assert np.abs(shown(demo) - painted(network, cat, STILL, network.mixture("one_hand"))).mean() < 2  # JPEG
    demo.share.value = 0.5
    rest(demo)
    mixed = painted(network, cat, STILL, network.mixture("one_hand", "another"))
    assert np.abs(shown(demo) - mixed).mean() < 2
    assert "milliseconds" in demo.rate.value


def test_what_is_at_rest_is_kept_and_a_photograph_is_a_file_of_its_own(demo, tmp_path):
    kept = Image.open(tmp_path / "kept.png")
    assert kept.width == 2 * kept.height * demo._painted.width // demo._painted.height
    paths = [demo.save_photograph() for _ in range(2)]
    assert paths[0] != paths[1]
    paths[0].unlink()
    kept = paths[1].read_bytes()
    assert demo.save_photograph() == paths[0]  # the one that is there is not written over
    assert paths[1].read_bytes() == kept
    assert np.array_equal(np.asarray(Image.open(paths[1])), np.asarray(demo._painted))


def test_what_is_said_of_a_photograph_stays_until_the_next_thing_is_done(demo):
    demo._photograph()
    demo._settle("")  # as a painting does that ends later
    assert "photograph-1.png" in demo._status.value
    demo._refuse("this is no picture")
    assert "photograph-1.png" not in demo._status.value
    demo._photograph()
    demo.style.value = "another"
    assert "photograph" not in rest(demo)._status.value


def test_a_painting_that_ends_late_does_not_take_the_webcam_s_stop_away(demo):
    demo._switch_webcam(True)
    demo._settle("")
    demo._take("webcam", Image.new("RGB", (SIDE, SIDE)))
    rest(demo)
    assert not demo._stop.disabled
    assert "The webcam is on." in demo._status.value


def test_the_newest_frame_counts_and_no_queue_grows(demo, network):
    asked = []
    demo._chooser.next_frame = lambda: asked.append(time.monotonic())
    demo._switch_webcam(True)
    frames = [Image.new("RGB", (SIDE, SIDE), (n, 255 - n, 128)) for n in range(0, 250, 25)]
    for frame in frames:
        demo._take("webcam", frame)
    rest(demo)
    assert len(asked) == len(frames)
    assert np.abs(shown(demo) - painted(network, frames[-1], SIDE, network.mixture("one_hand"))).mean() < 2
    assert 0 < demo.frames_a_second * 2 <= len(frames)
    assert "frames a second" in demo.rate.value
    demo._switch_webcam(False)
    rest(demo)
    assert demo.frames_a_second == 0


def test_nothing_to_keep_is_said(network, monkeypatch):
    demo = demos.FastStyle(network, pictures=load_images(["cat"]))
    rest(demo)
    demo._painted = None
    with pytest.raises(ValueError, match="nothing is painted yet"):
        demo.save_photograph()
    demo.close()
