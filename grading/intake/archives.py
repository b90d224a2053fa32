"""What lies in a folder or a zip, without unpacking it: nothing is written, no link is followed, sizes are known first.

A zip inside counts as a folder of its name. What a hostile archive may hold (absolute names, `..`, links, devices,
bombs, zips in zips in zips) is listed with the reason why it is not read.
"""

from __future__ import annotations

import contextlib
import io
import os
import stat
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from grading.config import CourseError

from .files import BROKEN, MEGABYTE, Entry, Limits, RefusedError, too_large


@contextlib.contextmanager
def opened(source: Path, limits: Limits | None = None) -> Iterator[list[Entry]]:
    """List the files of a folder, a zip or a single file; their contents can be read while the context lasts.

    Raises
    ------
    CourseError
        If there is nothing at `source`, or it is a damaged zip.
    """
    limits = limits or Limits()
    if source.is_dir():
        yield _inner(_folder(source, limits), limits)
    elif not source.is_file():
        raise CourseError(f"There is nothing to collect at {source}.")
    elif source.suffix.lower() != ".zip":
        yield [_plain(source, source.name, limits)]
    else:
        try:
            archive = zipfile.ZipFile(source)
        except BROKEN as error:
            raise CourseError(f"{source} is not a zip, or is damaged: {error}") from error
        with archive:
            yield _inner(_top(archive, source, limits), limits)


def _folder(source: Path, limits: Limits) -> list[Entry]:
    entries = []
    for folder, names, files in os.walk(source, followlinks=False):
        names[:] = sorted(name for name in names if not name.startswith(".") and name != "__MACOSX")
        links = [name for name in names if (Path(folder) / name).is_symlink()]
        entries += [
            _plain(Path(folder) / name, str((Path(folder) / name).relative_to(source)), limits)
            for name in sorted([*files, *links])
            if not name.startswith(".")
        ]
        if len(entries) > limits.files:
            raise CourseError(f"{source} holds more than {limits.files} files: choose the folder with the submissions.")
    return entries


def _plain(path: Path, name: str, limits: Limits) -> Entry:
    about = path.lstat()
    limit = _limit(name, limits)
    refused = "" if stat.S_ISREG(about.st_mode) else "is a link or no regular file"
    if about.st_size > limit:
        refused = refused or too_large(about.st_size, limit)
    modified = datetime.fromtimestamp(about.st_mtime).astimezone()

    def read(most: int) -> bytes:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            return file.read(most)

    return Entry(name, about.st_size, modified, read, limit, refused)


def _top(archive: zipfile.ZipFile, source: Path, limits: Limits) -> list[Entry]:
    try:
        return _members(archive, "", limits)
    except RefusedError as error:
        raise CourseError(f"{source} {error}.") from error


def _members(archive: zipfile.ZipFile, prefix: str, limits: Limits) -> list[Entry]:
    infos = [info for info in archive.infolist() if not info.is_dir()]
    most = limits.inner_files if prefix else limits.files
    if len(infos) > most:
        raise RefusedError(f"holds {len(infos)} files, more than {most}")
    return [_member(archive, info, prefix, limits) for info in infos if not _noise(info.filename)]


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, prefix: str, limits: Limits) -> Entry:
    def read(most: int) -> bytes:
        with archive.open(info) as file:
            return file.read(most)

    name = info.filename.replace("\\", "/")
    limit = _limit(name, limits)
    return Entry(prefix + name, info.file_size, _time(info), read, limit, _why_not(info, name, limit, limits.ratio))


def _why_not(info: zipfile.ZipInfo, name: str, limit: int, ratio: int) -> str:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if name.startswith("/") or ".." in name.split("/") or ":" in name.partition("/")[0]:
        return "has a name that leads out of the archive"
    if kind not in (0, stat.S_IFREG):
        return "is a link or a device"
    if info.flag_bits & 1:
        return "is encrypted"
    if info.file_size > limit:
        return too_large(info.file_size, limit)
    if info.file_size > MEGABYTE and info.file_size > ratio * max(info.compress_size, 1):
        return f"expands to more than {ratio} times its size, as a zip bomb does"
    return ""


def _inner(entries: list[Entry], limits: Limits) -> list[Entry]:
    """Replace each zip by what lies in it; a zip in that one is refused."""
    flat = []
    for entry in entries:
        if not entry.name.lower().endswith(".zip"):
            flat.append(entry)
            continue
        try:
            with zipfile.ZipFile(io.BytesIO(entry.read())) as archive:
                inside = _members(archive, f"{entry.path}/", limits)
            flat += [_reopening(entry, inner) for inner in inside]
        except (RefusedError, *BROKEN) as error:
            reason = str(error) if isinstance(error, RefusedError) else "is not a zip, or is damaged"
            flat.append(Entry(entry.path, entry.size, entry.modified, entry._read, 0, reason))
    return flat


def _reopening(outer: Entry, inner: Entry) -> Entry:
    """Return the inner file such that its zip is in memory only while it is read."""
    refused = inner.refused or ("is a zip in a zip in a zip" if inner.name.lower().endswith(".zip") else "")

    def read(most: int) -> bytes:
        with zipfile.ZipFile(io.BytesIO(outer.read())) as archive:
            name = inner.path[len(outer.path) + 1 :]
            info = next(info for info in archive.infolist() if info.filename.replace("\\", "/") == name)
            with archive.open(info) as file:
                return file.read(most)

    # a file in a student's own zip was handed in when the zip was
    return Entry(inner.path, inner.size, outer.modified, read, inner.limit, refused)


def _limit(name: str, limits: Limits) -> int:
    return limits.inner if name.lower().endswith(".zip") else limits.file


def _noise(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return "__MACOSX" in parts or ".ipynb_checkpoints" in parts or parts[-1].startswith(".")


def _time(info: zipfile.ZipInfo) -> datetime | None:
    """Return a member's time, which a zip keeps as this machine's local time; the epoch of zips stands for none."""
    with contextlib.suppress(ValueError):
        return datetime(*info.date_time).astimezone() if info.date_time[0] > 1980 else None
    return None
