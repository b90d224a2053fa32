"""Two known mistakes at once: wrong versions are edits of a right text, and edits that do not meet go together."""

from __future__ import annotations

import ast
import difflib
import io
import itertools
import tokenize
from collections.abc import Iterator, Sequence

from grading.masters.bundle import Wrong

Token = tuple[int, str]
Edit = tuple[int, int, tuple[Token, ...]]


def together(entries: Sequence[Wrong], rights: Sequence[str]) -> Iterator[tuple[Wrong, Wrong, str]]:
    """Yield every two wrong versions of a function whose edits do not meet, with the source that makes both mistakes.

    Parameters
    ----------
    entries : wrong versions of one function
    rights : sources of right versions that they are edits of; pairs against the first come first
    """
    texts = [_split(entry.source, entry.function) for entry in entries]
    seen: set[str] = set()
    for right in rights:
        text, _ = _split(right, entries[0].function)
        edits = [_edits(text, tokens) for tokens, _ in texts]
        for a, b in itertools.combinations(range(len(entries)), 2):
            if _go_together(edits[a], edits[b]):
                helpers = dict.fromkeys([*texts[a][1], *texts[b][1]])
                source = "\n\n".join([*helpers, tokenize.untokenize(_apply(text, [*edits[a], *edits[b]]))])
                if source not in seen and _is_python(source):
                    seen.add(source)
                    yield entries[a], entries[b], source


def _split(source: str, function: str) -> tuple[list[Token], list[str]]:
    """The tokens of a function, and the sources of what stands beside it; without comments and docstring."""
    tree = ast.parse(source)
    wanted = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function)
    if ast.get_docstring(wanted) is not None:
        wanted.body = wanted.body[1:] or [ast.Pass()]
    text = io.StringIO(ast.unparse(wanted) + "\n")
    tokens = [(token.type, token.string) for token in tokenize.generate_tokens(text.readline)]
    return tokens, [ast.unparse(node) for node in tree.body if node is not wanted]


def _edits(text: list[Token], other: list[Token]) -> list[Edit]:
    """What turns one text into the other: replace tokens i to j by others."""
    codes = difflib.SequenceMatcher(None, text, other, autojunk=False).get_opcodes()
    return [(i, j, tuple(other[k:m])) for tag, i, j, k, m in codes if tag != "equal"]


def _go_together(first: list[Edit], second: list[Edit]) -> bool:
    """Whether no edit of one touches a place of the other's, so that their order does not matter."""
    return all(j < k or n < i for (i, j, _), (k, n, _) in itertools.product(first, second))


def _apply(text: list[Token], edits: Sequence[Edit]) -> list[Token]:
    result = list(text)
    for i, j, tokens in sorted(edits, key=lambda edit: edit[:2], reverse=True):
        result[i:j] = tokens
    return result


def _is_python(source: str) -> bool:
    try:
        compile(source, "<two mistakes>", "exec")
    except SyntaxError:
        return False
    return True
