"""Does the quiz judge, explain and let one try again, with widgets and without?"""

import ipywidgets as widgets
import pytest

from cs182viz.quiz import Quiz

CHOICES = {"A": "It is symmetric", "B": "It is < 0 & odd", "C": "It is never negative"}
REASONS = {"A": "Swap p and q.", "B": "Jensen says <no>.", "C": "That is Gibbs' inequality."}


@pytest.fixture
def quiz():
    return Quiz("What holds for KL?", CHOICES, REASONS, "C")


def parts(quiz):
    """The radio buttons, the button and the feedback that a student sees."""
    _, radio, button, feedback = quiz.widget.children
    assert isinstance(radio, widgets.RadioButtons)
    return radio, button, feedback


@pytest.mark.parametrize("letter", ["A", "B"])
def test_wrong_choice_gets_its_own_reason_and_another_try(quiz, letter):
    verdict = quiz.answer(letter)
    assert not verdict
    assert REASONS[letter] in str(verdict)
    assert str(verdict).endswith("Try again.")
    assert not quiz.solved


def test_right_choice_after_a_wrong_one_solves_the_quiz(quiz):
    quiz.answer("A")
    verdict = quiz.answer("C")
    assert verdict
    assert REASONS["C"] in str(verdict)
    assert "again" not in str(verdict)
    assert quiz.solved
    assert quiz.tries == 2


def test_looking_at_another_choice_does_not_unsolve(quiz):
    quiz.answer("C")
    quiz.answer("A")
    assert quiz.solved


def test_letters_may_be_small_and_have_spaces_around_them(quiz):
    assert quiz.answer(" c ")


@pytest.mark.parametrize("nonsense", ["D", "", "AB", None])
def test_unknown_choice_is_an_error_that_names_the_choices_and_costs_no_try(quiz, nonsense):
    with pytest.raises(ValueError, match="A, B, C"):
        quiz.answer(nonsense)
    assert quiz.tries == 0


def test_click_judges_the_marked_choice_and_shows_the_reason(quiz):
    radio, button, feedback = parts(quiz)
    radio.value = "A"
    button.click()
    assert REASONS["A"] in feedback.value
    radio.value = "C"
    assert feedback.value == ""  # the old reason is gone as soon as one thinks again
    button.click()
    assert "That is Gibbs" in feedback.value
    assert quiz.solved


def test_nothing_is_marked_at_first_and_then_there_is_nothing_to_check(quiz):
    radio, button, _ = parts(quiz)
    assert radio.value is None
    assert button.disabled
    radio.value = "B"
    assert not button.disabled


def test_text_is_shown_as_text_and_not_as_html(quiz):
    _, _, feedback = parts(quiz)
    quiz.answer("B")
    assert "&lt;no&gt;" in feedback.value
    assert "<no>" not in feedback.value


def test_without_widgets_the_choices_can_be_read_but_not_the_answer(quiz):
    text = quiz._repr_mimebundle_()["text/plain"]
    for letter, choice in CHOICES.items():
        assert f"{letter}. {choice}" in text
    assert "What holds for KL?" in text
    assert not any(reason in text for reason in REASONS.values())


def test_with_widgets_a_notebook_gets_the_widget(quiz):
    bundle = quiz._repr_mimebundle_()
    view = bundle["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"] == quiz.widget.model_id


def test_choice_without_reason_is_refused():
    with pytest.raises(ValueError, match="B"):
        Quiz("?", CHOICES, {"A": "a", "C": "c"}, "C")


def test_reason_without_choice_is_refused():
    with pytest.raises(ValueError, match="D"):
        Quiz("?", CHOICES, {**REASONS, "D": "d"}, "C")


def test_right_answer_has_to_be_a_choice():
    with pytest.raises(ValueError, match="A, B, C"):
        Quiz("?", CHOICES, REASONS, "E")
