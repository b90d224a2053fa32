"""Source text as the network sees it: printable ASCII, line ends and tabs; whatever else is one symbol."""

import torch
from torch import Tensor

ALPHABET = "\n\t" + "".join(map(chr, range(32, 127)))
UNKNOWN = len(ALPHABET)
SYMBOLS = len(ALPHABET) + 1
LONGEST = 100_000
"""Characters that are read at once; a longer text is refused."""

_NUMBER = {character: number for number, character in enumerate(ALPHABET)}


def decode(data: bytes, name: str = "the text") -> str:
    """Bytes of a file as text with line ends of one kind.

    Raises
    ------
    ValueError
        They are not UTF-8, or hold no text.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{name} is not UTF-8 at byte {error.start}: save it as UTF-8, or choose a text file"
        ) from None
    return check(text, name, longest=None)


def check(text: str, name: str = "the text", *, longest: int | None = LONGEST) -> str:
    """A text that can be read, with line ends of one kind.

    Raises
    ------
    ValueError
        It is empty, too long, or no text.
    """
    if longest is not None and len(text) > longest:
        raise ValueError(f"{name} has {len(text):,} characters, and {longest:,} are read at once: take a part of it")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise ValueError(f"{name} is empty: give it a line of C at least")
    if "\0" in text:
        raise ValueError(f"{name} has zero bytes in it, so it is no source text: choose another file")
    return text


def encode(text: str) -> Tensor:
    """Numbers of the characters, (T,) int64, one for each."""
    return torch.tensor([_NUMBER.get(character, UNKNOWN) for character in text], dtype=torch.int64)
