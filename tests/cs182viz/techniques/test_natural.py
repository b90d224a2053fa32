"""Are squares cut where they should be, does the network place them, and are its first filters smooth?"""

import itertools
import socket
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.datasets import utils

from cs182viz import images
from cs182viz.assets import AssetError
from cs182viz.techniques import natural
from cs182viz.techniques.digits import accuracy


@pytest.fixture(scope="module")
def data():
    return natural.patches(natural.PHOTOGRAPHS[:4], count=100)


def test_nothing_that_is_held_out_is_learned(monkeypatch):
    picture = np.zeros((80, 400, 3), np.uint8)
    picture[:, 300:] = 255  # the right quarter is white
    monkeypatch.setattr(images, "load_image", lambda name: Image.fromarray(picture))
    learned, held_out = natural.patches(["one", "other"], count=40)
    assert (len(learned), len(held_out)) == (80, 20)
    assert learned.X.std() == 0 or torch.isnan(learned.X).all()  # all black
    assert torch.bincount(held_out.y).tolist() == [10, 10]


def test_colours_are_standard(data):
    learned, _ = data
    assert learned.X.shape == (400, 3, 24, 24)
    assert torch.allclose(learned.X.mean(dim=(0, 2, 3)), torch.zeros(3), atol=1e-4)
    assert torch.allclose(learned.X.std(dim=(0, 2, 3)), torch.ones(3), atol=1e-3)


def test_squares_are_placed_and_the_first_layer_is_smooth(data):
    learned, held_out = data
    runner = natural.learn(learned, steps=120)
    _, network, _ = next(runner)
    rough = roughness(network.first.weight)
    *_, (step, network, _) = runner
    assert step == 120
    assert accuracy(network, held_out) > 0.6  # one in four by chance
    assert roughness(network.first.weight) < 0.6 * rough
    drawn = natural.show_layers(network, title="Weights")
    assert [len(ax.images) for ax in drawn.axes] == [1, 1, 1]


def test_a_seed_decides(data):
    def losses(seed):
        return [loss for _, _, loss in itertools.islice(natural.learn(data[0], seed=seed), 3)]

    assert losses(1) == losses(1) != losses(2)


@pytest.mark.parametrize("download", [True, False])
def test_cifar10_that_cannot_be_had_says_what_to_do(tmp_path, monkeypatch, download):
    def no_network(*_):
        raise URLError("Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    with pytest.raises(AssetError) as caught:
        natural.cifar10(tmp_path, download=download)
    said = str(caught.value)
    assert f"CIFAR-10 is not in {tmp_path}" in said
    assert ("Name or service not known" in said) == download
    assert "cifar-10-python.tar.gz on another machine" in said
    assert "natural.patches()" in said


def test_the_file_of_another_machine_is_taken(tmp_path, monkeypatch):
    opened = []

    def extract(archive, *_):
        opened.append(Path(archive))
        raise RuntimeError("not looked into here")

    monkeypatch.setattr(utils, "check_integrity", lambda path, md5=None: Path(path).is_file())
    monkeypatch.setattr(utils, "extract_archive", extract)
    (tmp_path / "cifar-10-python.tar.gz").write_bytes(b"as it is")
    with pytest.raises(AssetError):
        natural.cifar10(tmp_path)
    assert opened == [tmp_path / "cifar-10-python.tar.gz"]


def roughness(weights):
    """How much neighbours differ, against how much any two pixels of the filters do: about 1 for noise."""
    step = (weights[..., 1:] - weights[..., :-1]).square().mean()
    return float((step / (2 * weights.var())).detach())
