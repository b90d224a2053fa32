"""The five designs as networks that are small enough to be trained in front of an audience."""

import torch
from torch import Tensor, nn

from cs182viz.techniques.digits.split import CLASSES, SIDE
from cs182viz.techniques.recap.problems import END, LONGEST_NUMBER, PEN, SHAPES, WORDS


class Picture(nn.Module):
    """One to one: a picture (N, 1, 8, 8) to scores of ten digits (N, 10). Nothing in it is recurrent."""

    def __init__(self, hidden: int = 64) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(SIDE * SIDE, hidden), nn.ReLU(), nn.Linear(hidden, CLASSES))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


class Pen(nn.Module):
    """One to many: what is asked for (N, 6) to the places of a pen (N, 25, 2).

    Each place is read again before the next: what is given in `before` (N, 25, 2) while it learns, else its own.
    """

    def __init__(self, hidden: int = 64) -> None:
        super().__init__()
        self.begin = nn.Linear(len(SHAPES) + 2, 2 * hidden)
        self.lstm = nn.LSTM(2, hidden, batch_first=True)
        self.place = nn.Linear(hidden, 2)

    def forward(self, x: Tensor, before: Tensor | None = None) -> Tensor:
        h, c = self.begin(x)[None].tanh().chunk(2, dim=2)
        memory, last = (h.contiguous(), c.contiguous()), x.new_zeros(len(x), 1, 2)
        if before is not None:
            return self.place(self.lstm(torch.cat([last, before[:, :-1]], dim=1), memory)[0])
        places = []
        for _ in range(PEN):
            h, memory = self.lstm(last, memory)
            last = self.place(h)
            places.append(last)
        return torch.cat(places, dim=1)


class Rows(nn.Module):
    """Many to one: a digit row by row (N, 8, 8) to scores (N, 10) after the last row; `beliefs` after each."""

    def __init__(self, hidden: int = 48) -> None:
        super().__init__()
        self.lstm = nn.LSTM(SIDE, hidden, batch_first=True)
        self.score = nn.Linear(hidden, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        return self.score(self.lstm(x)[0][:, -1])

    @torch.no_grad()
    def beliefs(self, x: Tensor) -> Tensor:
        """Probabilities (N, 8, 10) were each row the last one."""
        return self.score(self.lstm(x)[0]).softmax(dim=2)


class Translator(nn.Module):
    """Many to many: words (N, 5) are read to the end, then digits are written: scores (N, 4, 11).

    Each digit is read again before the next: the right one while it learns (`y`), its own where there is none.
    """

    def __init__(self, hidden: int = 64, width: int = 24) -> None:
        super().__init__()
        self.words = nn.Embedding(len(WORDS), width)
        self.read = nn.LSTM(width, hidden, batch_first=True)
        self.written = nn.Embedding(END + 2, width)  # the digits, END, and what stands before the first
        self.write = nn.LSTM(width, hidden, batch_first=True)
        self.score = nn.Linear(hidden, END + 1)

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        _, memory = self.read(self.words(x))
        before = torch.full((len(x), 1), END + 1, device=x.device)
        if y is not None:
            return self.score(self.write(self.written(torch.cat([before, y[:, :-1]], dim=1)), memory)[0])
        scores = []
        for _ in range(LONGEST_NUMBER):
            h, memory = self.write(self.written(before), memory)
            scores.append(self.score(h))
            before = scores[-1].argmax(dim=2)
        return torch.cat(scores, dim=1)

    @torch.no_grad()
    def translate(self, x: Tensor) -> list[str]:
        """The digits that it writes for words (N, 5), up to its END."""
        rows = self(x).argmax(dim=2).tolist()
        return ["".join(map(str, row[: row.index(END)] if END in row else row)) for row in rows]


class Adder(nn.Module):
    """Many to many, one for each: two bits (N, T, 2) to a score for the sum's bit at once, (N, T)."""

    def __init__(self, hidden: int = 8) -> None:
        super().__init__()
        self.lstm = nn.LSTM(2, hidden, batch_first=True)
        self.score = nn.Linear(hidden, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.score(self.lstm(x)[0])[..., 0]
