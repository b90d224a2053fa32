"""Each task ends with an answer or a reason, whatever the workers do; tasks are drawn only as there is room."""

import concurrent.futures
import gc
import operator
import threading
import time

import psutil
import pytest
from chaos import Cluster
from distributed.comm import CommClosedError

from grading.config import CourseError
from grading.run import schedule
from grading.run.cluster import Tls, connected
from grading.run.pool import Pool, Promise
from grading.run.schedule import Task, run
from grading.run.worker import ExaminerError, FaultError, VersionError

CALLS: list[str] = []


@pytest.fixture(scope="module")
def client():
    with connected(2) as client:
        yield client


@pytest.fixture(autouse=True)
def _no_calls():
    CALLS.clear()


def upper(content):
    CALLS.append(content)
    return content.upper()


def fails_twice(content):
    CALLS.append(content)
    if CALLS.count(content) < 3:
        raise ExaminerError("it died")
    return content


def fails(content):
    CALLS.append(content)
    raise ExaminerError(f"{content} died")


def other_version(content):
    CALLS.append(content)
    raise VersionError("Install the same.")


def faulty(content):
    CALLS.append(content)
    raise FaultError("No walls here.")


def hangs_once(content):
    CALLS.append(content)
    time.sleep(4 if CALLS.count(content) == 1 else 0)
    return content


def tasks(*names):
    return [Task(name, name) for name in names]


def test_every_task_gets_its_answer(client):
    outcomes = list(run(client, upper, tasks("a", "b", "c", "d", "e"), seconds=60))
    assert {outcome.task.name: outcome.answer for outcome in outcomes} == {name: name.upper() for name in "abcde"}
    assert sorted(CALLS) == list("abcde")


def test_nothing_to_do_ends_at_once(client):
    assert list(run(client, upper, [], seconds=60)) == []


def test_a_failed_attempt_is_made_up_for(client):
    (outcome,) = run(client, fails_twice, tasks("a"), seconds=60)
    assert (outcome.answer, len(CALLS)) == ("a", 3)


def test_after_three_attempts_a_task_is_given_up_and_the_others_go_on(client):
    def one_fails(content):
        return fails(content) if content == "a" else upper(content)

    outcomes = {outcome.task.name: outcome for outcome in run(client, one_fails, tasks("a", "b", "c"), seconds=60)}
    assert outcomes["a"].answer is None
    assert outcomes["a"].failure == "a died"
    assert CALLS.count("a") == schedule.ATTEMPTS
    assert (outcomes["b"].answer, outcomes["c"].answer) == ("B", "C")


def test_a_hanging_attempt_is_replaced(client):
    (outcome,) = run(client, hangs_once, tasks("a"), seconds=1)
    assert outcome.answer == "a"
    assert CALLS == ["a", "a"]


@pytest.mark.parametrize(
    "ends",
    [
        pytest.param(lambda future: future.set_exception(ExaminerError("it died")), id="with its worker, and fails"),
        pytest.param(concurrent.futures.Future.cancel, id="with the scheduler"),
    ],
)
def test_an_answer_that_dies_while_it_is_fetched_is_asked_for_anew(client, monkeypatch, ends):
    fetch, lost = Promise.result, []

    def failed_once(self, timeout=None):
        if lost:
            return fetch(self, timeout)
        lost.append(self.key)
        self._future = concurrent.futures.Future()
        ends(self._future)
        return fetch(self, timeout)

    monkeypatch.setattr(Promise, "result", failed_once)
    (outcome,) = run(client, upper, tasks("a"), seconds=60)
    assert (outcome.answer, CALLS) == ("A", ["a", "a"])


def test_an_answer_that_is_lost_with_the_scheduler_is_asked_for_again(client, monkeypatch):
    fetch, lost = Promise.result, []

    def gone_once(self, timeout=None):
        if not lost:
            lost.append(self.key)
            raise CommClosedError("Stream is closed")
        return fetch(self, timeout)

    monkeypatch.setattr(Promise, "result", gone_once)
    (outcome,) = run(client, upper, tasks("a"), seconds=60)
    assert outcome.answer == "A"
    assert CALLS == ["a", "a"]


def test_a_scheduler_that_ends_while_it_is_asked_for_its_workers_is_asked_again(client, monkeypatch):
    count, lost = Pool.nthreads, []

    def gone_once(self):
        if not lost:
            lost.append(self)
            raise CommClosedError("Stream is closed")
        return count(self)

    monkeypatch.setattr(Pool, "nthreads", gone_once)
    (outcome,) = run(client, upper, tasks("a"), seconds=60)
    assert outcome.answer == "A"
    assert lost


def test_after_a_restart_of_the_scheduler_the_batch_goes_on(tmp_path):
    with Cluster(tmp_path) as cluster:
        parts = [cluster.certificates / f"{name}.pem" for name in ("ca", "certificate", "key")]
        with connected(None, scheduler=cluster.address, tls=Tls(*parts)) as client:
            outcomes = run(client, operator.concat, tasks(*"abcdefghijklmnop"), seconds=60, shared="!")
            ended = [next(outcomes)]
            cluster.scheduler()[0].kill()  # it comes back, and knows nothing of what it was given
            others = threading.Thread(target=lambda: ended.extend(outcomes), daemon=True)
            others.start()
            others.join(timeout=60)
            assert not others.is_alive(), "The run asks for ever."
    answers = {outcome.task.name: outcome.answer for outcome in ended}
    assert answers == {name: f"{name}!" for name in "abcdefghijklmnop"}


def test_what_no_attempt_can_mend_stops_the_batch(client):
    with pytest.raises(CourseError, match="Install the same"):
        list(run(client, other_version, tasks("a"), seconds=60))
    assert CALLS == ["a"]
    with pytest.raises(CourseError, match="No walls here"):
        list(run(client, faulty, tasks("b"), seconds=60))
    assert CALLS == ["a", "b", "b", "b"]


def test_tasks_are_drawn_as_there_is_room(client):
    drawn = []

    def endless():
        for number in range(1000):
            drawn.append(number)
            yield Task(str(number), str(number))

    outcomes = run(client, upper, endless(), seconds=60)
    for count in range(1, 20):
        next(outcomes)
        assert len(drawn) <= count + 4 + 2  # two for each of two workers, and a moment's worth of ended ones
    outcomes.close()
    assert len(drawn) < 30


def test_what_is_done_is_let_go_of(client):
    marks = [f"{number:04}" + 100_000 * "x" for number in range(60)]
    for outcome in run(client, upper, (Task(mark, mark) for mark in marks), seconds=60):
        assert outcome.answer.startswith(outcome.task.name[:4])
    CALLS.clear()
    gc.collect()
    # by their types, since `isinstance` asks a weak proxy for the class of what may be gone
    held = (o for o in gc.get_objects() if issubclass(type(o), list | tuple))
    texts = [part for o in held for part in o if type(part) is bytes]
    assert sum(b"x" * 1000 in text for text in texts) < 40


def test_a_scheduler_needs_tls():
    with pytest.raises(CourseError, match="certificates"), connected(scheduler="tcp://127.0.0.1:8786"):
        pass


def test_workers_of_this_machine_open_no_port():
    me = psutil.Process()
    with connected(2) as client:
        list(run(client, upper, tasks("a"), seconds=60))
        assert [c for c in me.net_connections(kind="inet") if c.status == "LISTEN"] == []
