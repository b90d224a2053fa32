"""The class list: a CSV that says which names and numbers of other systems belong to which student.

One column names the student as the gradebook does: `student`; without it, `SIS Login ID`, `SIS User ID` or `ID`, so
that a gradebook exported from Canvas is a roster as it is. Where there are any, these columns help to find a student:
`name` (either order), `first_name` with `last_name`, `email` (whole, or before the @), `sid`, `sis_user_id`,
`sis_login_id`, `integration_id`, `canvas_id` (the number of the user, `ID` in an export from Canvas), `moodle_id` (the
number of the participant). Other columns are ignored.
"""

from __future__ import annotations

import csv
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from grading.config import CourseError

from .layouts import slug

_STUDENT = ("student_id", "sis_login_id", "sis_user_id", "login", "id", "email")
_NUMBERS = ("student_id", "sid", "sis_user_id", "sis_login_id", "integration_id")
_OF_A_SYSTEM = {"canvas_id": "canvas", "moodle_id": "moodle"}  # only unique within that system


class Roster:
    """Finds students by what other systems call them.

    Parameters
    ----------
    rows : a dictionary for each student, by column
    """

    def __init__(self, rows: Iterable[dict[str, str]]) -> None:
        self.students: list[str] = []
        self._by_key: dict[str, set[str]] = defaultdict(set)
        self._keys: dict[str, set[str]] = defaultdict(set)
        for row in rows:
            row = {_column(column): (value or "").strip() for column, value in row.items() if isinstance(column, str)}
            if row.get("student", "").lower().startswith("points possible"):
                continue
            student = slug(_identity(row))
            if not student:
                continue
            self.students.append(student)
            for key in filter(None, map(plain, (student, *_identities(row)))):
                self._by_key[key].add(student)
                self._keys[student].add(key)

    @classmethod
    def load(cls, path: Path) -> Roster:
        """Read a roster.

        Raises
        ------
        CourseError
            If the file has none of the columns that name a student, or names one twice.
        """
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            columns = {_column(column) for column in reader.fieldnames or []}
            if not columns & {"student", *_STUDENT}:
                raise CourseError(f"{path} has no column `student`, and none of {', '.join(_STUDENT)} in its place.")
            roster = cls(reader)
        if twice := sorted({student for student in roster.students if roster.students.count(student) > 1}):
            raise CourseError(f"{path} names {', '.join(twice[:5])} more than once.")
        return roster

    def find(self, keys: Iterable[str]) -> str | None:
        """Return the student whom the first telling key belongs to; a key that several share tells nothing."""
        for key in keys:
            found = self._by_key.get(plain(key), set())
            if len(found) == 1:
                return next(iter(found))
        return None

    def keys(self, student: str) -> set[str]:
        """Return everything that a student is called, as `plain` writes it."""
        return self._keys.get(student, set())


def plain(text: str) -> str:
    """Return the letters and digits of a name, without case: "Doe, Jane" and "doejane" are the same."""
    return "".join(letter for letter in unicodedata.normalize("NFKC", text).casefold() if letter.isalnum())


def _column(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_").replace("first_name", "firstname")


def _identity(row: dict[str, str]) -> str:
    """Return the gradebook's name of a student. In Canvas's export the column `Student` is the name of a person."""
    if row.get("student") and not _from_canvas(row):
        return row["student"]
    return next((row[column] for column in _STUDENT if row.get(column)), row.get("student", ""))


def _from_canvas(row: dict[str, str]) -> bool:
    return {"student", "id", "sis_login_id"} <= set(row)


def _identities(row: dict[str, str]) -> Iterator[str]:
    yield from (row[column] for column in _NUMBERS if row.get(column))
    yield from (f"{system} {row[column]}" for column, system in _OF_A_SYSTEM.items() if row.get(column))
    if row.get("id"):
        yield f"canvas {row['id']}" if _from_canvas(row) else row["id"]
    if email := row.get("email"):
        yield from (email, email.partition("@")[0])
    first, last = row.get("firstname", ""), row.get("last_name", "") or row.get("lastname", "")
    names = [row.get("name", ""), row.get("student", ""), f"{first} {last}".strip()]
    for name in filter(None, names):
        family, comma, given = name.partition(",")
        words = name.split()
        yield name
        yield given + family if comma else " ".join([*words[-1:], *words[:-1]])
