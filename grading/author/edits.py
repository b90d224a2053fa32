"""The small edits that a mutant is made of: for one node of a syntax tree, the other texts that could stand there."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Sequence

Edit = tuple[str, ast.AST, str]
"""What kind of edit, the node that it replaces, and the text that comes in its place."""

_OPERATORS: dict[type, type] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_COMPARISONS: dict[type, tuple[type, ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_TWINS = [("sum", "mean"), ("amax", "amin"), ("max", "min"), ("argmax", "argmin"), ("sin", "cos"), ("floor", "ceil")]
_TWIN = {a: b for pair in _TWINS for a, b in (pair, pair[::-1])}
_EITHER_WAY = ("min", "max", "maximum", "minimum", "add", "multiply", "dot", "isclose", "allclose", "equal")
_AXES = ("dim", "axis", "dims")


def edits(node: ast.AST, arguments: list[str]) -> Iterator[Edit]:
    """Yield the edits of one node of a function's body.

    Parameters
    ----------
    arguments : the names of the function's arguments, each of which may be mistaken for another
    """
    for kind, old, new in _changes(node, arguments):
        yield kind, old, ast.unparse(ast.fix_missing_locations(new))
    if isinstance(node, ast.If | ast.While):
        yield "condition", node.test, "False"
        if isinstance(node, ast.If):
            yield "condition", node.test, "True"


def dropped(node: ast.stmt, known: set[str]) -> Iterator[Edit]:
    """Yield the edit that leaves a line out, if what follows it still finds its names among those `known` before."""
    targets = node.targets if isinstance(node, ast.Assign) else []
    parts = [part for target in targets for part in ast.walk(target)]
    bound = {part.id for part in parts if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
    simple = isinstance(node, ast.AugAssign | ast.Expr | ast.Assign | ast.Continue | ast.Break | ast.Raise)
    if simple and bound <= known:
        yield "dropped line", node, "pass"


def _changes(node: ast.AST, arguments: list[str]) -> Iterator[tuple[str, ast.AST, ast.AST]]:
    if isinstance(node, ast.BinOp | ast.AugAssign):
        if type(node.op) in _OPERATORS:
            yield "operator", node, _with(node, op=_OPERATORS[type(node.op)]())
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        for comparison in _COMPARISONS[type(node.ops[0])]:
            yield "comparison", node, _with(node, ops=[comparison()])
    elif isinstance(node, ast.BoolOp):
        yield "operator", node, _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not | ast.Invert):
        yield "sign", node, node.operand
    elif isinstance(node, ast.Constant):
        yield from (("constant", node, ast.Constant(value)) for value in _other_values(node.value))
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in arguments and len(arguments) > 1:
        other = arguments[(arguments.index(node.id) + 1) % len(arguments)]
        yield "wrong argument", node, ast.Name(other, ast.Load())
    elif isinstance(node, ast.Return) and node.value is not None and _may_be_negated(node.value):
        yield "sign", node.value, ast.UnaryOp(ast.USub(), copy.deepcopy(node.value))
    elif isinstance(node, ast.Call):
        yield from _of_call(node)


def _of_call(node: ast.Call) -> Iterator[tuple[str, ast.AST, ast.AST]]:
    """Yield a call with other axes, one step too few, arguments in the other order, its twin, or left out."""
    for i, keyword in enumerate(node.keywords):
        rest = [*node.keywords[:i], *node.keywords[i + 1 :]]
        if keyword.arg in _AXES:
            yield "axis", node, _with(node, keywords=rest)
            if isinstance(keyword.value, ast.Tuple):
                for j in range(len(keyword.value.elts)):
                    fewer = ast.Tuple([*keyword.value.elts[:j], *keyword.value.elts[j + 1 :]], ast.Load())
                    yield "axis", node, _with(node, keywords=[*rest, ast.keyword(keyword.arg, fewer)])
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name == "range":
        last = min(1, len(node.args) - 1)
        for step in (ast.Sub(), ast.Add()):
            moved = ast.BinOp(node.args[last], step, ast.Constant(1))
            yield "off by one", node, _with(node, args=[*node.args[:last], moved, *node.args[last + 1 :]])
    if len(node.args) == 2 and name not in _EITHER_WAY and not any(isinstance(a, ast.Starred) for a in node.args):
        yield "order of arguments", node, _with(node, args=node.args[::-1])
    if name in _TWIN:
        yield "other function", node, _with(node, func=_renamed(node.func, _TWIN[name]))
    if isinstance(node.func, ast.Attribute) and not node.args and not _is_module(node.func.value):
        yield "dropped call", node, node.func.value


def _renamed(function: ast.expr, name: str) -> ast.expr:
    return ast.Attribute(function.value, name, ast.Load()) if isinstance(function, ast.Attribute) else ast.Name(name)


def _is_module(node: ast.expr) -> bool:
    return ast.unparse(node) in ("torch", "np", "F", "random", "math", "torch.autograd", "np.random")


def _other_values(value: object) -> Sequence[bool | int | float]:
    """Other values of a constant; texts are left alone, since a changed one is a crash that any test sees."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value - 1]
    if isinstance(value, float):
        return [value * 2, value / 2] if value else [1.0]
    return []


def _may_be_negated(node: ast.expr) -> bool:
    return not isinstance(node, ast.Tuple | ast.Constant | ast.List | ast.Dict)


def _with(node: ast.AST, **fields: object) -> ast.AST:
    new = copy.copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new
