"""What a cell of a student defines and uses, read from its source; nothing is run."""

from __future__ import annotations

import ast
import re
import symtable
from collections.abc import Iterable
from dataclasses import dataclass

_UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)
_PYTHON_MAGICS = ("%%time", "%%timeit", "%%capture", "%%prun")


@dataclass(frozen=True)
class Definition:
    """A function or class defined at the top level of a cell; `complete` unless it, or a method of it, is a stub."""

    name: str
    first: int
    last: int
    complete: bool


@dataclass(frozen=True)
class Names:
    """What a cell binds at its top level, functions and classes among it, what it takes from elsewhere, dotted ones."""

    bound: frozenset[str] = frozenset()
    functions: tuple[Definition, ...] = ()
    used: frozenset[str] = frozenset()
    dotted: frozenset[str] = frozenset()
    aliases: tuple[tuple[str, str], ...] = ()
    readable: bool = True

    def completes(self, name: str) -> bool:
        """Whether the cell gives `name` a value that is more than the stub."""
        own = [entry.complete for entry in self.functions if entry.name == name]
        return any(own) if own else name in self.bound


def analyse(source: str) -> Names:
    """Return the names of a cell; one that is not valid Python has none and says so."""
    text = plain(source)
    try:
        tree = ast.parse(text)
        table = symtable.symtable(text, "cell", "exec")
    except _UNREADABLE:
        return Names(readable=False)
    return Names(
        bound=frozenset(s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()),
        functions=tuple(_definition(node) for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)),
        used=frozenset(_globals(table)),
        dotted=frozenset(_dotted(tree)),
        aliases=tuple(_aliases(tree)),
    )


def plain(source: str) -> str:
    """Return a source without IPython's own syntax, line for line, so that Python can parse it."""
    lines = source.splitlines()
    if lines and lines[0].startswith("%%"):
        if not lines[0].startswith(_PYTHON_MAGICS):
            return ""
        lines[0] = ""
    return "\n".join(_plain_line(line) for line in lines) + "\n"


def without(source: str, definitions: Iterable[Definition]) -> str:
    """Return a source in which the lines of some definitions are blank."""
    lines = source.splitlines()
    for definition in definitions:
        lines[definition.first - 1 : definition.last] = [""] * (definition.last - definition.first + 1)
    return "\n".join(lines)


def resolved(dotted: Iterable[str], aliases: dict[str, str]) -> set[str]:
    """Return dotted names with the first part replaced by what it was imported as."""
    parts = (name.partition(".") for name in dotted)
    return {aliases.get(head, head) + dot + rest for head, dot, rest in parts}


def _plain_line(line: str) -> str:
    bare = line.lstrip()
    if bare.startswith(("%", "!", "?")) or bare.rstrip().endswith("?"):
        return line[: len(line) - len(bare)] + "pass"
    return re.sub(r"^(\s*[\w, ]+=\s*)[!%].*", r"\1None", line)


def _definition(node: ast.FunctionDef | ast.ClassDef) -> Definition:
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return Definition(node.name, first, node.end_lineno or first, _is_written(node))


def _is_written(node: ast.FunctionDef | ast.ClassDef) -> bool:
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    written = any(not _says_nothing(statement) for statement in body)
    if isinstance(node, ast.ClassDef):
        return written and all(_is_written(part) for part in body if isinstance(part, ast.FunctionDef))
    return written


def _says_nothing(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Raise) and statement.exc is not None:
        raised = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
        return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"
    constant = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return constant or isinstance(statement, ast.Pass)


def _globals(top: symtable.SymbolTable) -> set[str]:
    """Return the names that a cell's code looks up among the notebook's."""
    found = {symbol.get_name() for symbol in top.get_symbols() if symbol.is_referenced()}
    tables = list(top.get_children())
    while tables:
        table = tables.pop()
        found |= {symbol.get_name() for symbol in table.get_symbols() if symbol.is_global()}
        tables += table.get_children()
    return found


def _aliases(tree: ast.AST) -> list[tuple[str, str]]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(name.asname, name.name) for name in node.names if name.asname]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [(name.asname or name.name, f"{node.module}.{name.name}") for name in node.names]
    return found


def _dotted(tree: ast.AST) -> set[str]:
    """Return the names that are imported, and every chain such as ``np.linalg.norm``."""
    found = {target for _, target in _aliases(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute) and (chain := _chain(node)):
            found.add(chain)
    return found


def _chain(node: ast.expr) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute) and len(parts) < 10:
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""
