"""`cs182viz train agent`: goes on exactly, ends by Ctrl-C with what it has, and refuses in a sentence."""

import json

import pytest

from cs182viz import cli
from cs182viz.techniques import policy
from cs182viz.training.agent import Training


def arguments(out, *more):
    return ["train", "agent", "--minutes", "0.02", "--games", "4", "--device", "cpu", "--out", str(out), *more]


def test_it_trains_goes_on_and_gives_an_agent_that_plays(tmp_path, capsys):
    assert cli.main(arguments(tmp_path)) == 0
    first = json.loads((tmp_path / "agent.json").read_text())
    assert cli.main(arguments(tmp_path)) == 0
    assert f"Going on from step {first['steps']}" in capsys.readouterr().out
    second = json.loads((tmp_path / "agent.json").read_text())
    assert second["steps"] > first["steps"] > 0
    assert second["data"].startswith(f"{4 * second['steps']:,} frames")
    agent = policy.load_agent(tmp_path / "agent.safetensors")
    assert policy.play(agent.act, 2, limit=30).scores.shape == (2,)
    assert cli.main(arguments(tmp_path, "--games", "5")) == 2
    assert "another recipe" in capsys.readouterr().err


def test_ctrl_c_keeps_what_was_reached(tmp_path, monkeypatch, capsys):
    steps = Training.steps

    def interrupted(self):
        for step in steps(self):
            yield step
            if step[0] == 7:
                raise KeyboardInterrupt

    monkeypatch.setattr(Training, "steps", interrupted)
    assert cli.main(arguments(tmp_path)) == 0
    assert "Stopped." in capsys.readouterr().out
    assert json.loads((tmp_path / "agent.json").read_text())["steps"] == 7


@pytest.mark.parametrize(
    ("option", "value", "words"), [("--games", "0", "1 or more"), ("--learning-rate", "2", "between 0 and 1")]
)
def test_options_that_cannot_be_get_a_sentence(option, value, words, tmp_path, capsys):
    assert cli.main(arguments(tmp_path, option, value)) == 2
    assert words in capsys.readouterr().err
