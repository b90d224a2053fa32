"""Seccomp: the kernel refuses calls that no student's code needs, such as opening a socket or tracing a process.

Refused calls fail with EPERM and the process goes on. The filter is a BPF program, see `seccomp(2)`; the numbers of the
calls are those of the kernel's tables, and a test compares them with libseccomp's.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct

from .syscalls import PR_SET_SECCOMP, prctl

_GENERIC = {  # name -> number, the same on every machine that is newer than the kernel's common table
    **{"open_tree": 428, "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433},
    **{"io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "pidfd_send_signal": 424},
    **{"pidfd_open": 434, "clone3": 435, "pidfd_getfd": 438, "process_madvise": 440, "mount_setattr": 442},
    **{"quotactl_fd": 443, "process_mrelease": 448},
}
_X86_64 = {
    **{"ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312, "perf_event_open": 298},
    **{"mount": 165, "umount2": 166, "pivot_root": 155, "chroot": 161, "unshare": 272, "setns": 308, "bpf": 321},
    **{"keyctl": 250, "add_key": 248, "request_key": 249, "userfaultfd": 323, "kexec_load": 246},
    **{"kexec_file_load": 320, "init_module": 175, "finit_module": 313, "delete_module": 176, "reboot": 169},
    **{"swapon": 167, "swapoff": 168, "acct": 163, "quotactl": 179, "settimeofday": 164, "clock_settime": 227},
    **{"adjtimex": 159, "clock_adjtime": 305, "sethostname": 170, "setdomainname": 171, "syslog": 103},
    **{"open_by_handle_at": 304, "name_to_handle_at": 303, "move_pages": 279, "migrate_pages": 256, "vhangup": 153},
    **{"mknod": 133, "mknodat": 259, "fanotify_init": 300, "iopl": 172, "ioperm": 173, "modify_ldt": 154},
    **{"socket": 41, "connect": 42, "bind": 49, "listen": 50, "accept": 43, "accept4": 288},
    **{"semget": 64, "shmget": 29, "msgget": 68, "mq_open": 240, "setpriority": 141, "sched_setscheduler": 144},
    **{"kill": 62, "tkill": 200, "tgkill": 234, "rt_sigqueueinfo": 129, "rt_tgsigqueueinfo": 297},
    **{"clone": 56, "prctl": 157, "ioctl": 16, "socketpair": 53, "sendto": 44, "prlimit64": 302},
}
_AARCH64 = {
    **{"ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271, "kcmp": 272, "perf_event_open": 241},
    **{"mount": 40, "umount2": 39, "pivot_root": 41, "chroot": 51, "unshare": 97, "setns": 268, "bpf": 280},
    **{"keyctl": 219, "add_key": 217, "request_key": 218, "userfaultfd": 282, "kexec_load": 104},
    **{"kexec_file_load": 294, "init_module": 105, "finit_module": 273, "delete_module": 106, "reboot": 142},
    **{"swapon": 224, "swapoff": 225, "acct": 89, "quotactl": 60, "settimeofday": 170, "clock_settime": 112},
    **{"adjtimex": 171, "clock_adjtime": 266, "sethostname": 161, "setdomainname": 162, "syslog": 116},
    **{"open_by_handle_at": 265, "name_to_handle_at": 264, "move_pages": 239, "migrate_pages": 238, "vhangup": 58},
    **{"mknodat": 33, "fanotify_init": 262},
    **{"socket": 198, "connect": 203, "bind": 200, "listen": 201, "accept": 202, "accept4": 242},
    **{"semget": 190, "shmget": 194, "msgget": 186, "mq_open": 180, "setpriority": 140, "sched_setscheduler": 119},
    **{"kill": 129, "tkill": 130, "tgkill": 131, "rt_sigqueueinfo": 138, "rt_tgsigqueueinfo": 240},
    **{"clone": 220, "prctl": 167, "ioctl": 29, "socketpair": 199, "sendto": 206, "prlimit64": 261},
}
NUMBERS = {"x86_64": _GENERIC | _X86_64, "aarch64": _GENERIC | _AARCH64}
_ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_SIGNALS = ("kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo")
_BY_ARGUMENT = ("clone", "clone3", "prctl", "ioctl", "socketpair", "sendto", "prlimit64")

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_NUMBER, _MACHINE, _ARGUMENTS = 0, 4, 16  # offsets in what the filter sees
_X32 = 0x40000000  # the other table of calls of x86-64
_NEW_NAMESPACES = 0x7E020080  # clone's flags that make one
_OPTIONS = (1, 4, 35, 36, 0x59616D61)  # prctl: death signal, dumpable, memory map, subreaper, who may trace
_TERMINAL = (0x5412, 0x541C)  # ioctl: typing into a terminal
_UNIX, _STREAM = 1, 1
Instruction = tuple[int, int, int, int]


def supported() -> bool:
    """Whether the calls of this machine are known."""
    return platform.system() == "Linux" and platform.machine() in NUMBERS


def program(*, signals: bool) -> bytes:
    """Return the filter as BPF; with `signals` false it also refuses to signal any process, where nothing else does."""
    numbers = NUMBERS[platform.machine()]
    refused = [name for name in numbers if name not in _BY_ARGUMENT and (name not in _SIGNALS or not signals)]
    code: list[Instruction] = [
        (_LOAD, 0, 0, _MACHINE),
        (_EQUAL, 1, 0, _ARCHITECTURE[platform.machine()]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        *((_AT_LEAST, 0, 1, _X32), _refuse()),
    ]
    for name in refused:
        code += [(_EQUAL, 0, 1, numbers[name]), _refuse()]
    code += [(_EQUAL, 0, 1, numbers["clone3"]), _refuse(errno.ENOSYS)]  # the C library then takes clone
    code += _when(numbers["clone"], _argument(0), [(_ANY_BIT, 0, 1, _NEW_NAMESPACES), _refuse()])
    code += _when(numbers["prctl"], _argument(0), _none_of(_OPTIONS))
    code += _when(numbers["ioctl"], _argument(1), _none_of(_TERMINAL))
    code += _when(numbers["prlimit64"], _argument(0), _only(0))
    code += _when(
        numbers["socketpair"], _argument(0), [*_only(_UNIX), *_argument(1), (_AND, 0, 0, 15), *_only(_STREAM)]
    )
    code += _when(numbers["sendto"], _argument(4), [*_only(0), (_LOAD, 0, 0, _ARGUMENTS + 36), *_only(0)])
    code.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in code)


def apply(code: bytes) -> None:
    """Put the filter on this process and whatever it starts, for good. Needs `no_new_privs`.

    Raises
    ------
    OSError
        If the kernel has no seccomp filters.
    """
    buffer = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("@HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    prctl(PR_SET_SECCOMP, 2, header)


def _refuse(error: int = errno.EPERM) -> Instruction:
    return (_RETURN, 0, 0, 0x00050000 | error)


def _argument(index: int) -> list[Instruction]:
    return [(_LOAD, 0, 0, _ARGUMENTS + 8 * index)]


def _none_of(values: tuple[int, ...]) -> list[Instruction]:
    return [step for value in values for step in ((_EQUAL, 0, 1, value), _refuse())]


def _only(value: int) -> list[Instruction]:
    return [(_EQUAL, 1, 0, value), _refuse()]


def _when(number: int, load: list[Instruction], checks: list[Instruction]) -> list[Instruction]:
    """Instructions for one call; they leave the program, since the number is not loaded any more after them."""
    inside = [*load, *checks, (_RETURN, 0, 0, _ALLOW)]
    return [(_EQUAL, 0, len(inside), number), *inside]
