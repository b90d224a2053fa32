"""Whatever an archive holds, collecting ends: with records, or with one sentence on a file that is no archive."""

import io
import shutil
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from grading.config import CourseError
from grading.intake.collect import collect
from grading.masters.release import release

ENOUGH = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
STATES = {"new", "changed", "unchanged", "kept", "refused", "missing"}
PIECES = [
    "..",
    ".",
    "",
    "ada",
    "/",
    "toy",
    "toy.ipynb",
    "a" * 300,
    "é\u202e",
    "submission_1",
    "submission_metadata.yml",
]
PIECES += [
    "x_1_2_toy.ipynb",
    "LATE_anon_q_3_t.ipynb",
    "J D_4_assignsubmission_file_",
    "timestamp.txt",
    "z.zip",
    "C:",
    "\\",
]
CONTENTS = [
    b"",
    b"{}",
    b'{"nbformat": 4, "cells": [3, {"source": 5, "metadata": 7}]}',
    b"- [",
    b"!!python/object:os.system",
]
CONTENTS += [
    b"submission_1: 5",
    b"submission_1:\n  :submitters: [7, {':sid': []}]\n  :created_at: 99999-1-1",
    b"\xff\x00",
]


@pytest.fixture(scope="module")
def toy(tmp_path_factory, build_course):
    course = build_course(tmp_path_factory.mktemp("fuzz"))
    release(course)
    return course


def collected(course, data: bytes):
    """Collect a zip with these bytes; everything written must lie in the course's folder."""
    source = course.root / "upload.zip"
    source.write_bytes(data)
    shutil.rmtree(course.work, ignore_errors=True)
    before = {path for path in course.root.rglob("*")}
    try:
        records = collect(source, course, "toy")
    except CourseError:
        return None
    written = {path for path in course.root.rglob("*")} - before
    assert all(course.work in (path, *path.parents) for path in written)
    assert {record.state for record in records} <= STATES
    for record in records:
        assert record.student
        assert Path(record.student).name == record.student
    return records


def zipped(files) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in files:
            info = zipfile.ZipInfo("x")
            info.filename = name or "x"
            archive.writestr(info, content)
    return data.getvalue()


@ENOUGH
@given(
    st.lists(
        st.tuples(st.lists(st.sampled_from(PIECES), min_size=1, max_size=4).map("/".join), st.sampled_from(CONTENTS))
    )
)
@example([("submission_metadata.yml", content) for content in CONTENTS])
@example(
    [*(("submission_metadata.yml", content) for content in CONTENTS[5:7]), ("submission_1/toy.ipynb", CONTENTS[2])]
)
@example(
    [("submission_metadata.yml", b"[" * 5000), ("ada/toy/timestamp.txt", b"9" * 50), ("ada/toy/toy.ipynb", CONTENTS[2])]
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_any_names_and_contents(toy, files):
    assert collected(toy, zipped(files)) is not None


@ENOUGH
@given(st.data())
def test_any_damage_to_an_archive(toy, data):
    content = bytearray(zipped([("ada/toy.ipynb", CONTENTS[2]), ("b_1_2_t.zip", zipped([("toy.ipynb", b"{}")]))]))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    collected(toy, bytes(content[: data.draw(st.integers(0, len(content)))]))


@ENOUGH
@given(st.binary(max_size=200))
def test_any_bytes(toy, content):
    collected(toy, content)
