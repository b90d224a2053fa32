"""The worker: newest request first, never a lost thread, never a traceback."""

import threading
import time

import pytest

from cs182viz.demos.page import worker as worker_module
from cs182viz.demos.page.worker import Worker, sentence

SOON = 10  # seconds to wait for what takes milliseconds, on a busy machine


@pytest.fixture
def worker():
    worker = Worker()
    yield worker
    worker.close()


def test_a_function_runs_in_another_thread_and_its_result_arrives(worker):
    results = []
    worker.submit(threading.get_ident, on_done=results.append)
    assert worker.idle.wait(SOON)
    assert len(results) == 1
    assert results[0] != threading.get_ident()


def test_frames_arrive_in_order_and_then_what_the_generator_returns(worker):
    seen = []

    def count():
        yield from range(5)
        return "end"

    worker.submit(count, on_frame=seen.append, on_done=seen.append)
    assert worker.idle.wait(SOON)
    assert seen == [0, 1, 2, 3, 4, "end"]


def test_submit_returns_while_the_job_still_runs(worker):
    release = threading.Event()
    before = time.perf_counter()
    worker.submit(lambda: release.wait(SOON))
    assert time.perf_counter() - before < 1
    assert not worker.idle.is_set()
    release.set()
    assert worker.idle.wait(SOON)


def test_of_many_requests_the_first_and_the_last_are_served(worker):
    started, release, results = threading.Event(), threading.Event(), []

    def slow():
        started.set()
        release.wait(SOON)
        return "slow"

    worker.submit(slow, on_done=results.append)
    assert started.wait(SOON)
    for number in range(50):
        worker.submit(lambda number=number: number, on_done=results.append)
    release.set()
    assert worker.idle.wait(SOON)
    assert results == ["slow", 49]


def test_a_newer_request_ends_a_generator_and_its_finally_blocks_run(worker):
    first, closed, calls = threading.Event(), threading.Event(), []

    def endless():
        try:
            while True:
                yield 0
                first.set()
        finally:
            closed.set()

    worker.submit(endless, on_done=calls.append, on_stop=lambda: calls.append("stopped"))
    assert first.wait(SOON)
    worker.submit(lambda: "newer", on_done=calls.append)
    assert worker.idle.wait(SOON)
    assert closed.is_set()
    assert calls == ["newer"]


def test_a_generator_shows_its_first_frame_however_fast_requests_follow(worker):
    frames = []

    def job(number):
        yield number
        yield -number

    def submit_next(number):
        frames.append(number)
        if 0 < number < 20:  # a newer request is there before the frame has been handed on
            worker.submit(lambda: job(number + 1), on_frame=submit_next)

    worker.submit(lambda: job(1), on_frame=submit_next)
    assert worker.idle.wait(SOON)
    assert frames == [*range(1, 21), -20]


def test_stop_ends_a_job_at_its_next_frame_and_forgets_the_waiting_one(worker):
    first, calls = threading.Event(), []

    def endless():
        while True:
            yield 0
            first.set()
            time.sleep(0.001)

    worker.submit(endless, on_done=calls.append, on_stop=lambda: calls.append("stopped"))
    assert first.wait(SOON)
    worker.stop()
    assert worker.idle.wait(SOON)
    assert calls == ["stopped"]

    started, release = threading.Event(), threading.Event()
    worker.submit(lambda: (started.set(), release.wait(SOON)), on_done=calls.append)
    assert started.wait(SOON)
    worker.submit(lambda: "waiting", on_done=calls.append)
    worker.stop()
    release.set()
    assert worker.idle.wait(SOON)
    assert "waiting" not in calls
    worker.submit(lambda: "after", on_done=calls.append)
    assert worker.idle.wait(SOON)
    assert calls[-1] == "after"


@pytest.mark.parametrize("broken", ["job", "frame", "done", "error"])
def test_an_exception_anywhere_becomes_a_sentence_and_the_worker_lives_on(worker, broken):
    sentences, results = [], []

    def fail(*_):
        raise ValueError("the picture\n   is empty")

    def tell(text):
        sentences.append(text)
        if broken == "error":
            fail()

    worker.submit(
        fail if broken in ("job", "error") else lambda: iter([1]) if broken == "frame" else 1,
        on_frame=fail,
        on_done=fail,
        on_error=tell,
    )
    assert worker.idle.wait(SOON)
    assert sentences == ["the picture is empty."]
    with pytest.raises(ValueError, match="empty"):
        raise worker.error
    worker.submit(lambda: "alive", on_done=results.append)
    assert worker.idle.wait(SOON)
    assert results == ["alive"]


def test_the_thread_ends_when_nothing_is_asked_for_and_comes_back(worker, monkeypatch):
    monkeypatch.setattr(worker_module, "LINGER", 0.01)
    threads = []
    for _ in range(2):
        worker.submit(threading.current_thread, on_done=threads.append)
        assert worker.idle.wait(SOON)
        threads[-1].join(SOON)
        assert not threads[-1].is_alive()
    assert threads[0] is not threads[1]
    assert all(thread.daemon for thread in threads)


def test_a_closed_worker_says_so(worker):
    worker.close()
    with pytest.raises(RuntimeError, match="run its cell again"):
        worker.submit(lambda: None)


def relu_backward():
    raise NotImplementedError("return the signal that each rule lets pass")


def test_sentences_name_what_a_reader_needs():
    with pytest.raises(NotImplementedError) as caught:
        relu_backward()
    expected = "relu_backward is not written yet: return the signal that each rule lets pass."
    assert sentence(caught.value) == expected
    assert sentence(KeyError("x")) == "KeyError: 'x'."
    assert sentence(RuntimeError()) == "RuntimeError."
    assert sentence(ValueError("Really?")) == "Really?"
    long = sentence(ValueError("word " * 1000))
    assert len(long) <= 400
    assert long.endswith("...")
