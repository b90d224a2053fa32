"""The gradebook on a real PostgreSQL server, started for this test as a user without privileges."""

import contextlib
import dataclasses
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from grading.config import COURSE_ID
from grading.gradebook import write as gradebook_writer
from grading.masters import notebook
from grading.masters.assignment import Assignment
from grading.masters.release import release
from grading.verdicts.verdict import Item, ItemState, State, Verdict

pytest.importorskip("psycopg")


def programs():
    """The folder of the server's programs, or None."""
    if shutil.which("pg_config") is None:
        return None
    folder = Path(subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=True).stdout.strip())
    return folder if (folder / "initdb").exists() else None


def owner():
    """Whom the server runs as: it refuses root."""
    if os.getuid() != 0:
        return pwd.getpwuid(os.getuid())
    with contextlib.suppress(KeyError):
        return pwd.getpwnam("postgres")
    return pwd.getpwnam("nobody")


@pytest.fixture(scope="module")
def server():
    """A server that listens at a Unix socket only; its folder."""
    folder = programs()
    if folder is None:
        pytest.skip("no PostgreSQL server is installed")
    user = owner()
    who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if os.getuid() == 0 else {}
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as place:
        os.chown(place, user.pw_uid, user.pw_gid)

        def call(*command):
            command = [str(folder / command[0]), *command[1:]]
            subprocess.run(command, check=True, capture_output=True, cwd=place, env={"PATH": "/usr/bin:/bin"}, **who)

        call("initdb", "-D", f"{place}/data", "-U", "ta", "--auth=trust", "-E", "UTF8")
        options = f"-c listen_addresses='' -c unix_socket_directories={place} -c fsync=off"
        call("pg_ctl", "-D", f"{place}/data", "-w", "-l", f"{place}/log", "-o", options, "start")
        try:
            call("createdb", "-h", place, "-U", "ta", "grades")
            yield place
        finally:
            call("pg_ctl", "-D", f"{place}/data", "-m", "immediate", "stop")


@pytest.fixture
def course(course, server):
    release(course)
    return dataclasses.replace(course, database=f"postgresql+psycopg://ta@/grades?host={server}")


@pytest.fixture
def environment(environment):
    return lambda course: environment(course) | {"CS182_DATABASE": course.database}


def test_grades_live_on_the_server_and_nbgrader_finds_them_there(course, nbgrader):
    assert "PostgreSQL" in gradebook_writer.effective_url(course)
    for student in ("ada", "bob"):
        notebook.write(notebook.read(course.released("toy")), course.step("submitted", student, "toy") / "toy.ipynb")
    items = (Item("test_double", 2.0, 2.0, ItemState.FULL), Item("test_mean", 0.0, 1.0, ItemState.ZERO, "No."))
    with gradebook_writer.writer(Assignment(course, "toy")) as writer:
        for student in ("ada", "bob"):
            writer.write(Verdict(student, "toy", State.GRADED, items))
        assert writer.flush() == {"ada", "bob"}
        writer.write(Verdict("bob", "toy", State.GRADED, items))
        assert writer.flush() == set()

    with Gradebook(course.db_url, COURSE_ID) as book:
        assert book.engine.dialect.name == "postgresql"
        assert {entry.student.id: entry.score for entry in book.assignment_submissions("toy")} == {
            "ada": 2.0,
            "bob": 2.0,
        }
        grade = book.find_grade("test_mean", "toy", "toy", "bob")
        grade.manual_score = 1.0
        book.db.commit()

    nbgrader(course, "generate_feedback", "toy")
    assert "test_mean" in (course.step("feedback", "bob", "toy") / "toy.html").read_text()
    nbgrader(course, "export", "--to", str(course.work / "grades.csv"))
    lines = (course.work / "grades.csv").read_text().splitlines()
    assert len(lines) == 3
    assert not (course.work / "gradebook.db").exists()
