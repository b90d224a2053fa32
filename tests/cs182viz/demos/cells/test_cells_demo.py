"""Cells without a browser: what is read and coloured, which cell is chosen, what is refused with nothing lost."""

import re

import pytest
from PIL import Image

from cs182viz import demos
from cs182viz.demos.cells.demo import LONGEST
from cs182viz.techniques import cells

SOON = 60


@pytest.fixture(scope="module")
def network():
    return cells.load_reader()


@pytest.fixture
def demo(tmp_path):
    demo = demos.Cells(keep=tmp_path / "kept.png")
    yield rest(demo)
    demo.close()


def rest(demo):
    assert demo.worker.idle.wait(SOON)
    assert demo.worker.error is None
    return demo


def send(demo, kind, *buffers, **content):
    """What the page sends."""
    demo._editor._handle_custom_msg({"kind": kind, **content}, [memoryview(buffer) for buffer in buffers])


def test_the_text_is_coloured_by_the_cell_that_is_chosen(demo, network, tmp_path):
    text = "int a; /* <b>bold</b> */\n"
    send(demo, "text", text=text)
    rest(demo)
    reading = network.read(text)
    for name in ("comment", "depth"):
        cell = cells.load_found()[name].cell
        demo.which.value = cell
        rest(demo)
        assert demo.number.value == cell
        assert demo._coloured.value == cells.colour_text(text, reading.cells[:, cell].numpy())
        assert f"Cell {cell} follows" in demo._about.value
    assert "<b>bold" not in demo._coloured.value
    assert Image.open(tmp_path / "kept.png").width > 1000


def test_any_number_may_be_looked_at(demo, network):
    other = next(n for n in range(network.cells) if n not in {one.cell for one in cells.load_found().values()})
    demo.number.value = other
    rest(demo)
    assert demo.which.value == -1
    assert demo._coloured.value == cells.colour_text(cells.EXAMPLE, network.read(cells.EXAMPLE).cells[:, other].numpy())
    known = cells.load_found()["string"].cell
    demo.number.value = known
    assert demo.which.value == known


def test_the_guesses_are_those_behind_the_caret(demo, network):
    text = "static int x = 0;\nstatic in"
    send(demo, "text", text=text)
    rest(demo)
    send(demo, "caret", place=len(text))
    assert re.search(r"<b>t</b> \d{2,3}%", demo._guesses.value)
    ((best, share), *_) = cells.guesses(network.read(text), len(text) - 1)
    assert best == "t"
    assert f"{share:.0%}" in demo._guesses.value
    send(demo, "caret", place=0)
    assert "Put the caret" in demo._guesses.value


@pytest.mark.parametrize(
    ("kind", "content", "buffers", "words"),
    [
        ("text", {"text": " \n"}, (), "the text is empty"),
        ("text", {"text": "x" * (LONGEST + 1)}, (), f"{LONGEST:,} are read at once"),
        ("file", {"name": "photo.c"}, (b"\xff\xd8\xff",), "photo.c is not UTF-8 at byte 0"),
        ("file", {"name": "empty.c"}, (b"",), "empty.c is empty"),
        ("file", {"name": "tool"}, (b"\x7fELF\0\0",), "zero bytes"),
        ("refused", {"name": "what was pasted", "length": 10**8}, (), "what was pasted has 100,000,000 characters"),
    ],
)
def test_bad_input_is_a_sentence_and_nothing_is_lost(demo, kind, content, buffers, words):
    before = demo._coloured.value
    send(demo, kind, *buffers, **content)
    assert demo.worker.idle.wait(SOON)
    assert 'class="error"' in demo._status.value
    assert words in demo._status.value
    assert demo._coloured.value == before
    demo.worker.error = None
    send(demo, "file", "int é;\r\n".encode(), name="good.c")
    rest(demo)
    assert "error" not in demo._status.value
    assert "int é;" in re.sub(r"<[^>]+>", "", demo._coloured.value)
