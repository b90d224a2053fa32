"""What student code may see: the interpreter and its packages, without what holds answers."""

from __future__ import annotations

import importlib.abc
import importlib.util
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc/ld.so.cache", "/etc/localtime")


@dataclass(frozen=True)
class View:
    """Files to read.

    Parameters
    ----------
    readable : folders and files
    hidden : folders and files below them that are not there all the same
    modules : names of modules that cannot be imported
    loaded : those of them that this process has imported already; listed here, since to look through all the modules
        after a fork would touch, and so copy, the memory of each
    """

    readable: tuple[str, ...]
    hidden: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    loaded: tuple[str, ...] = ()


def view(modules: Iterable[str], extra: Iterable[str] = ()) -> View:
    """Return what graded code may see on this machine.

    Parameters
    ----------
    modules : names of modules to hide, with their files
    extra : more folders to read, such as the cache of networks' weights
    """
    own = [sys.prefix, sys.base_prefix, *_folders_of("cs182viz"), *extra]
    own += [str(Path(path).resolve()) for path in own]
    system = [path for path in _SYSTEM if os.path.lexists(path)]
    readable = [*system, *(path for path in _outermost([*own, "/usr"]) if path != "/usr")]
    modules = tuple(modules)
    hidden = (str(path) for name in modules for path in _files_of(name))
    loaded = (name for name in sys.modules if _belongs(name, modules))
    return View(tuple(readable), tuple(hidden), modules, tuple(loaded))


def without_hidden(files: View) -> list[str]:
    """Return the readable paths, with folders that hold something hidden replaced by their other entries."""
    kept, waiting = [], list(files.readable)
    while waiting:
        path = waiting.pop()
        if path in files.hidden:
            continue
        if any(hidden.startswith(path + "/") for hidden in files.hidden):
            waiting += [str(entry) for entry in Path(path).iterdir()]
        else:
            kept.append(path)
    return kept


def hide_modules(files: View) -> None:
    """Forget the hidden modules in this process, and say so to whoever imports one."""
    for name in files.loaded:
        sys.modules.pop(name, None)
    sys.meta_path.insert(0, _NotHere(files.modules))


class _NotHere(importlib.abc.MetaPathFinder):
    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names

    def find_spec(self, fullname: str, path: Sequence[str] | None = None, target: Any = None) -> None:
        if _belongs(fullname, self._names):
            raise ModuleNotFoundError(f"{fullname} is not available to graded code", name=fullname)


def _belongs(module: str, names: tuple[str, ...]) -> bool:
    return any(f"{module}.".startswith(f"{name}.") for name in names)


def _outermost(paths: Iterable[str]) -> list[str]:
    """The paths without those that lie below another one."""
    kept: list[str] = []
    for path in sorted(set(paths)):
        if not any(Path(path).is_relative_to(other) for other in kept):
            kept.append(path)
    return kept


def _folders_of(package: str) -> list[str]:
    spec = importlib.util.find_spec(package)
    return list(spec.submodule_search_locations or []) if spec else []


def _files_of(module: str) -> list[Path]:
    """Where a module's files are or would be, without importing it."""
    top, *rest = module.split(".")
    spec = importlib.util.find_spec(top)
    if spec is None:
        return []
    if not spec.submodule_search_locations:
        return [Path(spec.origin)] if spec.origin else []
    places = [Path(folder, *rest) for folder in spec.submodule_search_locations]
    return [path for place in places for path in (place, place.with_suffix(".py")) if path.exists()]
