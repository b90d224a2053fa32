"""What the page says of digits: probabilities as bars, and held-out digits with what the network takes them for."""

import base64
from collections.abc import Sequence

import numpy as np

from cs182viz.demos.page.base import encoded


def bars(shares: Sequence[float]) -> str:
    """HTML of ten probabilities, the largest one dark."""
    most = int(np.argmax(shares))
    rows = "".join(
        f'<div class="digit-bar{" leads" if digit == most else ""}"><b>{digit}</b>'
        f'<span class="track"><div class="now" style="width:{share:.1%}"></div></span>'
        f'<span class="share">{share:.0%}</span></div>'
        for digit, share in enumerate(shares)
    )
    return f'<div class="digit-bars">{rows}</div>'


def predictions(pictures: np.ndarray, labels: Sequence[int], shares: np.ndarray) -> str:
    """HTML of digits (N, 8, 8), each with its three likeliest names; what is wrong is red and says what it is."""
    return f'<div class="predictions">{"".join(map(_predicted, pictures, labels, shares))}</div>'


def ink(picture: np.ndarray) -> np.ndarray:
    """A digit (8, 8) in 0..1 as black ink on white, uint8."""
    return np.round(255 * (1 - picture)).astype(np.uint8)


def _predicted(picture: np.ndarray, label: int, shares: np.ndarray) -> str:
    source = base64.b64encode(encoded(ink(picture))).decode()
    lines = []
    for place, digit in enumerate(np.argsort(-shares, kind="stable")[:3].tolist()):
        kind = "" if place else "lead" if digit == label else "wrong"
        lines.append(f'<span class="{kind}">{digit}: {shares[digit]:.0%}</span>')
    wrong = "" if int(shares.argmax()) == label else f", taken for a {int(shares.argmax())}"
    return (
        f'<div class="predicted"><img alt="a {label}{wrong}" src="data:image/png;base64,{source}">'
        f"<div>{'<br>'.join(lines)}</div></div>"
    )
