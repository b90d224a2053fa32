"""A recurrent network that reads source code character by character, and predicts the next one.

One layer of long short-term memory (Hochreiter and Schmidhuber 1997, doi:10.1162/neco.1997.9.8.1735), as in the
lecture: from the last output h and the character x come three gates and a candidate,

    i, f, o = sigmoid(W [h, x]),  g = tanh(W [h, x]),  c <- f c + i g,  h <- o tanh(c).

c is the memory: nothing but its own gates transforms it.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cs182viz.techniques.cells.text import SYMBOLS, check, encode

Memory = tuple[Tensor, Tensor]
"""h and c, each (1, N, cells)."""


@dataclass(frozen=True)
class Reading:
    """What happened while a text of T characters was read.

    Attributes
    ----------
    text : the text.
    cells : tanh(c) after each character, (T, cells), -1..1.
    log_probabilities : of what comes after each character, natural, (T, symbols).
    bits : that each character but the first cost, by the prediction before it, (T - 1,).
    """

    text: str
    cells: Tensor
    log_probabilities: Tensor
    bits: Tensor


class Reader(nn.Module):
    """Numbers of characters (N, T) to scores of the next one (N, T, symbols), and the memory to go on with.

    Parameters
    ----------
    cells : of the layer.
    width : of the vector that stands for a character.
    """

    def __init__(self, cells: int = 256, width: int = 64) -> None:
        super().__init__()
        self.cells, self.width = cells, width
        self.characters = nn.Embedding(SYMBOLS, width)
        self.lstm = nn.LSTM(width, cells, batch_first=True)
        self.predict = nn.Linear(cells, SYMBOLS)
        with torch.no_grad():
            self.lstm.all_weights[0][2][cells : 2 * cells] = 1.0  # remember at first (Jozefowicz et al. 2015)

    def forward(self, x: Tensor, memory: Memory | None = None) -> tuple[Tensor, Memory]:
        h, memory = self.lstm(self.characters(x), memory)  # (N, T, cells)
        return self.predict(h), memory

    @torch.no_grad()
    def read(self, text: str) -> Reading:
        """Read a text from an empty memory, and keep what each cell held after each character.

        Raises
        ------
        ValueError
            The text is empty or too long.
        """
        text = check(text)
        x = encode(text).to(self.predict.weight.device)
        h, c = self._run(x)
        log_probabilities = self.predict(h).log_softmax(1)
        next_one = x[1:, None]
        bits = -log_probabilities[:-1].gather(1, next_one)[:, 0] / math.log(2)
        return Reading(text, c.tanh().cpu(), log_probabilities.cpu(), bits.cpu())

    def _run(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """h and c after each character of one text, both (T, cells): `nn.LSTM` tells only the last c."""
        of_input, recurrent, bias, second_bias = self.lstm.all_weights[0]
        inputs = (self.characters.weight @ of_input.T + bias + second_bias)[x]  # (T, 4 cells)
        hs, cs = (inputs.new_empty(len(x), self.cells) for _ in range(2))
        h, c = (inputs.new_zeros(self.cells) for _ in range(2))
        for t in range(len(x)):
            i, f, g, o = torch.addmv(inputs[t], recurrent, h).chunk(4)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
            hs[t], cs[t] = h, c
        return hs, cs
