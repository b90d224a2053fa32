"""A world of its own for one submission: no other process, no network, a root that holds the interpreter and no more.

As root the namespaces are made directly, otherwise inside a user namespace. See `namespaces(7)`, `pivot_root(2)`.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import stat
import struct
from collections.abc import Mapping
from pathlib import Path

from . import given
from .syscalls import PR_SET_DUMPABLE, PR_SET_PDEATHSIG, call, prctl, syscall
from .view import View

HOME = "/home/student"
WRITABLE = (HOME, "/tmp", "/dev/shm")
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
_UID = 1000
_NEW = {"mount": 0x20000, "cgroup": 0x2000000, "uts": 0x4000000, "ipc": 0x8000000, "pid": 0x20000000, "net": 0x40000000}
_NEW_USER = 0x10000000
_READ_ONLY, _NO_SUID, _NO_DEVICES, _BIND, _RECURSIVE, _PRIVATE = 1, 2, 4, 4096, 16384, 1 << 18
_DETACH = 2
_AT_RECURSIVE = 0x8000
_AT_THIS_FOLDER = -100
_STAGE = "/tmp"  # where the new root is put together; only this process sees it


def separate() -> None:
    """Leave the machine's namespaces; the next fork is the first process of the new one.

    Raises
    ------
    OSError
        If neither this process nor a user namespace may do that.
    """
    flags = sum(_NEW.values())
    uid, gid = os.geteuid(), os.getegid()
    try:
        call("unshare", flags)
    except PermissionError:
        call("unshare", flags | _NEW_USER)
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{_UID} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{_UID} {gid} 1")


def enclose(view: View, beside: Mapping[str, bytes], *, megabytes: int, files: int) -> None:
    """Swap the root for a small one in memory: the view, read-only, and folders to write in, with a quota.

    Parameters
    ----------
    beside : files of the course, by relative path, to read from `given.FOLDER`; they do not count against the quota

    Raises
    ------
    OSError
        If the kernel refuses a mount (Linux 5.12 is needed).
    """
    call("mount", None, "/", None, _PRIVATE | _RECURSIVE, None)
    sources = {path: os.open(path, os.O_PATH) for path in view.readable if Path(path).exists()}
    sources |= {path: os.open(path, os.O_PATH) for path in DEVICES}
    links = {path: Path(path).readlink() for path in view.readable if Path(path).is_symlink()}
    call("mount", "tmpfs", _STAGE, "tmpfs", _NO_SUID | _NO_DEVICES, f"size={megabytes}m,nr_inodes={files},mode=755")
    for path in sorted(links):
        Path(_STAGE + path).parent.mkdir(parents=True, exist_ok=True)
        Path(_STAGE + path).symlink_to(links[path])
    for path, source in sorted(sources.items()):
        if path not in links:
            _bind(source, _STAGE + path, writable=path in DEVICES)
        os.close(source)
    for path in view.hidden:
        _hide(_STAGE + path)
    for folder in WRITABLE:
        Path(_STAGE + folder).mkdir(parents=True, exist_ok=True)
        Path(_STAGE + folder).chmod(0o1777)
    if beside:
        _give(beside, _STAGE + given.FOLDER)
    os.chdir(_STAGE)
    syscall("pivot_root", ".", ".")
    call("umount2", ".", _DETACH)
    os.chdir(HOME)


def become_first() -> None:
    """Split in two: the first process of the new namespace watches, the second one returns from here.

    All others die with the first, which dies with the process that made the namespace. It runs nothing of a student.
    """
    alive, held = os.pipe()  # closes with the process that made the namespace
    first = os.fork()
    if first:
        _wait_for(first, but=held)
    os.close(held)
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    prctl(PR_SET_DUMPABLE, 0)
    watch = select.poll()
    watch.register(alive, 0)
    if watch.poll(0):  # it died before the line above could take hold
        os._exit(1)
    second = os.fork()
    if second:
        _wait_for(second, but=alive)
    os.close(alive)


def _wait_for(child: int, *, but: int) -> None:
    """End as the child ends; hold nothing open meanwhile, `but` one descriptor."""
    os.closerange(3, but)
    os.closerange(but + 1, os.sysconf("SC_OPEN_MAX"))
    while True:
        pid, status = os.wait()
        if pid == child:
            os._exit(os.waitstatus_to_exitcode(status) & 255)


def _bind(source: int, target: str, *, writable: bool = False) -> None:
    if stat.S_ISDIR(os.fstat(source).st_mode):
        Path(target).mkdir(parents=True, exist_ok=True)
    else:
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        Path(target).touch()
    call("mount", f"/proc/self/fd/{source}", target, None, _BIND | _RECURSIVE, None)
    if not writable:
        _make_read_only(target)


def _give(files: Mapping[str, bytes], target: str) -> None:
    """Put files on a disk in memory of their own, which nobody can write to from then on."""
    Path(target).mkdir(parents=True)
    size = f"size={given.megabytes(files)}m,mode=755"
    call("mount", "tmpfs", target, "tmpfs", _NO_SUID | _NO_DEVICES, size)
    given.write(files, target)
    _make_read_only(target)


def _make_read_only(target: str) -> None:
    attributes = struct.pack("<4Q", _READ_ONLY | _NO_SUID | _NO_DEVICES, 0, 0, 0)
    size = ctypes.c_size_t(len(attributes))
    syscall("mount_setattr", _AT_THIS_FOLDER, target, _AT_RECURSIVE, attributes, size)


def _hide(target: str) -> None:
    if Path(target).is_dir():
        call("mount", "tmpfs", target, "tmpfs", _READ_ONLY | _NO_SUID | _NO_DEVICES, "size=4k,mode=555")
    elif Path(target).exists():
        call("mount", "/dev/null", target, None, _BIND, None)
