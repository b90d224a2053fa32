"""What is known is not examined again; what changed is; every submission ends in one state."""

import base64
import collections
import json
import threading

import pytest
from patience import wait

from grading.masters import notebook
from grading.masters.assignment import Assignment
from grading.masters.release import release
from grading.run import session as sessions
from grading.run.cluster import connected
from grading.run.session import Session
from grading.run.worker import ExaminerError
from grading.verdicts.verdict import ItemState, State

ASKED = collections.Counter()
FAILING: set[str] = set()


def examine(task, bundle):
    """An examiner who gives full points to everything, unless the source says otherwise."""
    request = json.loads(task)
    tests = {test["grade_id"]: test["points"] for test in json.loads(bundle)["tests"]}
    if FAILING:
        raise ExaminerError("it died")
    items = []
    for test, seed in request["job"]["seeds"].items():
        ASKED[test] += 1
        items.append(
            {"grade_id": test, "earned": tests[test], "points": tests[test], "state": "full", "reason": f"{seed}"}
        )
    return json.dumps({"items": items, "state": "graded", "flags": [], "reason": ""})


@pytest.fixture(scope="module")
def client():
    with connected(2) as client:
        yield client


@pytest.fixture
def course(course, monkeypatch):
    release(course)
    monkeypatch.setattr(sessions, "examine", examine)
    ASKED.clear()
    FAILING.clear()
    for student in ("ada", "bob", "cleo"):
        submit(course, student)
    return course


def submit(course, student, answer="def double(x):\n    return 2 * x", **metadata):
    nb = notebook.with_answers(notebook.read(course.released("toy")), {"double": answer})
    nb.metadata.update(metadata)
    notebook.write(nb, course.step("submitted", student, "toy") / "toy.ipynb")


def grade(course, client, students=None, **options):
    return {
        event.verdict.student: event for event in Session(Assignment(course, "toy"), **options).grade(client, students)
    }


def examined(events):
    return {student: event.examined for student, event in events.items() if event.examined}


BOTH = ("test_double", "test_mean")


def test_a_second_run_examines_nothing_and_says_the_same(course, client):
    first = grade(course, client)
    second = grade(course, client)
    assert examined(first) == dict.fromkeys(("ada", "bob", "cleo"), BOTH)
    assert examined(second) == {}
    assert {student: event.verdict for student, event in second.items()} == {
        student: event.verdict for student, event in first.items()
    }


def test_inputs_differ_from_student_to_student_and_item_to_item(course, client):
    seeds = [item.reason for event in grade(course, client).values() for item in event.verdict.items]
    assert len(set(seeds)) == 6


def test_a_changed_answer_is_examined_and_changed_metadata_is_not(course, client):
    grade(course, client)
    submit(course, "ada", "def double(x):\n    return x + x")
    submit(course, "bob", kernelspec={"name": "other", "display_name": "Other"})
    assert examined(grade(course, client)) == {"ada": BOTH}


def test_one_changed_test_costs_its_own_item_alone(course, client):
    grade(course, client)
    ASKED.clear()
    master = notebook.read(course.master("toy"))
    next(cell for cell in master.cells if notebook.grade_id(cell) == "test_mean").source += "\nassert mean([5]) == 5"
    notebook.write(master, course.master("toy"))
    release(course)
    assert examined(grade(course, client)) == dict.fromkeys(("ada", "bob", "cleo"), ("test_mean",))
    assert ASKED == {"test_mean": 3}


def test_what_was_finished_before_a_stop_is_kept(course, client):
    events = Session(Assignment(course, "toy")).grade(client)
    next(events)
    events.close()  # as Ctrl-C does
    kept = len(list(Session(Assignment(course, "toy")).store.verdicts("toy")))
    again = grade(course, client)
    assert kept >= 1
    assert len(examined(again)) == 3 - kept
    assert len(again) == 3


def test_fresh_examines_everything_and_a_choice_of_students_only_those(course, client):
    grade(course, client)
    assert examined(grade(course, client, ["bob"], fresh=True)) == {"bob": BOTH}


def test_who_cannot_be_examined_is_set_aside_and_tried_again_the_next_time(course, client):
    FAILING.add("all")
    (verdict,) = (event.verdict for event in grade(course, client, ["ada"]).values())
    assert verdict.state == State.REVIEW
    assert {item.state for item in verdict.items} == {ItemState.REVIEW}
    assert verdict.earned == 0
    assert "3 attempts" in verdict.reason
    FAILING.clear()
    assert grade(course, client, ["ada"])["ada"].verdict.state == State.GRADED


def test_unreadable_and_missing_submissions_need_no_examiner(course, client):
    (course.step("submitted", "ada", "toy") / "toy.ipynb").write_bytes(b"{")
    (course.step("submitted", "bob", "toy") / "toy.ipynb").unlink()
    path = course.step("submitted", "cleo", "toy") / "toy.ipynb"
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))
    events = grade(course, client, ["ada", "bob", "cleo", "dan"])
    assert {student: str(event.verdict.state) for student, event in events.items()} == {
        "ada": "unreadable",
        "bob": "missing",
        "cleo": "missing",
        "dan": "missing",
    }
    assert [item.earned for item in events["ada"].verdict.items] == [0, 0]
    assert not ASKED
    assert Session(Assignment(course, "toy")).store.verdict("toy", "ada").state == State.UNREADABLE


def test_the_secret_does_not_travel(course):
    session = Session(Assignment(course, "toy"))
    task = session._task(session.plan("ada"))
    secret = (course.work / "secret").read_bytes()
    assert secret.hex() not in task
    assert set(json.loads(task)["job"]["seeds"]) == set(BOTH)


def test_outputs_do_not_travel_to_workers(course):
    path = course.step("submitted", "ada", "toy") / "toy.ipynb"
    nb = notebook.read(path)
    film = {"output_type": "display_data", "data": {"text/html": 3_000_000 * "x"}, "metadata": {}}
    next(cell for cell in nb.cells if cell.cell_type == "code").outputs = [film]
    path.write_text(json.dumps(nb))
    session = Session(Assignment(course, "toy"))
    sent = json.loads(session._task(session.plan("ada")))
    assert len(sent["submission"]) < 100_000
    content = json.loads(base64.b64decode(sent["submission"]))
    assert [cell["source"] for cell in content["cells"]] == [cell.source for cell in nb.cells]


def test_the_first_is_examined_while_others_are_not_read_yet(course, client):
    def students():
        yield "ada"
        wait(lambda: ASKED["test_double"])  # by the worker: nothing stands before it
        (course.step("submitted", "bob", "toy") / "toy.ipynb").unlink()
        yield "bob"

    events = grade(course, client, students())
    assert {student: event.verdict.state for student, event in events.items()} == {
        "ada": State.GRADED,
        "bob": State.MISSING,
    }


def test_what_is_known_is_said_while_another_is_examined(course, client, monkeypatch):
    grade(course, client, ["bob"])
    said = threading.Event()

    def slow(task, bundle):
        assert said.wait(30)
        return examine(task, bundle)

    monkeypatch.setattr(sessions, "examine", slow)
    found = {}
    for event in Session(Assignment(course, "toy")).grade(client, ["ada", "bob"]):
        said.set()
        found[event.verdict.student] = event.examined
    assert list(found.items()) == [("bob", ()), ("ada", BOTH)]
