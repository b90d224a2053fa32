"""Are the problems right, do the five networks learn what they are for, and is the trace what torch computes?"""

import math

import numpy as np
import pytest
import torch

from cs182viz.techniques import recap
from cs182viz.techniques.digits import split
from cs182viz.techniques.recap import problems
from cs182viz.techniques.recap.networks import Translator


def generator(seed=5):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zero"),
        (13, "thirteen"),
        (40, "forty"),
        (57, "fifty seven"),
        (100, "one hundred"),
        (305, "three hundred and five"),
        (999, "nine hundred and ninety nine"),
    ],
)
def test_numbers_are_said_in_words(number, words):
    assert problems.in_words(number) == words
    x, y = problems.numbers([number])
    assert " ".join(problems.WORDS[word] for word in x[0].tolist()).split() == words.split()
    assert "".join(map(str, y[0].tolist())).rstrip("0" if number else "").startswith(str(number).rstrip("0"))


def test_all_numbers_are_said_differently():
    assert len({problems.in_words(number) for number in range(1000)}) == 1000
    with pytest.raises(ValueError, match="0 to 999, got 1000"):
        problems.in_words(1000)


def test_sums_are_the_sums_of_integers():
    x, y = problems.draw_sums(200, generator(), bits=12)
    values = [2 ** np.arange(12) @ part.numpy().T for part in (x[..., 0], x[..., 1], y)]
    assert (values[0] + values[1] == values[2]).all()


def test_pens_go_round_the_corners_of_regular_polygons():
    turn = torch.tensor([0.3, 0.3])
    asked, way = problems.pens(torch.tensor([1, 3]), turn)
    assert asked[:, :4].tolist() == [[0, 1, 0, 0], [0, 0, 0, 1]]
    square = [(math.cos(0.3 + k * math.pi / 2), math.sin(0.3 + k * math.pi / 2)) for k in range(4)]
    assert torch.allclose(way[0, ::6], torch.tensor([*square, square[0]]), atol=1e-5)
    assert torch.allclose(way[:, 0], way[:, -1], atol=1e-5)
    inner = way[1].norm(dim=1).min()  # sides of a pentagram pass the middle at cos(72 degrees)
    assert math.cos(math.radians(72)) - 1e-6 <= inner < 0.4


def test_held_out_digits_are_a_fifth_and_none_is_learned():
    learned, held_out = split()
    assert (len(learned), len(held_out)) == (1438, 359)
    seen = {one.numpy().tobytes() for one in learned.X}
    assert not any(one.numpy().tobytes() in seen for one in held_out.X)
    assert torch.bincount(held_out.y).min() > 20


def test_the_pictures_and_the_rows_are_named():
    _, held_out = split()
    picture = recap.learned(recap.DESIGNS["one to one"])
    assert (picture(held_out.X).argmax(dim=1) == held_out.y).float().mean() > 0.93
    rows = recap.learned(recap.DESIGNS["many to one"])
    assert (rows(held_out.X[:, 0]).argmax(dim=1) == held_out.y).float().mean() > 0.93
    beliefs = rows.beliefs(held_out.X[:5, 0])
    assert torch.allclose(beliefs.sum(dim=2), torch.ones(5, 8))
    assert torch.allclose(beliefs[:, -1], rows(held_out.X[:5, 0]).softmax(dim=1))
    assert (rows.beliefs(held_out.X[:, 0]).argmax(dim=2)[:, 2] == held_out.y).float().mean() < 0.9  # after three rows


def test_the_adder_adds_numbers_longer_than_it_has_seen():
    adder = recap.learned(recap.DESIGNS["many to many, one for each"])
    x, y = problems.draw_sums(300, generator(), bits=24)
    assert ((adder(x) > 0) == (y > 0.5)).all(dim=1).float().mean() > 0.9
    title = recap.show_sum(adder, 1000, 24)._suptitle.get_text()
    assert title == "Many to many: 1,000 + 24 = 1,024"
    with pytest.raises(ValueError, match="0 or more"):
        recap.show_sum(adder, -1, 2)


@pytest.mark.parametrize("name", ["one to many", "many to many, when all was read"])
def test_the_slow_two_learn_and_a_seed_decides(name):
    def losses(seed):
        steps = recap.learn(recap.DESIGNS[name], seed=seed)
        return [next(steps)[2] for _ in range(30)]

    first = losses(182)
    assert np.mean(first[-5:]) < 0.8 * np.mean(first[:5])
    assert losses(182)[:5] == first[:5] != losses(3)[:5]


def test_a_translator_reads_what_it_wrote():
    network = Translator()
    x, _ = problems.numbers([7, 421])
    own = network(x).argmax(dim=2)
    given = network(x, own)  # its own digits as the right ones: the same scores
    assert torch.allclose(given, network(x), atol=1e-6)
    assert all(set(said) <= set("0123456789") for said in network.translate(x))


def test_the_trace_is_what_torch_computes():
    lstm = torch.nn.LSTM(3, 5)
    x = torch.randn(7, 3, generator=generator())
    h, (last, c) = lstm(x)
    found = recap.trace(lstm, x)
    assert torch.allclose(found.h, h, atol=1e-6)
    assert torch.allclose(found.h[-1], last[0], atol=1e-6)
    assert torch.allclose(found.c[-1], c[0], atol=1e-6)
    assert torch.allclose(found.h, found.o * found.c.tanh(), atol=1e-6)
    assert torch.allclose(found.c[1:], found.f[1:] * found.c[:-1] + found.i[1:] * found.g[1:], atol=1e-6)
    with pytest.raises(ValueError, match=r"\(T, 3\), got \(7, 4\)"):
        recap.trace(lstm, torch.zeros(7, 4))
    with pytest.raises(ValueError, match="each of 3 characters, got 7"):
        recap.show_trace(found, 0, "abc", title="")


def test_the_drawings_hold_what_the_designs_have():
    drawn = recap.draw_designs()
    assert [ax.get_title().replace("\n", " ") for ax in drawn.axes] == list(recap.DESIGNS)
    boxes = [len(ax.patches) for ax in drawn.axes]
    assert boxes == [3, 11, 11, 11, 15]
    words = " ".join(text.get_text() for ax in recap.draw_lstm().axes for text in ax.texts)
    for part in ("c_{t-1}", "h_{t-1}", "x_t", r"f_t \odot c_{t-1} + i_t \odot g_t", r"o_t \odot \tanh(c_t)"):
        assert part in words
