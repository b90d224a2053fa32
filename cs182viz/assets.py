"""Files: those that ship in the package, and bigger ones fetched once, checked by hash and kept.

Two environment variables steer the fetching. ``CS182VIZ_CACHE`` names the folder that keeps fetched files (by default
the user's cache folder). ``CS182VIZ_MIRROR`` names a flat folder of those files to take them from instead of their
official addresses: ``http://course-server/models`` for a class, ``file:///media/stick/models`` for a room without a
network. A mirror need not be trusted: the hash is checked all the same.
"""

import hashlib
import http.client
import os
import tempfile
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http.client import HTTPResponse
from pathlib import Path

import platformdirs
from tqdm.auto import tqdm

_CHUNK = 1 << 20
_TIMEOUT = 30  # seconds without a byte


class AssetError(RuntimeError):
    """A file is missing, could not be fetched, or is not the file that it should be."""


def data_path(*parts: str) -> Path:
    """Path of a file or folder that ships in the package; raises AssetError if it is not there."""
    path = Path(__file__).parent.joinpath("data", *parts)
    if not path.exists():
        raise AssetError(f"{path} is missing, so this installation of cs182viz is incomplete: install it again")
    return path


def cache_dir() -> Path:
    """Folder that keeps fetched files: ``CS182VIZ_CACHE``, or the user's own cache folder. It may not exist yet."""
    chosen = os.environ.get("CS182VIZ_CACHE")
    return Path(chosen).expanduser() if chosen else platformdirs.user_cache_path("cs182viz")


def fetch(url: str, filename: str, sha256: str, *, progress: bool = True) -> Path:
    """Path of a file, downloaded into the cache unless it is there already; its hash is checked either way.

    Parameters
    ----------
    url : official address, http, https or file.
    filename : its name in the cache and on a mirror.
    sha256 : the hash in hexadecimal, or its first digits, at least 8, where no more is published.

    Raises
    ------
    AssetError
        The file could not be had, or is another one. Nothing wrong or half stays in the cache, and the message says
        which file to put where by hand.
    """
    _check_arguments(url, filename, sha256)
    target = cache_dir() / filename
    if target.is_file():
        if _digest(target).startswith(sha256.lower()):
            return target
        target.unlink()
    mirror = os.environ.get("CS182VIZ_MIRROR")
    source = f"{mirror.rstrip('/')}/{filename}" if mirror else url
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _download(source, target, sha256.lower(), progress=progress)
    except (OSError, http.client.HTTPException, _WrongHashError) as error:
        raise AssetError(_how_to_help(url, source, target, sha256, error)) from error
    return target


class _WrongHashError(Exception):
    """The bytes that arrived are not those of the file."""


def _check_arguments(url: str, filename: str, sha256: str) -> None:
    if urllib.parse.urlsplit(url).scheme not in ("http", "https", "file"):
        raise ValueError(f"url should begin with http://, https:// or file://, got {url!r}")
    if not filename or Path(filename).name != filename:
        raise ValueError(f"filename should be a name without folders, got {filename!r}")
    if len(sha256) < 8 or not set(sha256.lower()) <= set("0123456789abcdef"):
        raise ValueError(f"sha256 should be at least 8 hexadecimal digits, got {sha256!r}")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _download(source: str, target: Path, sha256: str, *, progress: bool) -> None:
    """Write beside the target, check, then move into place, so that the target is whole or absent at any moment."""
    digest = hashlib.sha256()
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file, urllib.request.urlopen(source, timeout=_TIMEOUT) as response:
            for block in _blocks(response, target.name, progress=progress):
                digest.update(block)
                file.write(block)
        if not digest.hexdigest().startswith(sha256):
            raise _WrongHashError(f"what arrived has SHA-256 {digest.hexdigest()}: a broken download or another file")
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _blocks(response: HTTPResponse, filename: str, *, progress: bool) -> Iterator[bytes]:
    size = response.headers.get("Content-Length")
    total = int(size) if size and size.isdigit() else None
    with tqdm(total=total, unit="B", unit_scale=True, desc=filename, disable=not progress) as bar:
        while block := response.read(_CHUNK):
            bar.update(len(block))
            yield block


def _how_to_help(url: str, source: str, target: Path, sha256: str, error: Exception) -> str:
    whole = "is" if len(sha256) == 64 else "begins with"
    return (
        f"Could not get {target.name} from {source}: {error}. To work offline, download {url} on another machine and "
        f"put the file at {target} (its SHA-256 {whole} {sha256}), or set CS182VIZ_MIRROR to an address whose folder "
        f"holds it."
    )
