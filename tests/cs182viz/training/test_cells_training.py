"""`cs182viz train cells` from a folder of C: what comes out, how it goes on, and what it says of bad input."""

import json

import pytest

from cs182viz import cli
from cs182viz.techniques.cells import load_reader
from cs182viz.training.sources import Sources


@pytest.fixture(scope="module")
def code(tmp_path_factory):
    folder = tmp_path_factory.mktemp("code")
    for number in range(30):
        (folder / f"file_{number}.c").write_text(f"int f{number}(void) {{\n  return {number};\n}}\n" * 8)
    (folder / "notes.md").write_text("no code")
    return folder


def train(code, out, *more, minutes=0.02):
    small = ["--cells", "8", "--length", "16", "--batch", "4", "--device", "cpu"]
    return cli.main(
        ["train", "cells", "--code", str(code), "--out", str(out), "--minutes", str(minutes), *small, *more]
    )


def test_a_tenth_by_name_is_held_out_and_the_seed_decides_the_order(code):
    sources = Sources(code)
    assert len(sources.learned) + len(sources.held_out) == 30
    assert 1 <= len(sources.held_out) <= 8
    assert not set(sources.learned) & set(sources.held_out)
    first, other = sources.to_learn(1), sources.to_learn(2)
    assert first != other
    assert sorted(first) == sorted(other)
    for path in sources.held_out:
        assert f"int {path.stem.replace('file_', 'f')}(" not in first


def test_weights_come_out_and_training_goes_on(code, tmp_path, capsys):
    assert train(code, tmp_path) == 0
    before = json.loads((tmp_path / "cells.json").read_text())
    assert before["cells"] == 8
    assert before["held out files"] == [path.as_posix() for path in Sources(code).held_out]
    assert load_reader(tmp_path / "cells.safetensors").cells == 8
    assert train(code, tmp_path) == 0
    assert f"Going on from step {before['steps']}" in capsys.readouterr().out
    assert json.loads((tmp_path / "cells.json").read_text())["steps"] > before["steps"]
    assert train(code, tmp_path, "--seed", "5") == 2  # another order of the files
    assert "learned from another text" in capsys.readouterr().err
    assert train(code, tmp_path, "--cells", "9") == 2
    assert "another network" in capsys.readouterr().err


def test_bad_input_is_a_sentence(code, tmp_path, capsys):
    bad = tmp_path / "bad"
    bad.mkdir()
    for folder, words in [(tmp_path / "nothing", "is no folder"), (bad, "has 0 files")]:
        assert train(folder, tmp_path / "out") == 2
        assert words in capsys.readouterr().err
    for path in code.glob("*.c"):
        (bad / path.name).write_bytes(path.read_bytes() + b"\xff")
    assert train(bad, tmp_path / "out") == 2
    assert "is not UTF-8 at byte" in capsys.readouterr().err
    assert train(code, tmp_path / "out", "--length", "0") == 2
    assert "1 or more" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
