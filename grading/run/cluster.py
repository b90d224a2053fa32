"""The workers: some of this machine's by default, or those of a dask scheduler anywhere."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from grading.config import CourseError

from .pool import Pool

if TYPE_CHECKING:
    from distributed import Client

CONFIGURATION = {
    "distributed.scheduler.allowed-failures": 2,  # a task that was on three workers that died is given up
    "distributed.scheduler.worker-ttl": "60s",  # a worker that is silent for so long counts as dead
    "distributed.scheduler.worker-saturation": 1.0,  # tasks wait at the scheduler, not with a worker that may die
    "distributed.worker.profile.enabled": False,
    "distributed.admin.low-level-log-length": 10,  # each entry of these logs holds a submission
    "distributed.comm.timeouts.connect": "30s",
}


@dataclass(frozen=True)
class Tls:
    """Certificates for a scheduler elsewhere: who signs, and this side's certificate and key (PEM files)."""

    ca: Path
    certificate: Path
    key: Path


@contextlib.contextmanager
def connected(jobs: int | None = None, *, scheduler: str = "", tls: Tls | None = None) -> Iterator[Client | Pool]:
    """Connect to a scheduler and leave it as it was; without an address, start workers here and end them.

    Parameters
    ----------
    jobs : workers on this machine; by default one for each core that this process may use
    scheduler : "tls://host:port"

    Raises
    ------
    CourseError
        If the scheduler does not answer, or is not protected by TLS.
    """
    if scheduler:
        with _elsewhere(scheduler, tls) as client:
            yield client
    else:
        with _here(jobs or len(os.sched_getaffinity(0))) as pool:
            yield pool


@contextlib.contextmanager
def _here(jobs: int) -> Iterator[Pool]:
    pool = Pool(jobs)
    try:
        yield pool
    finally:
        pool.close()


@contextlib.contextmanager
def _elsewhere(scheduler: str, tls: Tls | None) -> Iterator[Client]:
    if not scheduler.startswith("tls://") or tls is None:
        raise CourseError(
            f"The scheduler at {scheduler} has to be reached by tls:// and with certificates: anybody who reaches an "
            "open one can run code on its workers."
        )
    import dask  # a second to import, which grading on one machine can do without
    from distributed import Client, Security

    security = Security(
        tls_ca_file=str(tls.ca),
        tls_client_cert=str(tls.certificate),
        tls_client_key=str(tls.key),
        require_encryption=True,
    )
    with dask.config.set(CONFIGURATION):
        try:
            client = Client(scheduler, security=security, timeout=30)
        except (OSError, ValueError) as error:
            raise CourseError(f"No scheduler answers at {scheduler}: {error}") from error
        with client:
            yield client
