"""What a class has: methods and attributes, read from the master's cells. A student's class is never asked for them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from grading.masters.bundle import Bundle

SPECIAL = ("__call__", "__len__", "__getitem__", "__setitem__", "__contains__", "__repr__", "__str__")
"""Methods that Python calls by itself and that a test may use; operators are not among them, their results would be
instances."""
_OF_A_MODULE = ("__call__", "eval", "train", "zero_grad")


@dataclass(frozen=True)
class Members:
    """The names of a class's methods, and of its attributes, properties included."""

    methods: tuple[str, ...]
    attributes: tuple[str, ...]


def members(bundle: Bundle) -> dict[str, Members]:
    """Return what each class that students write has, by its name; what it inherits within the notebook included."""
    known = {
        node.name: node
        for cell in (*bundle.setup, *bundle.answers)
        for node in _tree(cell.source).body
        if isinstance(node, ast.ClassDef)
    }
    return {name: _of(known[name], known) for name in bundle.classes()}


def _tree(source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError:  # a setup cell with a line for the notebook alone, such as a magic
        return ast.Module([], [])


def _of(node: ast.ClassDef, known: Mapping[str, ast.ClassDef]) -> Members:
    methods: dict[str, None] = {}
    attributes: dict[str, None] = {}
    for each in _with_bases(node, known):
        for name, is_method in _named(each):
            (methods if is_method else attributes)[name] = None
        if any(ast.unparse(base).split(".")[-1] == "Module" for base in each.bases):
            methods |= dict.fromkeys(_OF_A_MODULE)
    return Members(tuple(methods), tuple(name for name in attributes if name not in methods))


def _with_bases(node: ast.ClassDef, known: Mapping[str, ast.ClassDef]) -> list[ast.ClassDef]:
    """The class and those of the notebook that it comes from."""
    found = [node]
    for each in found:  # grows meanwhile
        bases = [known[base.id] for base in each.bases if isinstance(base, ast.Name) and base.id in known]
        found += [base for base in bases if base not in found]
    return found


def _named(node: ast.ClassDef) -> Iterator[tuple[str, bool]]:
    """The names that the body of a class binds on its instances, each with whether it is a method."""
    for statement in node.body:
        if isinstance(statement, ast.FunctionDef):
            if not statement.name.startswith("__") or statement.name in SPECIAL:
                decorators = {ast.unparse(each).split(".")[-1] for each in statement.decorator_list}
                yield statement.name, not decorators & {"property", "cached_property", "setter"}
            yield from ((name, False) for name in _set_on(statement))
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            yield from ((target.id, False) for target in targets if isinstance(target, ast.Name))


def _set_on(method: ast.FunctionDef) -> Iterator[str]:
    """The attributes that a method sets on its instance."""
    first = [*method.args.posonlyargs, *method.args.args][:1]
    for node in ast.walk(method):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name):
            private = node.attr.startswith("__")
            if first and node.value.id == first[0].arg and not private:
                yield node.attr
