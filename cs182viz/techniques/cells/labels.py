"""What a reader of C knows at each character: how deep in braces, inside what. A small lexer, no parser.

All labels are what holds *after* a character was read, as a cell's value is: behind ``{`` one is deeper, behind the
closing quote one is outside.
"""

import re
from dataclasses import dataclass

import numpy as np

_TOKEN = re.compile(
    r"""(?P<comment>/\*.*?(?:\*/|\Z)|//(?:\\\n|[^\n])*)
      | (?P<string>"(?:\\.|[^"\\\n])*(?:"|(?=\n)|\Z))
      | (?P<character>'(?:\\.|[^'\\\n])*(?:'|(?=\n)|\Z))
      | (?P<word>\w+)
      | (?P<directive>^[ \t]*\#[ \t]*(?P<name>\w*))
      | (?P<space>\s+)
      | (?P<sign>.)""",
    re.DOTALL | re.MULTILINE | re.VERBOSE,
)
_CLOSED = re.compile(r'"(?:\\.|[^"\\])*"', re.DOTALL)
QUANTITIES = ("depth", "column")
"""Labels that are numbers; the others are yes or no."""
NAMES = (*QUANTITIES, "comment", "string", "if")
WORDS = {
    "depth": "depth of braces",
    "column": "column in the line",
    "comment": "inside a comment",
    "string": "inside quotes",
    "if": "inside an if's condition",
}


@dataclass
class _Where:
    """Where the lexer is: depth of braces, of parentheses since an ``if``, depths at the #ifs that are open."""

    depth: int = 0
    parentheses: int = 0
    after_if: bool = False
    branches: tuple[int, ...] = ()

    def word(self, word: str) -> None:
        self.after_if = word == "if"

    def sign(self, sign: str) -> None:
        if sign == "{":
            self.depth += 1
        elif sign == "}":
            self.depth = max(0, self.depth - 1)
        elif sign == "(" and (self.after_if or self.parentheses):
            self.parentheses += 1
        elif sign == ")" and self.parentheses:
            self.parentheses -= 1
        self.after_if = False

    def directive(self, name: str) -> None:
        """Each branch of an #if begins at the depth of its #if, so that braces in both are not counted twice."""
        if name.startswith("if"):
            self.branches = (*self.branches, self.depth)
        elif name in ("else", "elif") and self.branches:
            self.depth = self.branches[-1]
        elif name == "endif":
            self.branches = self.branches[:-1]


def label(text: str) -> dict[str, np.ndarray]:
    """Labels of every character of a text, each (T,), by the names in `NAMES`.

    "depth" and "column" are int64. "comment", "string" (double quotes) and "if" are bool; an ``if``'s condition goes
    from behind its first parenthesis to its last. A string or a character that is not closed ends with its line, a
    comment with the text.
    """
    labels = {name: np.zeros(len(text), np.int64 if name in QUANTITIES else bool) for name in NAMES}
    where = _Where()
    for token in _TOKEN.finditer(text):
        kind, (start, end) = token.lastgroup, token.span()
        if kind == "name":  # of a directive, its inner group
            kind = "directive"
        before = where.depth, where.parentheses > 0
        if kind == "word":
            where.word(token.group())
        elif kind == "directive":
            where.directive(token["name"])
        elif kind == "sign":
            where.sign(token.group())
        elif kind in ("string", "character"):
            where.after_if = False
        labels["depth"][start : end - 1], labels["if"][start : end - 1] = before
        labels["depth"][end - 1], labels["if"][end - 1] = where.depth, where.parentheses > 0
        if kind in ("comment", "string"):
            labels[kind][_inside(token.group(), kind, start)] = True
    labels["column"][:] = _columns(text)
    return labels


def _inside(token: str, kind: str, start: int) -> slice:
    """The characters behind which one is inside a comment or a string."""
    if kind == "string":
        closed = _CLOSED.fullmatch(token) is not None
        return slice(start, start + len(token) - closed)
    closed = token.startswith("/*") and len(token) > 3 and token.endswith("*/")
    return slice(start + 1, start + len(token) - closed)


def _columns(text: str) -> np.ndarray:
    """How many characters stand in the line up to each one; 0 behind a line's end."""
    places = np.arange(len(text))
    ends = np.array([character == "\n" for character in text], dtype=bool)
    last = np.maximum.accumulate(np.where(ends, places, -1))
    return places - last
