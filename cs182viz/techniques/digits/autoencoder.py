"""An autoencoder of digits whose code is a point of a plane.

Hinton, Salakhutdinov 2006 (DOI 10.1126/science.1127647). The codes of each batch are shifted and scaled to mean 0 and
variance 1 (Ioffe, Szegedy 2015, arXiv:1502.03167), so that they fill a part of the plane that is known beforehand.
"""

import itertools
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

from cs182viz.devices import pick
from cs182viz.techniques.common.learning import finite
from cs182viz.techniques.digits.split import SIDE, Examples

REACH = 2.5
"""How far the plane that is shown reaches on each side of 0."""


class Autoencoder(nn.Module):
    """Pictures (N, 1, 8, 8) in 0..1 to codes (N, 2), nearly all of them in -`REACH`..`REACH`, and back."""

    def __init__(self, hidden: tuple[int, int] = (96, 48)) -> None:
        super().__init__()
        wide, narrow = hidden
        pixels = SIDE * SIDE
        self.encoder = nn.Sequential(
            nn.Flatten(),
            nn.Linear(pixels, wide),
            nn.ELU(),
            nn.Linear(wide, narrow),
            nn.ELU(),
            nn.Linear(narrow, 2),
            nn.BatchNorm1d(2, affine=False),
        )
        self.decoder = nn.Sequential(
            nn.Linear(2, narrow), nn.ELU(), nn.Linear(narrow, wide), nn.ELU(), nn.Linear(wide, pixels), nn.Sigmoid()
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.decode(self.encoder(x))

    def decode(self, codes: Tensor) -> Tensor:
        """Codes (N, 2) to pictures (N, 1, 8, 8)."""
        return self.decoder(codes).view(-1, 1, SIDE, SIDE)

    @torch.no_grad()
    def plane(self, count: int = 20) -> Tensor:
        """What lies everywhere in the plane within `REACH`: (count * 8, count * 8), code (0, 0) amid it, y upwards."""
        line = REACH * ((2 * torch.arange(count) + 1) / count - 1).to(next(self.parameters()).device)
        codes = torch.stack(torch.meshgrid(line, line.flip(0), indexing="xy"), dim=-1).reshape(-1, 2)
        tiles = self.decode(codes).view(count, count, SIDE, SIDE)  # rows from the top
        return tiles.permute(0, 2, 1, 3).reshape(count * SIDE, count * SIDE)


def train(
    data: Examples, *, rate: float = 0.003, batch: int = 64, seed: int = 182, device: str | torch.device = "cpu"
) -> Iterator[tuple[int, Autoencoder, float]]:
    """Yield (step, network, mean squared error of the batch), for ever.

    Raises
    ------
    FloatingPointError
        The loss is no longer a number.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = Autoencoder().to(pick(device))
    optimizer = torch.optim.Adam(network.parameters(), lr=rate)
    generator = torch.Generator().manual_seed(seed)
    place = next(network.parameters()).device
    for step in itertools.count(1):
        x = data.draw(batch, generator)[0].to(place)
        loss = functional.mse_loss(network.train()(x), x)
        value = finite(loss.item(), step, advice="take a smaller rate")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield step, network.eval(), value
