"""The page of the autoencoder without a browser: its plane changes, a place is decoded, it stops and begins again."""

import io

import numpy as np
from patience import wait
from PIL import Image

from cs182viz.demos.autoencoder import Autoencoder
from cs182viz.techniques.digits.autoencoder import REACH

SOON = 60


def test_the_plane_changes_and_a_place_is_decoded(tmp_path):
    demo = Autoencoder(keep=tmp_path / "autoencoder.png")
    first = demo._plane()
    wait(lambda: demo.step > 100)
    demo.stop()
    assert demo.worker.idle.wait(SOON)
    assert np.abs(demo._plane().astype(int) - first).max() > 20
    assert demo.losses.rows[-1, 1] < demo.losses.rows[0, 1]
    tile = demo._plane()[:8, -8:]  # the middle of the tile in the right upper corner
    demo._point({"kind": "at", "x": 0.95, "y": 0.95}, [])
    assert f"({0.95 * REACH:.2f}, {0.95 * REACH:.2f})" in demo._where.value
    shown = np.asarray(Image.open(io.BytesIO(demo._decoded.value)))[10::21, 10::21]
    assert (shown == tile).all()
    stopped = demo.step
    demo.resume()
    wait(lambda: demo.step > stopped)
    old = demo.network
    demo.restart()
    wait(lambda: demo.network is not old and demo.step > 2)
    demo.stop()
    assert demo.worker.idle.wait(SOON)
    assert demo.worker.error is None
    assert (np.diff(demo.losses.rows[:, 0]) >= 0).all()  # nothing of the old one
    assert Image.open(demo.keep).size == (1380, 720)
    demo.close()
