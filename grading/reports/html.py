"""Self-contained HTML pages from templates: everything that students wrote is text there, never markup."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

_CODE = re.compile(r"`([^`\n]{1,200})`")
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")  # colours of a terminal
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def write_page(path: Path, template: str, **values: Any) -> None:
    """Render a template of this package and write it, making its folder."""
    page = _environment().get_template(template).render(**values)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(clean(page), encoding="utf-8")


def points(value: float) -> str:
    """Return points without needless zeros: 30.0 as "30", 12.25 as "12.25"."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def wrappable(name: str) -> Markup:
    """Return a name as HTML in which a line may break after each underscore."""
    return escape(name).replace("_", Markup("_<wbr>"))


def clean(text: str) -> str:
    """Return text without what controls a terminal or turns its direction round."""
    return _CONTROL.sub("", _ESCAPES.sub("", text))


def words(text: str) -> Markup:
    """Return a sentence as HTML, with `code` between backticks set as code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))


def anchor(name: str) -> str:
    """Return a name for use as an id and in a link to it."""
    return "student-" + re.sub(r"[^\w-]", lambda found: f".{ord(found[0]):x}.", name)


def people(students: Sequence[str], most: int = 4) -> str:
    """Return names for a caption, the first few of many."""
    if len(students) <= most:
        return ", ".join(students)
    return f"{len(students)} students: {', '.join(students[: most - 1])} and {len(students) - most + 1} more"


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("grading.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    ours = {"points": points, "wrappable": wrappable, "words": words, "anchor": anchor, "people": people}
    environment.filters |= ours
    return environment
