"""The networks that ship for inverting codes: the figures of their cards, measured again."""

import hashlib
import json

import pytest
import torch

from cs182viz.assets import data_path
from cs182viz.images import load_images
from cs182viz.techniques.common.weights_file import CheckpointError, save_weights
from cs182viz.techniques.inversion_network import (
    CODES,
    code_errors,
    encode,
    load_inverter,
    mean_distance,
    normalised_errors,
    still_named,
)
from cs182viz.techniques.inversion_network import shipped as shipped_module
from cs182viz.techniques.inversion_network.shipped import SHA256
from cs182viz.zoo import load_model


@pytest.fixture(scope="module")
def model():
    return load_model()


@pytest.fixture(scope="module")
def photographs(model):
    return torch.cat([model.preprocess(picture) for picture in load_images()])


@pytest.mark.parametrize("name", SHA256)
class TestWhatShips:
    """The figures of the cards, computed again on photographs that no network learned from."""

    def test_it_is_small_and_says_where_it_comes_from(self, name):
        file = data_path("inversion", f"{name}.safetensors")
        card = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
        assert file.stat().st_size <= 1_000_000
        assert hashlib.sha256(file.read_bytes()).hexdigest() == card["sha256"] == SHA256[name]
        assert card["layers"] == [name.removesuffix("_gan")]
        assert {"data", "data licence", "licence", "seconds", "machine", "steps"} <= set(card)

    def test_it_is_as_near_as_its_card_says_and_nearer_than_the_search(self, name, model, photographs):
        card = json.loads(data_path("inversion", f"{name}.json").read_text(encoding="utf-8"))["held out"]
        layer = name.removesuffix("_gan")
        network = load_inverter(layer, gan=name != layer)
        with torch.no_grad():
            found = torch.cat([network(encode(model, layer, part)) for part in photographs.split(8)])
        unit = mean_distance(photographs)
        errors = normalised_errors(found, photographs, unit)
        assert float(errors.mean()) == pytest.approx(card["normalised error"], abs=0.005)
        kept = still_named(model, found, photographs, top=5).float().mean()
        assert float(kept) == pytest.approx(card["first answer among five"], abs=0.03)
        mean_picture = photographs.mean(dim=0, keepdim=True).expand_as(photographs)
        assert errors.mean() < normalised_errors(mean_picture, photographs, unit).mean()  # it says more than nothing
        assert card["normalised error, network"] < card["normalised error, search"]
        assert card["times faster"] >= 100


def test_deeper_codes_say_less():
    cards = [json.loads(data_path("inversion", f"{layer}.json").read_text(encoding="utf-8")) for layer in CODES]
    errors = [card["held out"]["normalised error"] for card in cards]
    assert errors == sorted(errors)


@pytest.mark.parametrize("layer", ["fire9", "log_probabilities"])
def test_against_a_judge_more_of_what_a_photograph_shows_is_recognised(layer, model, photographs):
    off, named = {}, {}
    for gan in (False, True):
        with torch.no_grad():
            network = load_inverter(layer, gan=gan)
            found = torch.cat([network(encode(model, layer, part)) for part in photographs.split(8)])
        off[gan] = code_errors(model, layer, found, photographs).mean()
        named[gan] = still_named(model, found, photographs).sum()
    assert off[True] < off[False]
    assert named[True] > named[False]


def test_no_other_code_has_a_network_against_a_judge():
    with pytest.raises(ValueError, match="no network that learned against a judge ships for fire4"):
        load_inverter("fire4", gan=True)


def test_a_damaged_file_and_another_one_are_refused(monkeypatch, tmp_path):
    data = bytearray(data_path("inversion", "fire4.safetensors").read_bytes())
    data[-1] ^= 1
    (tmp_path / "damaged").write_bytes(data)
    monkeypatch.setattr(shipped_module, "data_path", lambda *names: tmp_path / "damaged")
    with pytest.raises(CheckpointError, match="is damaged: install cs182viz again"):
        load_inverter("fire4")
    data[-1] ^= 1
    (tmp_path / "whole").write_bytes(data)
    with pytest.raises(CheckpointError, match="inverts fire4, and pool5 was asked for"):
        load_inverter("pool5", tmp_path / "whole")
    save_weights(tmp_path / "other", {"w": torch.ones(2)}, {"layers": ["fire4"]})
    with pytest.raises(CheckpointError, match="is of another network or version"):
        load_inverter("fire4", tmp_path / "other")
