"""Are the lecture's quiz and its counter-examples right, and are they worked out by the function that is given?"""

import numpy as np
import pytest

from cs182viz.demos.quiz import KLQuiz


@pytest.fixture
def quiz():
    made = KLQuiz()
    yield made
    made.close()


@pytest.mark.parametrize(
    ("choice", "numbers"), [("A", (".0872", ".0823")), ("B", ("0.51", "0.24")), ("D", ("A or B",))]
)
def test_wrong_choices_get_the_lectures_counter_examples(quiz, choice, numbers):
    verdict = quiz.answer(choice)
    assert not verdict
    assert all(number in str(verdict) for number in numbers)
    assert str(verdict).endswith("Try again.")


def test_c_is_right(quiz):
    assert quiz.answer("C")
    assert quiz.solved


def test_a_students_own_function_works_out_the_counter_examples():
    asked = []

    def divergence(p, q):
        asked.append((p.tolist(), q.tolist()))
        return float(np.sum(p * np.log2(p / q)))  # in bits: the student forgot the natural logarithm

    quiz = KLQuiz(divergence)
    assert ([0.5, 0.5], [0.7, 0.3]) in asked
    bits = 0.5 * np.log2(0.5 / 0.7) + 0.5 * np.log2(0.5 / 0.3)
    assert f"{bits:.4f}" in str(quiz.answer("A"))
    quiz.close()
