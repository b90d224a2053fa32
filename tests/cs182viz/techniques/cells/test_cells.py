"""The network that reads code: its own loop against PyTorch's, scores against scikit-learn's, training that resumes."""

import copy
import json
import math

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from cs182viz.assets import data_path
from cs182viz.techniques import cells
from cs182viz.techniques.cells import NGram, Reader, State, text, train
from cs182viz.techniques.cells.labels import NAMES
from cs182viz.techniques.cells.scores import correlation
from cs182viz.techniques.cells.shipped import SOURCES
from cs182viz.techniques.common.weights_file import CheckpointError

CARD = json.loads(data_path("cells/cells.json").read_text())
CODE = 'int main() {\n  if( a ){ puts("b"); } /* c */\n}\n' * 40


@pytest.fixture(scope="module")
def small():
    torch.manual_seed(1)
    return Reader(cells=12, width=5)


@pytest.fixture(scope="module")
def readings():
    network = cells.load_reader()
    return [network.read(cells.load_source(name)) for name in SOURCES]


def test_reading_is_pytorch_s_lstm_character_by_character(small):
    code = CODE[:60]
    reading, memory = small.read(code), None
    numbers = text.encode(code)
    for t in range(len(code)):
        scores, memory = small(numbers[None, t : t + 1], memory)
        torch.testing.assert_close(reading.cells[t], memory[1][0, 0].tanh(), atol=1e-6, rtol=1e-5)
        torch.testing.assert_close(reading.log_probabilities[t], scores[0, 0].log_softmax(0), atol=1e-5, rtol=1e-5)
    expected = [-float(reading.log_probabilities[t, numbers[t + 1]]) / math.log(2) for t in range(len(code) - 1)]
    assert reading.bits.tolist() == pytest.approx(expected, abs=1e-5)


def test_what_is_no_source_text_is_refused_in_a_sentence(small):
    for bad, words in [("", "is empty"), (" \n", "is empty"), ("x\0y", "zero bytes"), ("x" * 10**6, "1,000,000")]:
        with pytest.raises(ValueError, match=words):
            small.read(bad)
    with pytest.raises(ValueError, match=r"notes\.c is not UTF-8 at byte 3"):
        text.decode(b"int\xff", "notes.c")
    assert text.decode("\ufeffé\r\nb".encode()) == "é\nb"
    assert text.encode("aé\n").tolist() == [text.ALPHABET.index("a"), text.UNKNOWN, 0]


def test_scores_are_pearson_s_and_the_auc(small):
    reading = small.read(CODE[:400])
    labels, found = cells.label(reading.text), cells.scores(reading)
    values = reading.cells.numpy()
    for cell in (0, 7):
        for name in ("depth", "column"):
            assert found[name][cell] == pytest.approx(np.corrcoef(values[:, cell], labels[name])[0, 1], abs=1e-6)
        for name in ("comment", "string", "if"):
            auc = roc_auc_score(labels[name], values[:, cell])
            assert found[name][cell] == pytest.approx(2 * auc - 1, abs=1e-6)
    assert correlation(np.ones((5, 2)), np.arange(5)).tolist() == [0, 0]
    for name in ("comment", "string"):
        assert not cells.scores(small.read("int a;"))[name].any()  # nothing is inside, so nothing follows it


def test_a_planted_cell_is_found(small):
    reading = small.read(CODE)
    depth = torch.from_numpy(cells.label(CODE)["depth"]).float()
    planted = reading.cells.clone()
    planted[:, 9] = (-0.4 * depth).tanh()
    found = cells.find_cells(cells.Reading(CODE, planted, reading.log_probabilities, reading.bits))["depth"]
    assert found.cell == 9
    assert found.score < -0.95
    assert math.isnan(found.held_out)


def test_the_ngram_s_probabilities_sum_to_one_and_are_kneser_and_ney_s():
    numbers = text.encode("abracadabra").numpy()
    model = NGram(numbers, order=2)
    every = np.arange(text.SYMBOLS)
    for context in (*numbers, text.UNKNOWN):
        assert model.probability(np.stack([np.full_like(every, context), every], 1)).sum() == pytest.approx(1)
    # By hand. Pairs: ab 2, br 2, ra 2, ac, ca, ad, da. After "a" came b, b, c, d: 4 in all, of 3 kinds.
    # In front of "b" stood 1 kind of character; 7 kinds of pairs, 5 kinds of characters end them.
    below = (1 - 0.75) / 7 + 0.75 * 5 / 7 / text.SYMBOLS
    a, b = text.encode("ab").tolist()
    assert model.probability(np.array([[a, b]]))[0] == pytest.approx((2 - 0.75) / 4 + 0.75 * 3 / 4 * below)


def test_training_resumes_exactly_and_the_loss_falls():
    numbers = text.encode(CODE)
    options = {"batch": 4, "length": 16}

    def run(state, steps):
        return [loss for _, (_, _, loss) in zip(range(steps), train(state, numbers, **options), strict=False)]

    whole = State(seed=3, cells=16)
    losses = run(whole, 45)  # more than the text is long
    first = State(seed=3, cells=16)
    run(first, 20)
    kept = copy.deepcopy(first.state_dict())
    second = State(seed=4, cells=16)
    second.load_state_dict(kept)
    assert run(second, 25) == losses[20:]
    for a, b in zip(whole.network.parameters(), second.network.parameters(), strict=True):
        assert torch.equal(a, b)
    assert losses[0] == pytest.approx(math.log2(text.SYMBOLS), abs=0.3)  # nothing is known yet
    assert losses[-1] < 0.7 * losses[0]
    with pytest.raises(ValueError, match="another text"):
        next(train(second, text.encode(CODE + "x"), **options))
    with pytest.raises(ValueError, match="another network"):
        State(cells=8).load_state_dict(kept)
    with pytest.raises(ValueError, match="68 characters at least"):
        next(train(State(cells=8), numbers[:20], **options))


def test_the_cells_that_ship_are_as_good_as_the_card_says(readings):
    found = cells.find_cells(*readings)
    said = cells.load_found()
    for name in NAMES:
        assert found[name].cell == said[name].cell
        assert found[name].score == pytest.approx(said[name].score, abs=0.005)
        assert found[name].measure == pytest.approx(said[name].measure, abs=0.005)
    assert max(found[name].measure for name in ("comment", "string")) >= 0.95
    assert abs(found["depth"].measure) >= 0.7


def test_bits_a_character_are_as_the_card_says(readings):
    bits = CARD["held out"]["bits a character"]
    for name, reading in zip(SOURCES, readings, strict=True):
        assert float(reading.bits.mean()) == pytest.approx(bits[name]["LSTM"], abs=0.01)
        assert bits[name]["LSTM"] < bits[name]["5-gram"]


def test_files_to_score_on_were_never_learned_from():
    held_out = {name.rsplit("/", 1)[-1] for name in CARD["held out files"]}
    assert set(SOURCES) <= held_out


def test_damaged_or_other_weights_are_refused(tmp_path, monkeypatch):
    file = tmp_path / "cells.safetensors"
    data = bytearray(data_path("cells/cells.safetensors").read_bytes())
    data[-5] ^= 1
    file.write_bytes(data)
    monkeypatch.setattr("cs182viz.techniques.cells.shipped.data_path", lambda _: file)
    with pytest.raises(CheckpointError, match="damaged"):
        cells.load_reader()
    with pytest.raises(CheckpointError, match="another network"):
        cells.load_reader(data_path("fast_style.safetensors"))
    assert data_path("cells/cells.safetensors").stat().st_size <= 1_300_000


def test_a_coloured_text_says_the_same_and_runs_nothing():
    html = cells.colour_text("<b>&", [-1, 0, 0, 1])
    assert "<b>" not in html
    assert "&lt;" in html
    assert "b&gt;" in html
    with pytest.raises(ValueError, match="one value for each of 2"):
        cells.colour_text("ab", [0.0])
