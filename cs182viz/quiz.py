"""A multiple-choice question in a notebook: a wrong choice says why and offers another try.

Shown as the last value of a cell it is a widget. Where widgets do not run it prints its choices, and `answer` does the
rest: ``quiz.answer("B")``.
"""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import ipywidgets as widgets

RIGHT, WRONG = "#1b7837", "#b35806"  # green and orange, told apart by colour-blind readers too


@dataclass(frozen=True, repr=False)
class Verdict:
    """What the quiz says to a choice; true if the choice was right."""

    right: bool
    text: str

    def __bool__(self) -> bool:
        return self.right

    def __repr__(self) -> str:
        return self.text


class Quiz:
    """One question with one right choice.

    Parameters
    ----------
    question : plain text
    choices : mapping from a choice's letter to its text
    reasons : mapping from each letter to why that choice is right or wrong
    correct : the letter of the right choice

    Raises
    ------
    ValueError
        If a choice has no reason, a reason no choice, or `correct` is no choice.
    """

    def __init__(self, question: str, choices: Mapping[str, str], reasons: Mapping[str, str], correct: str) -> None:
        if set(choices) != set(reasons):
            odd = ", ".join(sorted(set(choices) ^ set(reasons)))
            raise ValueError(f"each choice needs a reason and each reason a choice; these have only one of them: {odd}")
        if correct not in choices:
            raise ValueError(f"correct should be one of {', '.join(choices)}, got {correct!r}")
        self.question, self.choices, self.reasons, self.correct = question, dict(choices), dict(reasons), correct
        self.tries = 0
        self.solved = False
        self._build_widget()

    def answer(self, choice: str) -> Verdict:
        """Judge a choice by its letter, upper or lower case, and say why.

        Raises
        ------
        ValueError
            If there is no such choice.
        """
        letters = {letter.casefold(): letter for letter in self.choices}
        letter = letters.get(str(choice).strip().casefold())
        if letter is None:
            raise ValueError(f"there is no choice {choice!r}: take one of {', '.join(self.choices)}")
        self.tries += 1
        right = letter == self.correct
        self.solved = self.solved or right
        ending = "" if right else " Try again."
        verdict = Verdict(right, f"{letter} is {'right' if right else 'wrong'}. {self.reasons[letter]}{ending}")
        self._feedback.value = (
            f'<p style="color: {RIGHT if right else WRONG}; font-size: 115%">{escape(verdict.text)}</p>'
        )
        return verdict

    def __repr__(self) -> str:
        lines = [self.question, *(f"  {letter}. {text}" for letter, text in self.choices.items())]
        return "\n".join(
            [*map(textwrap.fill, lines), f'Answer with .answer("{next(iter(self.choices))}"), for example.']
        )

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        return {**self.widget._repr_mimebundle_(**kwargs), "text/plain": repr(self)}

    def _build_widget(self) -> None:
        self._radio = widgets.RadioButtons(
            options=[(f"{letter}. {text}", letter) for letter, text in self.choices.items()],
            value=None,
            layout=widgets.Layout(width="max-content"),
        )
        self._button = widgets.Button(description="Check", disabled=True)
        self._feedback = widgets.HTML()
        self._radio.observe(self._allow_checking, names="value")
        self._button.on_click(lambda _: self.answer(self._radio.value))
        question = widgets.HTML(f'<p style="font-size: 115%"><b>{escape(self.question)}</b></p>')
        self.widget = widgets.VBox([question, self._radio, self._button, self._feedback])

    def _allow_checking(self, change: Mapping[str, Any]) -> None:
        self._button.disabled = change["new"] is None
        self._feedback.value = ""
