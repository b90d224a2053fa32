"""Names of classes: ImageNet's thousand, and how a name that a person types finds its class."""

import difflib
import re

from cs182viz.assets import data_path

IMAGENET_CLASSES: tuple[str, ...] = tuple(data_path("imagenet_classes.txt").read_text(encoding="utf-8").splitlines())


def class_index(name: str) -> int:
    """Number of ImageNet's class of that name: ``class_index("flamingo") == 130``. See `find_class`."""
    return find_class(name, IMAGENET_CLASSES)


def class_name(index: int) -> str:
    """Name of ImageNet's class of that number: ``class_name(130) == "flamingo"``."""
    return name_of(index, IMAGENET_CLASSES)


def find_class(name: str, classes: tuple[str, ...]) -> int:
    """Position of the class meant by a name: an exact name wins, then without case, then whole words, then any part.

    Raises
    ------
    ValueError
        No class fits, or several do; the message lists the candidates with their numbers. Names in ImageNet come near
        each other: 264 ``Cardigan`` is a dog and 474 ``cardigan`` clothing, 134 ``crane bird`` flies and 517 ``crane``
        lifts, 638 ``maillot`` and 639 ``maillot tank suit`` are both swimwear.
    """
    text = name.strip()
    word = re.compile(rf"\b{re.escape(text)}\b", re.IGNORECASE)
    tests = (
        lambda other: other == text,
        lambda other: other.lower() == text.lower(),
        lambda other: bool(word.search(other)),
        lambda other: text.lower() in other.lower(),
    )
    for fits in tests if text else ():
        found = [index for index, other in enumerate(classes) if fits(other)]
        if len(found) == 1:
            return found[0]
        if found:
            raise ValueError(f"{name!r} could be any of {_listing(found, classes)}: give one of these names in full")
    near = difflib.get_close_matches(text, classes, n=5, cutoff=0.5)
    hint = f"; did you mean {_listing([classes.index(other) for other in near], classes)}?" if near else ""
    raise ValueError(f"no class is called {name!r}{hint}")


def name_of(index: int, classes: tuple[str, ...]) -> str:
    """Name of the class of that number; raises ValueError if there is none."""
    if not 0 <= int(index) < len(classes):
        raise ValueError(f"there is no class {index}: they are numbered from 0 to {len(classes) - 1}")
    return classes[int(index)]


def _listing(indices: list[int], classes: tuple[str, ...], limit: int = 12) -> str:
    shown = ", ".join(f"{classes[index]!r} ({index})" for index in indices[:limit])
    return shown if len(indices) <= limit else f"{shown} and {len(indices) - limit} more"
