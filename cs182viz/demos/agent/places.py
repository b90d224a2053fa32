"""Where a state lies on the map of the states that an agent saw, and what colours the map."""

from pathlib import Path

import numpy as np
from matplotlib import colormaps

from cs182viz.demos.page.surface import Surface
from cs182viz.techniques.policy import Atlas, QNetwork, breakout

VALUE, BRICKS, ACTION, TIME = "value expected", "bricks left", "action", "frames since the beginning"
QUESTIONS = (VALUE, BRICKS, ACTION, TIME)


class Places:
    """The map of an agent: colours for its points, and the point that is nearest to any state in the agent's eyes.

    Parameters
    ----------
    network : the agent.
    atlas : states that it saw, and their map.
    """

    def __init__(self, network: QNetwork, atlas: Atlas) -> None:
        self.atlas = atlas
        self.hidden, self.worth = network.look(atlas.states)
        self._squares = np.square(self.hidden).sum(axis=1)
        low, high = atlas.Y.min(axis=0), atlas.Y.max(axis=0)
        self.points = 2 * (atlas.Y - (low + high) / 2) / (high - low).max()  # (N, 2), -1..1

    def nearest(self, hidden: np.ndarray) -> int:
        """The number of the state whose activations are nearest to these, (hidden,)."""
        return int((self._squares - 2 * self.hidden @ hidden).argmin())

    def colours(self, question: str) -> np.ndarray:
        """A colour for each point, uint8 (N, 3): tab10 for actions, viridis for numbers, the brighter the more."""
        if question == ACTION:
            shades = colormaps["tab10"](self.worth.argmax(axis=1))
        else:
            values = {
                VALUE: self.worth.max(axis=1),
                BRICKS: breakout.bricks_left(self.atlas.states),
                TIME: self.atlas.frames,
            }[question]
            low, high = np.percentile(values, [1, 99])
            shades = colormaps["viridis"](np.clip((values - low) / max(high - low, 1e-9), 0, 1))
        return np.round(255 * shades[:, :3]).astype(np.uint8)


class MapView(Surface):
    """The map on the page; a click sends the number of a state."""

    _esm = Path(__file__).with_name("atlas.js")

    def paint(self, places: Places, question: str) -> None:
        """Colour the map by what is asked."""
        label = f"Map of {len(places.points):,} states by {question}; the red point is the game"
        parts = [places.points.astype("<f4").tobytes(), places.colours(question).tobytes()]
        self.post("points", {"label": label}, buffers=parts)

    def move(self, state: int, *, jumped: bool) -> None:
        """Put the point of the game to a state of the map; the way that led there is new if it jumped."""
        self.post("here", {"state": state, "jumped": jumped})
