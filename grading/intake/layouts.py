"""Whose file is it? Read off paths as Canvas, Gradescope, Moodle and nbgrader write them, or a person would.

Canvas      doejane_LATE_12345_67890_saliency-1.ipynb       name, user, file (higher is later)
Gradescope  submission_123/saliency.ipynb                   and submission_metadata.yml beside the folders
Moodle      Jane Doe_4711_assignsubmission_file_/any.ipynb  name, participant
nbgrader    jdoe/saliency/saliency.ipynb                    and timestamp.txt
anything    jdoe/any.ipynb, jdoe.ipynb, saliency_jdoe.ipynb, "jdoe (1).ipynb"
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import yaml
from nbgrader.utils import parse_utc

from .files import Entry, RefusedError

_CANVAS = re.compile(
    r"(?:(?!LATE_)(?P<name>\w+?)_)?(?P<late>LATE_)?(?P<user>\d+|anon_\w+?)_(?P<file>\d+)_(?P<original>.+)"
)
_GRADESCOPE = re.compile(r"submission_\d+")
_MOODLE = re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)_.*", re.DOTALL)
_COPY = re.compile(r"( \(\d+\)|[-_ ]?copy\d*|-\d{1,2})$", re.IGNORECASE)


@dataclass(frozen=True)
class Owner:
    """Whom a path belongs to.

    Parameters
    ----------
    student : what to call the student if no roster knows better; empty if nothing says whose file it is
    keys : what the source says about who it is, the most reliable first
    time : when it was handed in, if the source says so
    late : whether the source only marks it as late
    order : of two uploads of a student at the same time, the higher one is later
    """

    student: str
    keys: tuple[str, ...] = ()
    time: datetime | None = None
    late: bool = False
    order: int = 0


def owners(entries: Sequence[Entry], name: str, others: Iterable[str] = ()) -> Iterator[tuple[Entry, Owner]]:
    """Yield each file with its owner, or owners if a group handed it in.

    Parameters
    ----------
    name : the assignment
    others : the course's other assignments; what lies in their folders is left out
    """
    groups = _gradescope(entries)
    stamps = {entry.path.rpartition("/")[0]: entry for entry in entries if entry.name == "timestamp.txt"}
    common = _common_folder(entries, name)
    for entry in entries:
        parts = entry.path.split("/")
        folder = next((part for part in parts[:-1] if _GRADESCOPE.fullmatch(part)), None)
        moodle = next((found for part in parts if (found := _MOODLE.fullmatch(part))), None)
        canvas = next((found for part in parts if (found := _CANVAS.fullmatch(part))), None)
        if folder:
            for owner in groups.get(folder) or [Owner(folder, (folder,), entry.modified)]:
                yield entry, owner
        elif moodle:
            student = slug(f"{moodle['name']}-{moodle['id']}")
            yield entry, Owner(student, (f"moodle {moodle['id']}", moodle["name"]), entry.modified)
        elif len(parts) >= 3 and parts[-2] == name:
            yield entry, _nbgrader(entry, parts[-3], stamps)
        elif len(parts) >= 3 and parts[-2] in set(others):
            continue
        elif canvas:
            yield entry, _canvas(canvas)
        else:
            yield entry, _plain(parts[1:] if common else parts, name, entry)


def slug(text: str) -> str:
    """Return text as a folder's name and nbgrader's id of a student."""
    text = unicodedata.normalize("NFKC", text)
    return re.sub(r"[^\w.@-]+", "-", text).strip("-._")[:80]


def _canvas(found: re.Match[str]) -> Owner:
    # a canvas zip carries the time at which it was made, not the submission's
    user = found["user"]
    student = slug("-".join(filter(None, [found["name"], user])))
    return Owner(student, (f"canvas {user}", found["name"] or ""), None, bool(found["late"]), int(found["file"]))


def _nbgrader(entry: Entry, student: str, stamps: dict[str, Entry]) -> Owner:
    stamp = stamps.get(entry.path.rpartition("/")[0])
    time = None
    if stamp is not None:
        try:
            time = parse_utc(stamp.read().decode()).replace(tzinfo=UTC)
        except (RefusedError, ValueError, OverflowError):
            time = None
    return Owner(slug(student), (student,), time or entry.modified)


def _plain(parts: list[str], name: str, entry: Entry) -> Owner:
    if len(parts) > 1:
        return Owner(slug(parts[0]), tuple(parts[:-1]), entry.modified)
    stem = original_stem(parts[0])
    student = re.sub(rf"(^{re.escape(name)}[-_ ]*|[-_ ]*{re.escape(name)}$)", "", stem, flags=re.IGNORECASE)
    if not student or not parts[0].lower().endswith((".ipynb", ".json", ".zip")):
        return Owner(slug(parts[0].rpartition(".")[0]), (), entry.modified)
    return Owner(slug(student), (student, stem), entry.modified)


def original_stem(name: str) -> str:
    """Return a file's name without its ending and without what a browser or a desktop adds to a second copy."""
    return _COPY.sub("", name.rpartition(".")[0])


def _common_folder(entries: Sequence[Entry], name: str) -> bool:
    """Whether all files are in one folder that is nobody's: the export's own."""
    paths = [entry.path.split("/") for entry in entries]
    if len({path[0] for path in paths}) != 1 or any(len(path) < 2 for path in paths):
        return False
    second = {path[1] for path in paths}
    return len(second) > 1 and not any(original_stem(part).lower() == name.lower() for part in second)


def _gradescope(entries: Sequence[Entry]) -> dict[str, list[Owner]]:
    """Return who handed in each folder, from Gradescope's metadata."""
    found: dict[str, list[Owner]] = {}
    for entry in entries:
        if entry.name in ("submission_metadata.yml", "submission_metadata.yaml"):
            try:
                content = yaml.load(entry.read(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
            except (RefusedError, yaml.YAMLError, ValueError, RecursionError):
                continue  # the folders' names still tell submissions apart
            for folder, about in content.items() if isinstance(content, dict) else ():
                found[str(folder)] = _submitters(about) if isinstance(about, dict) else []
    return found


def _submitters(about: dict[str, Any]) -> list[Owner]:
    people = about.get(":submitters")
    time = _moment(about.get(":created_at"))
    owned = []
    for person in people if isinstance(people, list) else ():
        values = person if isinstance(person, dict) else {}
        keys = [str(values[key]) for key in (":sid", ":email", ":name") if values.get(key)]
        if keys:
            owned.append(Owner(slug(keys[0]), tuple(keys), time))
    return owned


def _moment(value: Any) -> datetime | None:
    """Return a time as YAML gives it: a datetime, in UTC if it says nothing else, or text."""
    if isinstance(value, str):
        try:
            return parse_utc(value).replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            return None
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)
