"""`cs182viz train`: stops, goes on exactly, keeps what was there, and says in a sentence what is wrong."""

import json
import shutil
import signal
import subprocess
import sys
import time

import pytest
import torch

from cs182viz import cli
from cs182viz.images import load_images
from cs182viz.techniques.common import weights_file
from cs182viz.techniques.fast_style import load_stylizer
from cs182viz.training import command
from grading.config import CLONE

NOTEBOOK = CLONE / "solutions" / "style_transfer" / "style_transfer.ipynb"


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    for picture in load_images():
        picture.image.resize((96, 96)).save(folder / f"{picture.name}.png")
    return folder


def arguments(pictures, out, minutes, *more):
    paintings = ["--styles", "starry_night", "wave", "--size", "64", "--batch", "2", "--device", "cpu"]
    known = ["--pictures", str(pictures), "--out", str(out), "--losses", str(NOTEBOOK), "--minutes", str(minutes)]
    return ["train", "fast_style", *known, *paintings, *more]


@pytest.fixture(scope="module")
def trained(pictures, tmp_path_factory):
    out = tmp_path_factory.mktemp("trained")
    assert cli.main(arguments(pictures, out, 0.05)) == 0
    return out


def test_weights_and_card_say_what_they_are(trained):
    card = json.loads((trained / "fast_style.json").read_text())
    assert card["styles"] == ["starry_night", "wave"]
    assert card["steps"] > 2
    assert 2 <= card["seconds"] <= 60
    assert "held out" in card["data"]
    network = load_stylizer(trained / "fast_style.safetensors")
    assert network.styles == ("starry_night", "wave")
    assert not any(parameter.requires_grad for parameter in network.parameters())
    weights_file.load_weights(trained / "fast_style.safetensors", card["sha256"])


def test_training_goes_on_from_its_checkpoint(pictures, trained, tmp_path, capsys):
    shutil.copytree(trained, tmp_path / "out")
    before = json.loads((trained / "fast_style.json").read_text())
    assert cli.main(arguments(pictures, tmp_path / "out", 0.02)) == 0
    assert f"Going on from step {before['steps']}" in capsys.readouterr().out
    after = json.loads((tmp_path / "out" / "fast_style.json").read_text())
    assert after["steps"] > before["steps"]
    assert after["seconds"] > before["seconds"]


def test_ctrl_c_keeps_what_is_there(pictures, tmp_path):
    line = [sys.executable, "-m", "cs182viz.cli", *arguments(pictures, tmp_path / "out", 10)]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1)
    seen = ""
    while "step 3" not in seen and process.poll() is None:
        seen += process.stderr.read(80)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Stopped." in output
    assert "goes on from here" in output
    assert json.loads((tmp_path / "out" / "fast_style.json").read_text())["steps"] >= 3


def test_a_full_disk_costs_nothing_that_was_there(pictures, trained, tmp_path, monkeypatch, capsys):
    shutil.copytree(trained, tmp_path / "out")
    kept = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}

    def full(state, path):
        path.write_bytes(b"half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    assert cli.main(arguments(pictures, tmp_path / "out", 0.01)) == 1
    assert "No space left on device" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == kept


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--size", "30"], "--size is a multiple of 4 from 64 on, got 30"),
        (["--batch", "0"], "--batch is 1 or more"),
        (["--learning-rate", "0"], "--learning-rate lies between 0 and 1"),
        (["--minutes", "-1"], "--minutes is more than 0"),
        (["--styles", "nothing_of_ours"], "nothing_of_ours"),
        (["--styles", "none.jpg"], "the painting none.jpg cannot be read"),
        (["--losses", "no.ipynb"], "no.ipynb cannot be read as a notebook"),
        (["--device", "cuda:99"], "there is no device"),
        (["--pictures", "no_folder"], "neither a folder nor a zip file"),
    ],
)
def test_what_is_wrong_is_said_at_once(pictures, tmp_path, capsys, more, words):
    started = time.monotonic()
    assert cli.main(arguments(pictures, tmp_path / "out", 1, *more)) == 2
    assert words in capsys.readouterr().err
    assert time.monotonic() - started < 20
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"nonsense", "is no checkpoint, or a damaged one"), (None, "this checkpoint has the styles starry_night, wave")],
)
def test_a_checkpoint_of_something_else_is_refused_and_kept(pictures, trained, tmp_path, capsys, content, words):
    out = tmp_path / "out"
    shutil.copytree(trained, out)
    if content is not None:
        (out / "fast_style.pt").write_bytes(content)
    kept = (out / "fast_style.pt").read_bytes()
    assert cli.main(arguments(pictures, out, 1, "--styles", "harvest")) == 2
    assert words in capsys.readouterr().err
    assert (out / "fast_style.pt").read_bytes() == kept


def test_losses_come_from_any_notebook_that_has_them(tmp_path):
    cells = [
        "%matplotlib inline\nimport torch",
        "def content_loss(w, a, b):\n    return w * (a - b).square().sum()",
        "def gram_matrix(f, normalize=True):\n    return f",
        "raise RuntimeError('a cell that is not needed')",
        "def style_loss(*a):\n    return 0\n\n\ndef tv_loss(img, w):\n    return 0",
        "def tv_loss(img, w):\n    return 7",
    ]
    path = tmp_path / "mine.ipynb"
    path.write_text(json.dumps({"cells": [{"cell_type": "code", "source": [source]} for source in cells]}))
    found = command.fast_style.losses_in(path)
    assert found["tv_loss"](None, 1) == 7
    assert found["content_loss"](2.0, torch.tensor([3.0]), torch.tensor([1.0])) == 8
    path.write_text(json.dumps({"cells": [{"cell_type": "code", "source": "\n".join(cells[1:3])}]}))
    with pytest.raises(ValueError, match="does not define style_loss, tv_loss"):
        command.fast_style.losses_in(path)
