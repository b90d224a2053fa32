"""The network that says what each action is worth (Mnih et al. 2015, DOI 10.1038/nature14236)."""

import numpy as np
import torch
from torch import Tensor, nn

from cs182viz.techniques.policy import breakout


class QNetwork(nn.Module):
    """Planes of states (N, 4, 14, 12) -> Q (N, 3), the discounted reward to come after each action.

    Parameters
    ----------
    wide, hidden : units of the first layer and of the last hidden one, whose activations make the map.
    """

    def __init__(self, wide: int = 256, hidden: int = 128) -> None:
        super().__init__()
        self.wide, self.hidden = wide, hidden
        self.body = nn.Sequential(
            nn.Flatten(),
            nn.Linear(breakout.PLANES * breakout.ROWS * breakout.COLUMNS, wide),
            nn.ReLU(),
            nn.Linear(wide, hidden),
            nn.ReLU(),
        )
        self.head = nn.Linear(hidden, len(breakout.ACTIONS))

    def forward(self, seen: Tensor) -> Tensor:
        return self.head(self.body(seen))

    @torch.no_grad()
    def look(self, states: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Activations of the last hidden layer (N, hidden) and Q (N, 3) of states (N, 65), as arrays."""
        seen = torch.from_numpy(breakout.planes(states)).to(self.head.weight.device)
        hidden = self.body(seen)
        return hidden.cpu().numpy(), self.head(hidden).cpu().numpy()

    def act(self, states: np.ndarray) -> np.ndarray:
        """The action (N,) that is worth most in each state."""
        return self.look(states)[1].argmax(axis=1)
