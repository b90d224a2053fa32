"""The class's report: counts that can be checked by hand, and links that lead somewhere."""

import base64
import io
import re
import struct
import zlib

import pytest
from nbformat.v4 import new_output
from PIL import Image

from grading.config import CourseError
from grading.demo.sample_class import Sample, write
from grading.gradebook.penalties import Late
from grading.gradebook.write import writer
from grading.intake.arrivals import Collected, keep_records
from grading.masters import notebook
from grading.masters.assignment import Assignment
from grading.masters.nbgrader_steps import tools_on_path
from grading.masters.release import release
from grading.reports.class_report import report_path, write_class_report
from grading.reports.findings import absent, common, queue, trouble
from grading.reports.html import anchor
from grading.reports.pictures import OTHER, PER_STUDENT, submitted_pictures, thumbnail
from grading.reports.student_page import write_feedback
from grading.verdicts.store import Store
from grading.verdicts.verdict import Item, ItemState, State, Verdict

RIGHT = {
    "double": "def double(x):\n    return sum([x, x])",
    "mean": "def mean(values):\n    return math.fsum(values) / len(values)",
}
FUNCTIONS = {"test_double": "double", "test_mean": "mean"}


def item(test, state=ItemState.FULL, worth=1.0, **about):
    return Item(test, worth if state == ItemState.FULL else 0.0, worth, state, **about)


def wrong(test, name, **about):
    return item(test, ItemState.ZERO, kind="wrong", reason="No.", hint=f"Hint on {name}.", misconception=name, **about)


def verdict(student, *items, state=State.GRADED, flags=(), reason=""):
    return Verdict(student, "toy", state, items, flags, reason)


def png(size=(40, 30), colour="red"):
    data = io.BytesIO()
    Image.new("RGB", size, colour).save(data, "PNG")
    return base64.b64encode(data.getvalue()).decode()


def test_mistakes_are_counted_by_student_and_function():
    verdicts = [
        verdict("ann", wrong("test_double", "square"), wrong("test_mean", "square")),
        verdict("bob", wrong("test_double", "square"), item("test_mean")),
        verdict("cy", wrong("test_mean", "of_two"), wrong("test_mean_more", "of_two")),
    ]
    found = common(verdicts, FUNCTIONS | {"test_mean_more": "mean"})
    assert [(entry.function, entry.name, entry.students) for entry in found] == [
        ("double", "square", ["ann", "bob"]),
        ("mean", "of_two", ["cy"]),
        ("mean", "square", ["ann"]),
    ]


def test_slow_and_crashed_items_are_listed_the_longest_first():
    verdicts = [
        verdict("ann", item("test_double", seconds=21), item("test_mean", seconds=19)),
        verdict("bob", item("test_double", ItemState.ZERO, kind="crash", seconds=0.1)),
        verdict("cy", item("test_double", ItemState.ZERO, kind="wrong", seconds=0.1)),
    ]
    found = [(entry.student, entry.item.grade_id) for entry in trouble(verdicts)]
    assert found == [("ann", "test_double"), ("bob", "test_double")]


def test_the_queue_gathers_every_reason_once():
    verdicts = [
        verdict("ann", item("test_mean", ItemState.REVIEW, reason="Unsteady."), state=State.REVIEW, flags=("Edited.",)),
        verdict("bob", item("test_mean")),
        verdict("cy", item("test_mean"), flags=("Moved.", "Moved.")),
    ]
    records = {"bob": Collected("bob", "new", flags=("Two notebooks.",)), "dee": Collected("dee", "missing")}
    late = [Late("cy", 0, "marked as late", True), Late("bob", 1, "1 day late")]
    assert {entry.student: entry.reasons for entry in queue(verdicts, records, late)} == {
        "ann": ["Edited.", "test_mean: Unsteady."],
        "bob": ["Two notebooks."],
        "cy": ["Moved.", "Lateness: marked as late."],
    }


def test_who_sent_nothing_readable_is_listed_with_what_is_known():
    records = {
        "ann": Collected("ann", "missing"),
        "bob": Collected("bob", "refused", flags=("bob.ipynb has 104 MB.",)),
        "cy": Collected("cy", "missing"),  # came another way later
    }
    verdicts = [verdict("cy", item("test_mean")), verdict("dee", state=State.UNREADABLE, reason="The file is empty.")]
    assert [(entry.student, entry.reasons) for entry in absent(verdicts, records)] == [
        ("ann", ["Nothing was handed in."]),
        ("bob", ["bob.ipynb has 104 MB."]),
        ("dee", ["The file is empty."]),
    ]


@pytest.fixture
def handed_in(course):
    """The small course with a submission whose cells show pictures: `handed_in(student, {cell: [png, ...]})`."""
    release(course)

    def submit(student, drawn=None, answers=RIGHT):
        write(Assignment(course, "toy"), [Sample(student, "", answers, {})])
        path = course.step("submitted", student, "toy") / "toy.ipynb"
        nb = notebook.read(path)
        for cell in nb.cells:
            for picture in (drawn or {}).get(cell.id, []):
                cell.outputs.append(new_output("display_data", {"image/png": picture}))
        notebook.write(nb, path)
        return course

    return submit


def test_pictures_are_those_of_cells_that_were_given_out_and_few(handed_in):
    course = handed_in("ann", {"picture": [png()], "double": [png(colour="blue")] * 50})
    found = submitted_pictures(course, "toy", "ann", {"picture"})
    assert len(found) == PER_STUDENT
    assert {cell for cell, _ in found} <= {"picture", OTHER}
    assert submitted_pictures(course, "toy", "nobody", {"picture"}) == []


def bomb():
    """A PNG of 50,000 x 50,000 pixels in a few kilobytes."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 100_000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    "data",
    [
        bomb(),
        b"",
        b"no picture",
        b"GIF89a\x01\x00\x01\x00\x00\x00\x00;",
        base64.b64decode(png())[:60],
        b"<svg onload=x>",
    ],
    ids=["bomb", "empty", "text", "gif", "cut", "svg"],
)
def test_what_is_no_picture_or_too_large_is_left_out(data):
    assert thumbnail(base64.b64encode(data).decode()) == ""
    assert thumbnail("not base 64 !") == ""


def test_the_whole_report_from_verdicts_gradebook_and_submissions(handed_in):
    tools_on_path()
    odd = RIGHT | {
        "double": "def double(x):\n    return " + " + ".join(f"math.pow(x, {i}) / {i + 2}" for i in range(9))
    }
    handed_in("ann", {"picture": [png()]}, odd)
    handed_in("bob", {"picture": [png()]}, odd)
    course = handed_in("cy", {"picture": [png(colour="blue")]})
    verdicts = [
        verdict("ann", item("test_double", worth=2), item("test_mean")),
        verdict("bob", wrong("test_double", "square", worth=2), item("test_mean")),
        verdict("cy", item("test_double", worth=2), item("test_mean"), state=State.REVIEW, flags=("<b>Edited</b>.",)),
    ]
    store = Store(course.work)
    with writer(Assignment(course, "toy")) as gradebook:
        for one in verdicts:
            store.put_verdict(one)
            gradebook.write(one)
    keep_records(course, "toy", [Collected("dee", "missing")])
    write_feedback(Assignment(course, "toy"), verdicts)
    path = write_class_report(Assignment(course, "toy"), title="The toy class")
    assert path == report_path(course, "toy")
    page = path.read_text()
    assert not re.search(r"https?://|<script|<link|<b>Edited", page)
    anchors = set(re.findall(r'id="([^"]+)"', page))
    targets = set(re.findall(r'href="#([^"]+)"', page))
    assert targets <= anchors
    assert {anchor("bob"), anchor("cy"), "review", "absent"} <= targets
    for link in re.findall(r'href="([^#"]+)"', page):
        assert (path.parent / link).is_file()
    text = " ".join(re.sub(r"<[^>]+>", " ", page.replace("<wbr>", "")).split())
    assert "Submissions 3 Mean 2.33 of 5 Median 3 Answers to read 3 To review 1 Missing or unreadable 1" in text
    assert "1 \N{MULTIPLICATION SIGN} double square Hint on square. bob" in text
    assert "dee Nothing was handed in." in text
    assert page.count("<img ") == 2
    assert "ann, bob" in text
    assert "Mostly in ann and bob 100%" in text
    assert "and cy" not in text


def test_nothing_graded_is_said(course):
    tools_on_path()
    release(course)
    with writer(Assignment(course, "toy")):
        pass
    with pytest.raises(CourseError, match="no submission has been graded"):
        write_class_report(Assignment(course, "toy"))
