"""Submissions from every system, and what hostile archives hold, end in one record a student and in no other file."""

import io
import json
import os
import stat
import struct
import time
import zipfile
from datetime import UTC, datetime

import pytest
from nbformat.v4 import new_code_cell, new_notebook, writes

from grading.config import CourseError
from grading.intake.arrivals import load_records, submitted_at
from grading.intake.collect import collect
from grading.intake.files import Limits
from grading.intake.roster import Roster
from grading.masters import notebook
from grading.masters.release import release

METADATA = """---
submission_101:
  :submitters:
  - :name: Ada Lovelace
    :sid: 'a1'
    :email: ada@school.edu
  :created_at: 2026-10-01 10:00:00.5 Z
  :score: 0.0
submission_102:
  :submitters:
  - :name: Bob Moog
    :sid: 'b2'
    :email: bob@school.edu
  - :name: Cy Young
    :sid: 'c3'
    :email: cy@school.edu
  :created_at: 2026-10-02 09:30:00 +02:00
"""


@pytest.fixture
def toy(course):
    """The small course, and the bytes of a submission with a given answer."""
    release(course)

    def submission(double="def double(x):\n    return 2 * x") -> bytes:
        return writes(notebook.with_answers(notebook.read(course.released("toy")), {"double": double})).encode()

    return course, submission


def zipped(path, files, times=None):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, (times or {}).get(name, (2026, 10, 1, 12, 0, 0)))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return path


def written(course, student):
    return (course.work / "submitted" / student / "toy" / "toy.ipynb").read_bytes()


def by_student(records):
    return {record.student: record for record in records}


def everything_written(course):
    return sorted(str(path.relative_to(course.work)) for path in course.work.rglob("*") if path.is_file())


def test_canvas_zip_with_a_late_a_repeated_and_an_anonymous_submission(toy, tmp_path):
    course, submission = toy
    first, second = submission("def double(x):\n    return 1"), submission()
    files = {
        "loveladeada2_101_5001_toy.ipynb": first,
        "loveladeada2_101_5007_toy-1.ipynb": second,
        "moogbob_LATE_102_5002_my homework.ipynb": first,
        "anon_Xy12z_5003_toy.ipynb": first,
    }
    records = by_student(collect(zipped(tmp_path / "canvas.zip", files), course, "toy"))
    assert set(records) == {"loveladeada2-101", "moogbob-102", "anon_Xy12z"}
    assert written(course, "loveladeada2-101") == second  # the higher file number is the later upload
    assert "There were 2 notebooks" in records["loveladeada2-101"].flags[0]
    assert records["moogbob-102"].late
    assert not records["loveladeada2-101"].late
    assert submitted_at(course, "toy", "moogbob-102") is None  # a canvas zip does not say when
    assert "canvas 102" in records["moogbob-102"].keys


def test_canvas_gradebook_is_a_roster(toy, tmp_path):
    course, submission = toy
    (tmp_path / "grades.csv").write_text(
        "Student,ID,SIS User ID,SIS Login ID,Section,toy (77)\n"
        "    Points Possible,,,,,5.00\n"
        '"Lovelace, Ada",101,S1,ada,1,\n"Moog, Bob",102,S2,bob,1,\n"Young, Cy",103,S3,cy,1,\n'
    )
    roster = Roster.load(tmp_path / "grades.csv")
    assert roster.students == ["ada", "bob", "cy"]
    # Ada by her number, Bob by his name: the number in the file's name is nobody's
    files = {"x_101_1_toy.ipynb": submission(), "moogbob_999_2_toy.ipynb": submission()}
    records = by_student(collect(zipped(tmp_path / "canvas.zip", files), course, "toy", roster=roster))
    assert {student: record.state for student, record in records.items()} == {
        "ada": "new",
        "bob": "new",
        "cy": "missing",
    }


def test_gradescope_folders_with_a_group_and_times_in_utc(toy, tmp_path):
    course, submission = toy
    right, wrong = submission(), submission("def double(x):\n    return 0")
    files = {
        "assignment_9_export/submission_metadata.yml": METADATA,
        "assignment_9_export/submission_101/toy.ipynb": right,
        "assignment_9_export/submission_102/work/other name.ipynb": wrong,
        "assignment_9_export/submission_103/toy.ipynb": wrong,
    }
    records = by_student(collect(zipped(tmp_path / "gs.zip", files), course, "toy"))
    assert set(records) == {"a1", "b2", "c3", "submission_103"}
    assert written(course, "b2") == written(course, "c3") == wrong
    assert submitted_at(course, "toy", "a1") == datetime(2026, 10, 1, 10, 0, 0, 500000, tzinfo=UTC)
    assert submitted_at(course, "toy", "c3") == datetime(2026, 10, 2, 7, 30, tzinfo=UTC)


def test_moodle_folders_are_matched_by_name_whatever_the_order(toy, tmp_path):
    course, submission = toy
    roster = Roster([{"student": "jdoe", "name": "Doe, Jane"}, {"student": "bob", "name": "Bob Moog"}])
    files = {
        "Jane Doe_4711_assignsubmission_file_/toy.ipynb": submission(),
        "Bob Moog_4712_assignsubmission_file_toy.ipynb": submission(),  # not in folders
        "Cy Young_4713_assignsubmission_file_/report.pdf": b"%PDF",
    }
    times = {"Jane Doe_4711_assignsubmission_file_/toy.ipynb": (2026, 10, 3, 8, 0, 0)}
    records = by_student(collect(zipped(tmp_path / "moodle.zip", files, times), course, "toy", roster=roster))
    assert {student: record.state for student, record in records.items()} == {
        "jdoe": "new",
        "bob": "new",
        "Cy-Young-4713": "missing",
    }
    assert "no notebook among the files: report.pdf" in " ".join(records["Cy-Young-4713"].flags)
    assert submitted_at(course, "toy", "jdoe") == datetime(2026, 10, 3, 8, 0, 0).astimezone()


def test_nbgrader_layout_with_its_timestamps_leaves_other_assignments_alone(toy, tmp_path, build_course):
    course, submission = toy
    (course.solutions / "other").mkdir()
    notebook.write(new_notebook(cells=[new_code_cell("1", id="one")]), course.solutions / "other" / "other.ipynb")
    for name in ("toy", "other"):
        folder = tmp_path / "submitted" / "ada" / name
        folder.mkdir(parents=True)
        (folder / f"{name}.ipynb").write_bytes(submission())
        (folder / "timestamp.txt").write_text("2026-10-01 23:59:59.123456 UTC")
    (record,) = collect(tmp_path / "submitted", course, "toy")
    assert (record.student, record.flags) == ("ada", ())
    assert submitted_at(course, "toy", "ada") == datetime(2026, 10, 1, 23, 59, 59, 123456, tzinfo=UTC)


def test_a_plain_folder_takes_students_from_names_of_files_or_folders(toy, tmp_path):
    course, submission = toy
    folder = tmp_path / "inbox"
    (folder / "dee" / "deep").mkdir(parents=True)
    for number, name in enumerate(["ada.ipynb", "ada (1).ipynb", "toy_bob.ipynb", "Toy-cy.ipynb", "dee/deep/x.ipynb"]):
        (folder / name).write_bytes(submission(f"def double(x):\n    return {number}"))
        os.utime(folder / name, (1_790_000_000 + number,) * 2)
    records = by_student(collect(folder, course, "toy"))
    assert set(records) == {"ada", "bob", "cy", "dee"}
    assert b"return 1" in written(course, "ada")
    assert records["ada"].source == "ada (1).ipynb"


def test_a_notebook_that_says_nothing_of_its_owner_is_kept_and_flagged(toy, tmp_path):
    course, submission = toy
    (tmp_path / "toy.ipynb").write_bytes(submission())
    (record,) = collect(tmp_path / "toy.ipynb", course, "toy")
    assert record.student == "toy"
    assert "Nothing says whose this is" in record.flags[0]


def test_of_several_notebooks_content_decides_before_names_and_times(toy, tmp_path):
    course, submission = toy
    scratch = writes(new_notebook(cells=[new_code_cell("print('scratch')", id="a")])).encode()
    files = {
        "ada/toy.ipynb": scratch,
        "ada/Untitled7.ipynb": submission(),
        "ada/broken.ipynb": b"{",
        "ada/notes.txt": b"",
    }
    times = {"ada/toy.ipynb": (2026, 12, 1, 0, 0, 0), "ada/broken.ipynb": (2026, 12, 1, 0, 0, 0)}
    (record,) = collect(zipped(tmp_path / "any.zip", files, times), course, "toy")
    assert record.source == "ada/Untitled7.ipynb"
    assert written(course, "ada") == submission()


def test_functions_are_recognised_where_all_ids_are_lost(toy, tmp_path):
    course, _ = toy
    bare = json.dumps({"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": [
        {"cell_type": "code", "language": "python", "input": ["def double(x):\n", "    return ("], "outputs": [],
         "metadata": {}, "collapsed": False}]}]}).encode()  # fmt: skip
    other = writes(new_notebook(cells=[new_code_cell("pass", id="a")])).encode()
    files = {"ada/a.ipynb": other, "ada/b.ipynb": bare, "bob/a.ipynb": other}
    records = by_student(collect(zipped(tmp_path / "z.zip", files), course, "toy"))
    assert records["ada"].source == "ada/b.ipynb"
    assert "none of the cells and functions of toy" in records["bob"].flags[0]


def test_an_unreadable_notebook_is_handed_on_so_that_grading_says_why(toy, tmp_path):
    course, _ = toy
    (record,) = collect(zipped(tmp_path / "z.zip", {"ada/toy.ipynb": b"\xff\xfe not json"}), course, "toy")
    assert record.state == "new"
    assert "not text in UTF-8" in record.flags[0]
    assert written(course, "ada") == b"\xff\xfe not json"


def test_another_assignments_notebook_is_named(toy, tmp_path):
    course, _ = toy
    (course.solutions / "other").mkdir()
    about = {"nbgrader": {"grade_id": "triple", "solution": True, "grade": False, "schema_version": 3, "task": False}}
    other = new_notebook(cells=[new_code_cell("def triple(x): ...", id="triple", metadata=about)])
    notebook.write(other, course.solutions / "other" / "other.ipynb")
    (record,) = collect(zipped(tmp_path / "z.zip", {"ada/toy.ipynb": writes(other)}), course, "toy")
    assert "looks like the assignment other" in record.flags[0]


def test_a_students_zip_is_looked_into_but_no_zip_inside_that(toy, tmp_path):
    course, submission = toy
    inner, innermost = io.BytesIO(), io.BytesIO()
    zipped(innermost, {"toy.ipynb": submission()})
    zipped(inner, {"homework/toy.ipynb": submission(), "again.zip": innermost.getvalue()})
    files = {"doejane_1_2_homework.zip": inner.getvalue(), "moogbob_3_4_all.zip": b"PK no zip"}
    records = by_student(collect(zipped(tmp_path / "canvas.zip", files), course, "toy"))
    assert records["doejane-1"].source == "doejane_1_2_homework.zip/homework/toy.ipynb"
    assert any("zip in a zip" in flag for flag in records["doejane-1"].flags)
    assert records["moogbob-3"].state == "refused"
    assert "is not a zip" in records["moogbob-3"].flags[0]


def hostile(path, submission):
    """A zip with everything that must not be followed, besides one good notebook."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ada/toy.ipynb", submission)
        archive.writestr("../../escape/toy.ipynb", submission)
        archive.writestr("/tmp/absolute/toy.ipynb", submission)
        archive.writestr("C:/drive/toy.ipynb", submission)
        for name, kind in [
            ("bob/toy.ipynb", stat.S_IFLNK),
            ("cy/toy.ipynb", stat.S_IFCHR),
            ("dee/x.ipynb", stat.S_IFIFO),
        ]:
            info = zipfile.ZipInfo(name)
            info.external_attr = (kind | 0o777) << 16
            archive.writestr(info, "/etc/passwd")
        archive.writestr("eve/toy.ipynb", b" " * (5 * 2**20))  # expands a thousandfold
        archive.writestr("fay/toy.ipynb", os.urandom(9 * 2**20))
    return path


def test_hostile_members_are_refused_with_the_reason_and_touch_no_other_file(toy, tmp_path):
    course, submission = toy
    source = hostile(tmp_path / "hostile.zip", submission())
    before = {path for path in tmp_path.rglob("*") if course.work not in path.parents}
    records = by_student(collect(source, course, "toy", limits=Limits(file=8 * 2**20)))
    reasons = {student: record.flags[0] for student, record in records.items() if record.state == "refused"}
    assert "link or a device" in reasons["bob"]
    assert "link or a device" in reasons["cy"]
    assert "link or a device" in reasons["dee"]
    assert "zip bomb" in reasons["eve"]
    assert "has 9 MB; at most 8 MB" in reasons["fay"]
    assert sum("leads out of the archive" in flag for record in records.values() for flag in record.flags) == 3
    assert everything_written(course) == [
        "collected/toy.json",
        "submitted/ada/toy/timestamp.txt",
        "submitted/ada/toy/toy.ipynb",
    ]
    assert {path for path in tmp_path.rglob("*") if course.work not in path.parents} - {course.work} == before - {
        course.work
    }


def test_a_hundred_gigabytes_are_refused_before_they_are_read(toy, tmp_path):
    course, _ = toy
    folder = tmp_path / "inbox"
    folder.mkdir()
    with (folder / "ada.ipynb").open("wb") as file:
        file.truncate(100 * 2**30)  # a sparse file: reading it would take minutes
    start = time.monotonic()
    (record,) = collect(folder, course, "toy")
    assert time.monotonic() - start < 2
    assert record.state == "refused"
    assert "at most 200 MB are read" in record.flags[0]


def test_a_size_that_lies_is_noticed_while_reading(toy, tmp_path):
    course, _ = toy
    source = zipped(tmp_path / "z.zip", {"ada/toy.ipynb": b" " * 3_000_000})
    content = bytearray(source.read_bytes())
    directory = content.rindex(b"PK\x01\x02")
    struct.pack_into("<I", content, directory + 24, 10)  # the size that the directory claims
    source.write_bytes(content)
    (record,) = collect(source, course, "toy")
    assert record.state == "refused"
    assert "damaged" in record.flags[0]


def test_links_in_a_folder_are_not_followed(toy, tmp_path):
    course, submission = toy
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "toy.ipynb").write_bytes(submission())
    folder = tmp_path / "inbox"
    folder.mkdir()
    (folder / "ada").symlink_to(tmp_path / "secret")
    (folder / "bob.ipynb").symlink_to(tmp_path / "secret" / "toy.ipynb")
    os.mkfifo(folder / "cy.ipynb")
    records = collect(folder, course, "toy")
    assert {record.student: record.state for record in records}["bob"] == "refused"
    assert all(record.state == "refused" for record in records)


def test_the_latest_wins_across_collections_and_nothing_is_written_twice(toy, tmp_path):
    course, submission = toy
    old, new = submission("def double(x):\n    return 'old'"), submission("def double(x):\n    return 'new'")
    early = zipped(tmp_path / "a.zip", {"ada/toy.ipynb": old}, {"ada/toy.ipynb": (2026, 10, 1, 8, 0, 0)})
    late = zipped(tmp_path / "b.zip", {"ada/toy.ipynb": new}, {"ada/toy.ipynb": (2026, 10, 2, 8, 0, 0)})
    states = []
    for source in (early, late, late, early):
        states += [record.state for record in collect(source, course, "toy")]
    assert states == ["new", "changed", "unchanged", "kept"]
    assert written(course, "ada") == new
    assert load_records(course, "toy")["ada"].time.startswith("2026-10-02")


def test_a_dry_run_writes_nothing(toy, tmp_path):
    course, submission = toy
    (record,) = collect(zipped(tmp_path / "z.zip", {"ada/toy.ipynb": submission()}), course, "toy", dry_run=True)
    assert record.state == "new"
    assert not course.work.exists()


def test_a_name_that_several_share_is_not_guessed(toy, tmp_path):
    course, submission = toy
    roster = Roster([{"student": "jane1", "name": "Jane Doe"}, {"student": "jane2", "name": "Jane Doe"}])
    source = zipped(tmp_path / "m.zip", {"Jane Doe_1_assignsubmission_file_/toy.ipynb": submission()})
    records = by_student(collect(source, course, "toy", roster=roster))
    assert records["jane1"].state == records["jane2"].state == "missing"
    assert "several are called so" in records["Jane-Doe-1"].flags[0]


def test_the_same_number_in_two_systems_is_not_the_same_student():
    roster = Roster([{"student": "ada", "sid": "4711"}, {"student": "bob", "moodle_id": "4711"}])
    assert roster.find(["moodle 4711"]) == "bob"
    assert roster.find(["4711"]) == "ada"


def test_a_roster_without_students_or_with_one_twice_is_an_error(tmp_path):
    (tmp_path / "roster.csv").write_text("colour,size\nred,3\n")
    with pytest.raises(CourseError, match="no column `student`"):
        Roster.load(tmp_path / "roster.csv")
    (tmp_path / "roster.csv").write_text("student\nada\nada\n")
    with pytest.raises(CourseError, match="ada more than once"):
        Roster.load(tmp_path / "roster.csv")


def test_a_source_that_is_not_there_or_no_zip_is_an_error(toy, tmp_path):
    course, _ = toy
    with pytest.raises(CourseError, match="nothing to collect"):
        collect(tmp_path / "nowhere", course, "toy")
    (tmp_path / "bad.zip").write_bytes(b"not a zip")
    with pytest.raises(CourseError, match="is not a zip"):
        collect(tmp_path / "bad.zip", course, "toy")
