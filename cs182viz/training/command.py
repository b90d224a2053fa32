"""`cs182viz train`: a network of the lecture, trained again, for as long as one has.

It can be stopped at any time (Ctrl-C) and goes on from its checkpoint; what it reached is kept either way.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor
from tqdm.auto import tqdm

from cs182viz.techniques.common import weights_file
from cs182viz.training import agent, captioner, cells, fast_style, inversion_network

SAVE_EVERY = 60.0
"""Seconds between checkpoints."""
_SMOOTH = 0.98


class Training(Protocol):
    """What the command asks of a training."""

    state: Any

    def steps(self) -> Iterator[tuple[int, Any, float]]: ...

    def weights(self) -> dict[str, Tensor]: ...

    def about(self) -> dict[str, Any]: ...


TRAININGS: dict[str, tuple[Callable[[argparse.Namespace], Training], Callable[..., None], str]] = {
    agent.NAME: (agent.Training, agent.add_options, "an agent that plays Breakout (lecture, 1)"),
    cells.NAME: (cells.Training, cells.add_options, "an LSTM that reads code (lecture, 0)"),
    captioner.NAME: (captioner.Training, captioner.add_options, "sentences on drawn scenes (lecture, 0)"),
    fast_style.NAME: (fast_style.Training, fast_style.add_options, "neural style in one pass (lecture, 7)"),
    inversion_network.NAME: (
        inversion_network.Training,
        inversion_network.add_options,
        "codes to pictures (lecture, 5)",
    ),
}


def add_command(parser: argparse.ArgumentParser) -> None:
    """Add the trainings, one subcommand each."""
    which = parser.add_subparsers(dest="name", required=True, metavar="network")
    for name, (_, add_options, words) in TRAININGS.items():
        one = which.add_parser(name, help=words)
        one.add_argument("--minutes", type=float, default=60.0, help="how long to train now (60)")
        one.add_argument("--out", type=Path, required=True, help="folder for checkpoint, weights and card")
        one.add_argument("--device", default="auto", help='"auto", "cpu", "cuda" or "mps"')
        one.add_argument("--seed", type=int, default=182, help="of weights and batches (182)")
        add_options(one)


def run(options: argparse.Namespace) -> int:
    """Train, and say in a sentence what came of it; returns the exit status."""
    try:
        if not options.minutes > 0:
            raise ValueError(f"--minutes is more than 0, got {options.minutes:g}")
        training = TRAININGS[options.name][0](options)
        seconds = _resume(training, options.out / f"{options.name}.pt")
        return _train(training, options, seconds)
    except (ValueError, FloatingPointError, OSError) as problem:
        print(f"cs182viz train: {problem}", file=sys.stderr)
        return 2


def _resume(training: Training, checkpoint: Path) -> float:
    """Go on from a checkpoint if there is one; returns the seconds that were spent before."""
    if not checkpoint.exists():
        return 0.0
    kept = weights_file.load_state(checkpoint)
    try:
        training.state.load_state_dict(kept["state"])
    except (KeyError, ValueError) as error:
        raise ValueError(f"{checkpoint}: {error}. Train into another folder, or remove the file") from error
    print(f"Going on from step {training.state.step}, {checkpoint}.")
    return float(kept["seconds"])


def _train(training: Training, options: argparse.Namespace, before: float) -> int:
    started = saved = time.monotonic()
    ends = started + 60 * options.minutes
    smooth, unsaved = None, True
    bar = tqdm(total=round(60 * options.minutes), unit="s", bar_format="{l_bar}{bar}| {remaining} left{postfix}")
    try:
        for step, _, loss in training.steps():
            now, unsaved = time.monotonic(), True
            smooth = loss if smooth is None else _SMOOTH * smooth + (1 - _SMOOTH) * loss
            bar.n = min(bar.total, round(now - started))
            bar.set_postfix_str(f"step {step}, loss {smooth:.4g}")
            if now - saved > SAVE_EVERY or now > ends:
                unsaved, saved = not _save(training, options, before + now - started, smooth), now
            if now > ends:
                break
    except KeyboardInterrupt:
        print("\nStopped.")
    finally:
        bar.close()
    if unsaved and not _save(training, options, before + time.monotonic() - started, smooth):
        return 1
    print(f"{options.out / options.name}.safetensors: {training.state.step} steps. The same command goes on from here.")
    return 0


def _save(training: Training, options: argparse.Namespace, seconds: float, loss: float | None) -> bool:
    """Keep checkpoint, weights and card; False, with a sentence, if there is no room for them."""
    stem = options.out / options.name
    about = training.about() | {
        "steps": training.state.step,
        "seconds": round(seconds),
        "seed": options.seed,
        "loss": loss,
        "machine": f"{torch.get_num_threads()} threads, {platform.machine()}, torch {torch.__version__}",
    }
    try:
        state = {"state": training.state.state_dict(), "seconds": seconds}
        weights_file.save_state(stem.with_suffix(".pt"), state)
        sha256 = weights_file.save_weights(stem.with_suffix(".safetensors"), training.weights(), about)
        card = json.dumps(about | {"sha256": sha256}, indent=1) + "\n"
        weights_file.write(stem.with_suffix(".json"), lambda draft: draft.write_text(card, encoding="utf-8"))
    except (OSError, RuntimeError) as error:  # torch says RuntimeError when the disk is full
        said = str(error).splitlines()[0]
        print(f"\nCould not save to {options.out} ({said}). What was there is still there.", file=sys.stderr)
        return False
    return True
