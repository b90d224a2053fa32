"""`cs182viz train inversion_network`: what comes out, how it goes on, and what it says of bad input."""

import json

import pytest

from cs182viz import cli
from cs182viz.images import load_images
from cs182viz.techniques.inversion_network import load_inverter


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    for picture in load_images():
        picture.image.resize((64, 64)).save(folder / f"{picture.name}.png")
    return folder


def train(pictures, out, *more, minutes=0.03, layers=("pool5", "fire9")):
    line = [
        "train",
        "inversion_network",
        "--out",
        str(out),
        "--minutes",
        str(minutes),
        "--device",
        "cpu",
        "--batch",
        "1",
    ]
    return cli.main([*line, "--layers", *layers, "--pictures", *map(str, pictures), *more])


@pytest.fixture(scope="module")
def trained(pictures, tmp_path_factory):
    out = tmp_path_factory.mktemp("trained")
    assert train([pictures, pictures], out) == 0
    return out


def test_weights_and_card_say_what_they_are_and_training_goes_on(pictures, trained, capsys):
    card = json.loads((trained / "inversion_network.json").read_text())
    assert card["layers"] == ["pool5", "fire9"]
    assert card["batch"] == 2
    assert card["data"].count(" and ") == 2
    for layer in card["layers"]:
        network = load_inverter(layer, trained / "inversion_network.safetensors")
        assert network.layer == layer
        assert not any(parameter.requires_grad for parameter in network.parameters())
    assert train([pictures, pictures], trained) == 0
    assert f"Going on from step {card['steps']}" in capsys.readouterr().out
    assert json.loads((trained / "inversion_network.json").read_text())["steps"] > card["steps"]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--layers", "fc7"], "codes are those of fire4, pool5, fire9, log_probabilities; got 'fc7'"),
        (["--batch", "0"], "--batch is 1 or more"),
        (["--learning-rate", "0"], "--learning-rate lies between 0 and 1"),
        (["--minutes", "0"], "--minutes is more than 0"),
        (["--pictures", "no_folder"], "neither a folder nor a zip file"),
    ],
)
def test_what_is_wrong_is_said_at_once(pictures, tmp_path, capsys, more, words):
    assert train([pictures], tmp_path / "out", *more) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_judge_goes_on_from_the_simple_network(pictures, trained, tmp_path, capsys):
    begin = str(trained / "inversion_network.safetensors")
    more = ["--gan", "--begin-with", begin]
    assert train([pictures], tmp_path / "gan", *more, layers=("pool5",)) == 0
    card = json.loads((tmp_path / "gan" / "inversion_network.json").read_text())
    assert card["loss of"] == "image, features and a judge"
    assert load_inverter("pool5", tmp_path / "gan" / "inversion_network.safetensors").layer == "pool5"
    assert train([pictures], tmp_path / "other", *more, layers=("fire4",)) == 2
    assert "inverts pool5, fire9, and fire4 was asked for" in capsys.readouterr().err


def test_a_folder_without_pictures_is_refused(tmp_path, capsys):
    (tmp_path / "notes.txt").write_text("no picture")
    assert train([tmp_path], tmp_path / "out") == 2
    assert "has 0 pictures" in capsys.readouterr().err


def test_a_checkpoint_of_other_layers_is_refused_and_kept(pictures, trained, capsys):
    kept = (trained / "inversion_network.pt").read_bytes()
    assert train([pictures], trained, layers=("fire4",)) == 2
    assert "this checkpoint inverts pool5, fire9, and training was asked for fire4" in capsys.readouterr().err
    assert (trained / "inversion_network.pt").read_bytes() == kept
