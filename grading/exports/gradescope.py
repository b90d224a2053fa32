"""Pack an assignment's grader for Gradescope: a zip with setup.sh, run_autograder, the assignment and this package.

Follows https://gradescope-autograders.readthedocs.io/en/latest/specs/: the zip is unpacked to /autograder/source,
setup.sh runs once when the image is built, run_autograder once for each submission.
"""

from __future__ import annotations

import dataclasses
import json
import secrets
import stat
import zipfile
from pathlib import Path

from grading.config import CLONE, CourseError
from grading.config.settings import load
from grading.masters.assignment import Assignment
from grading.reports.student_page import about_tests

ASSIGNMENT = "assignment.json"
VISIBILITIES = ("visible", "after_due_date", "after_published", "hidden")
_LEFT_OUT = {"__pycache__", "course", ".DS_Store"}
_ENDS = {".pyc", ".ipynb_checkpoints"}

SETUP = """\
#!/usr/bin/env bash
# Runs once, when Gradescope builds the image.
set -eu
root="${AUTOGRADER_ROOT:-/autograder}"
python=""
for candidate in python3.13 python3.12 python3.11 python3; do
    if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; then
        python="$candidate"
        break
    fi
done
if [ -z "$python" ]; then
    apt-get update
    apt-get install -y --no-install-recommends python3.11 python3.11-venv
    python=python3.11
fi
"$python" -m venv "$root/venv"
# networks run on the processor here: the wheels without CUDA are ten times smaller
"$root/venv/bin/pip" install --no-cache-dir --extra-index-url https://download.pytorch.org/whl/cpu \\
    "$root/source/package[instructor]"
chmod -R go-rwx "$root/source"
"""
RUN = """\
#!/usr/bin/env bash
# Runs once for each submission; writes results/results.json.
root="${AUTOGRADER_ROOT:-/autograder}"
cd "$root"
exec "${AUTOGRADER_PYTHON:-$root/venv/bin/python}" -m grading.exports.gradescope_run "$root"
"""


def pack(assignment: Assignment, to: Path, *, visibility: str = "visible", level: str = "restricted") -> Path:
    """Write the autograder of an assignment.

    Parameters
    ----------
    visibility : when students see a test's result: "visible", "after_due_date", "after_published" or "hidden"
    level : the least isolation; Gradescope's containers offer no namespaces, so "full" does not hold there

    Raises
    ------
    CourseError
        If this is no clone of the course, whose files the zip has to hold.
    """
    if visibility not in VISIBILITIES:
        raise CourseError(f"There is no visibility {visibility!r}; Gradescope knows {', '.join(VISIBILITIES)}.")
    files = list(_package())
    settings = dataclasses.replace(load(assignment.course.solutions), level=level)
    about = {test: dataclasses.asdict(tested) for test, tested in about_tests(assignment).items()}
    content = {
        "bundle": dataclasses.asdict(assignment.bundle),
        "settings": settings.to_json(),
        "secret": secrets.token_hex(32),  # of this autograder alone: the course's own never leaves its folder
        "visibility": visibility,
        "tests": about,
    }
    to.parent.mkdir(parents=True, exist_ok=True)
    draft = to.with_name(f".{to.name}.draft")
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "setup.sh", SETUP, 0o755)
        _add(archive, "run_autograder", RUN, 0o755)
        _add(archive, ASSIGNMENT, json.dumps(content), 0o600)
        for path in files:
            archive.write(path, f"package/{path.relative_to(CLONE)}")
    draft.replace(to)
    return to


def _package() -> list[Path]:
    """Return the files from which pip can install this package."""
    single = [CLONE / name for name in ("pyproject.toml", "README.md", "LICENSE")]
    if lacking := [path.name for path in single if not path.exists()]:
        raise CourseError(f"There is no {lacking[0]} in {CLONE}: pack the autograder in a clone of the course.")
    folders = [CLONE / "cs182viz", CLONE / "grading"]
    found = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    return single + [
        path for path in found if not _LEFT_OUT & set(path.relative_to(CLONE).parts) and path.suffix not in _ENDS
    ]


def _add(archive: zipfile.ZipFile, name: str, text: str, mode: int) -> None:
    info = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
    info.external_attr = (stat.S_IFREG | mode) << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, text)
