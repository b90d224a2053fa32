"""A network that says what is in a picture: SqueezeNet's code at each place, read by an LSTM that looks where it likes.

Lecture, section 0 (captioning: a convolutional network feeds a recurrent one; Vinyals et al. 2015, arXiv:1411.4555,
with the attention of Xu et al. 2015, arXiv:1502.03044). With v_i the code of place i, w_t the word before and h, c the
LSTM's state, each step is

    a_t = softmax_i(v_i . q(h_{t-1}, w_t)),   z_t = sum_i a_ti v_i,   h_t, c_t = LSTM([w_t, z_t], h_{t-1}, c_{t-1})

and the next word's scores are linear in (h_t, z_t).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from PIL import Image
from torch import Tensor, nn

from cs182viz import imageops, layers
from cs182viz.techniques.captioner.scenes import COLOURS, RELATIONS, SHAPES, SIDE

LAYER, CHANNELS, PLACES = "pool5", 256, 7
"""Where SqueezeNet is read: (256, 7, 7) of a picture of 128 pixels, before whole objects take the place of outlines."""
END = "."
VOCABULARY = (END, "a", *COLOURS, *SHAPES, *dict.fromkeys(" ".join(RELATIONS).split()))
LONGEST = 10
"""Words of a sentence at most, the full stop included."""


@dataclass(frozen=True)
class Caption:
    """A sentence with what the network did to say it.

    Attributes
    ----------
    words : the sentence's words; without the full stop.
    probabilities : of each word, (T,).
    attention : where it looked for each word, (T, 7, 7), each with sum 1.
    h, c : the LSTM's state after each word, (T, H).
    """

    words: tuple[str, ...]
    probabilities: Tensor
    attention: Tensor
    h: Tensor
    c: Tensor

    @property
    def sentence(self) -> str:
        """The words in one string."""
        return " ".join(self.words)


class Captioner(nn.Module):
    """The part that learns: from codes (N, 256, 7, 7) to words.

    Parameters
    ----------
    words : the vocabulary; the first one ends a sentence, and stands before it.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, words: Sequence[str] = VOCABULARY, *, hidden: int = 128, width: int = 64) -> None:
        super().__init__()
        self.words = tuple(words)
        self.register_buffer("mean", torch.zeros(CHANNELS))
        self.register_buffer("deviation", torch.ones(CHANNELS))
        self.see = nn.Sequential(nn.Conv2d(CHANNELS, 96, 1), nn.ReLU(), nn.Conv2d(96, width, 1))
        self.place = nn.Parameter(0.1 * torch.randn(width, PLACES, PLACES))
        self.embed = nn.Embedding(len(self.words), 32)
        self.query = nn.Linear(hidden + 32, width)
        self.cell = nn.LSTMCell(32 + width, hidden)
        self.score = nn.Linear(hidden + width, len(self.words))

    def look(self, codes: Tensor) -> Tensor:
        """What the LSTM may look at: (N, 256, 7, 7) -> (N, 49, width)."""
        standard = (codes - self.mean[:, None, None]) / self.deviation[:, None, None]
        return (self.see(standard) + self.place).flatten(2).transpose(1, 2)

    def step(self, seen: Tensor, word: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """One word further: scores (N, words), h, c (N, H), attention (N, 49)."""
        before = self.embed(word)
        query = self.query(torch.cat([h, before], dim=1))  # (N, width)
        attention = (seen @ query[:, :, None])[:, :, 0].div(seen.shape[2] ** 0.5).softmax(dim=1)  # (N, 49)
        found = (attention[:, None] @ seen)[:, 0]  # (N, width)
        h, c = self.cell(torch.cat([before, found], dim=1), (h, c))
        return self.score(torch.cat([h, found], dim=1)), h, c, attention

    def begin(self, count: int) -> tuple[Tensor, Tensor, Tensor]:
        """The word before the first one (N,), and h and c, all zero (N, H)."""
        zeros = self.mean.new_zeros(count, self.cell.hidden_size)
        return torch.zeros(count, dtype=torch.long, device=zeros.device), zeros, zeros

    def forward(self, codes: Tensor, sentences: Tensor) -> Tensor:
        """Scores (N, T, words) of each word of the sentences (N, T), the words before it given."""
        seen = self.look(codes)
        word, h, c = self.begin(len(codes))
        scores = []
        for following in sentences.T:
            said, h, c, _ = self.step(seen, word, h, c)
            scores.append(said)
            word = following
        return torch.stack(scores, dim=1)

    @torch.no_grad()
    def caption(self, codes: Tensor) -> list[Caption]:
        """What it says of pictures, the likeliest word each time."""
        seen = self.look(codes)
        word, h, c = self.begin(len(codes))
        steps = []
        for _ in range(LONGEST):
            scores, h, c, attention = self.step(seen, word, h, c)
            probability, word = scores.softmax(dim=1).max(dim=1)
            steps.append((word, probability, attention.unflatten(1, (PLACES, PLACES)), h, c))
        said, *rest = (torch.stack(column, dim=1) for column in zip(*steps, strict=True))  # (N, LONGEST, ...)
        return [self._cut(words, [part[n] for part in rest]) for n, words in enumerate(said.tolist())]

    def _cut(self, words: list[int], rest: list[Tensor]) -> Caption:
        """The sentence up to its full stop."""
        length = words.index(0) if 0 in words else len(words)
        probabilities, attention, h, c = (part[:length] for part in rest)
        return Caption(tuple(self.words[i] for i in words[:length]), probabilities, attention, h, c)


def codes_of(model: nn.Module, pictures: Sequence[Image.Image]) -> Tensor:
    """SqueezeNet's codes (N, 256, 7, 7) of pictures, each brought to 128 x 128 pixels."""
    x = torch.cat([imageops.preprocess(picture, size=SIDE) for picture in pictures])
    with torch.no_grad():
        return layers.activations(model, x.to(next(model.parameters()).device), LAYER)[LAYER]


def numbered(sentences: Sequence[str], words: Sequence[str] = VOCABULARY) -> Tensor:
    """Sentences as numbers of words, filled up with full stops: int64 (N, LONGEST)."""
    index = {word: i for i, word in enumerate(words)}
    rows = [[index[word] for word in sentence.split()] for sentence in sentences]
    return torch.tensor([row + [0] * (LONGEST - len(row)) for row in rows])
