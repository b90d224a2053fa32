"""Put an agent that was trained into the package, with 10,000 states of its games, their map, and a card.

python tools/ship_agent.py FOLDER        FOLDER is the --out of `cs182viz train agent`
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
from pathlib import Path

import numpy as np
import torch

from cs182viz.techniques import policy
from cs182viz.techniques.embedding import tsne_steps

CLONE = Path(__file__).resolve().parent.parent
DATA = CLONE / "cs182viz" / "data"
SOURCE = CLONE / "cs182viz" / "techniques" / "policy" / "shipped.py"
STATES, GAMES = 10_000, 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    weights = parser.parse_args().folder / "agent.safetensors"
    sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
    card = json.loads(weights.with_suffix(".json").read_text(encoding="utf-8"))
    if card["sha256"] != sha256:
        raise SystemExit(f"{weights} is not the file that its card speaks of: let the training save once more")
    torch.set_num_threads(1)
    agent = policy.load_agent(weights)
    record = policy.play(agent.act, GAMES)
    saved = DATA / "agent_states.npz"
    states = policy.save_atlas(saved, atlas_of(agent))
    shutil.copy(weights, DATA / weights.name)
    card |= {"licence": "of weights and states: the package's own", "states sha256": states} | figures(agent, record)
    (DATA / "agent.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    text = SOURCE.read_text(encoding="utf-8")
    text = re.sub(r'\nSHA256 = "[0-9a-f]*"', f'\nSHA256 = "{sha256}"', text)
    SOURCE.write_text(re.sub(r'STATES_SHA256 = "[0-9a-f]*"', f'STATES_SHA256 = "{states}"', text), encoding="utf-8")
    print(json.dumps(card, indent=1))


def atlas_of(agent: policy.QNetwork) -> policy.Atlas:
    """Different states of games in which one action in 20 is random, and the t-SNE map of the agent's activations."""
    rng = np.random.default_rng(182)

    def hesitant(states: np.ndarray) -> np.ndarray:
        return np.where(rng.random(len(states)) < 0.05, rng.integers(0, 3, len(states)), agent.act(states))

    record = policy.play(hesitant, GAMES)
    different = np.sort(np.unique(record.states, axis=0, return_index=True)[1])
    chosen = different[np.linspace(0, len(different) - 1, STATES).round().astype(int)]
    *_, (_, Y, _) = tsne_steps(agent.look(record.states[chosen])[0], max_iter=750)
    begins = np.searchsorted(record.games, record.games[chosen])
    return policy.Atlas(record.states[chosen], record.games[chosen], chosen - begins, Y)


def figures(agent: policy.QNetwork, record: policy.Record) -> dict:
    """What the card says of how good it is, and of what goes wrong."""
    hidden = agent.look(record.states)[0]
    found = policy.find_bugs(record, policy.grouping(hidden).predict(hidden))
    return {
        "mean score over 100 games": {
            "agent": round(float(record.scores.mean()), 2),
            "random": round(float(policy.play(policy.random_player(), GAMES).scores.mean()), 2),
            "perfect": round(float(policy.play(policy.perfect_player, GAMES).scores.mean()), 2),
        },
        "policy bugs": [
            {"share of frames": round(bug.share, 4), "longest stay": bug.dwell, "stays": len(bug.stays)}
            for bug in found
        ],
    }


if __name__ == "__main__":
    main()
