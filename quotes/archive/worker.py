"""A process that scores documents, and the one that watches over it.

A text may be built to exhaust time or memory, inside native code that no exception reaches. So documents are scored in
a child process that can be killed: :class:`Worker` sends it documents and waits, within bounds, for their outcomes.
When the child is lost, it is replaced and its documents are scored once more, each alone, so that only the one at
fault becomes an error. Process pools (joblib's, concurrent.futures') end all their children when one is lost, and know
no bound for one task; and Dask's workers may not start processes by multiprocessing. A pipe and a pickle do it all.
"""

from __future__ import annotations

import os
import pickle
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any

from quotes.archive.nursery import Child, Nursery, WorkerError
from quotes.archive.scoring import Outcome, outcome
from quotes.ingest import LIMITS, Document, Limits, identity
from quotes.records import Failure

POLL_SECONDS = 0.1
RENEWED = 32
"""Lists of documents after which a forked child is replaced, about a thousand documents: libraries never give back all
the memory that they took, and a fork costs next to nothing."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one document may cost: ``seconds`` of the clock and ``memory`` in bytes of the worker that scores it."""

    seconds: float = 120
    memory: int = 4 << 30
    limits: Limits = LIMITS


BOUNDS = Bounds()


class _LostError(Exception):
    """The child is gone; ``type`` and the message say why."""

    def __init__(self, type: str, message: str) -> None:
        super().__init__(message)
        self.type = type


class _StoppedError(Exception):
    """The run is over; what was being scored is of no use."""


class Worker:
    """Scores documents in a child process, within bounds. Not to be shared between threads."""

    def __init__(self, nursery: Nursery, bounds: Bounds = BOUNDS) -> None:
        self.nursery, self.bounds = nursery, bounds
        self._child: Child | None = None
        self._replies: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._stopped = False
        self._asked = self._peak = 0

    def score(self, documents: Sequence[Document | Failure]) -> list[Outcome]:
        """An outcome for each document, in order. Raises WorkerError where nothing can be scored at all."""
        try:
            return self._ask(documents)
        except _LostError as lost:
            if len(documents) == 1 and lost.type != "WorkerDied":
                return [_lost(documents[0], lost)]
            return [self._alone(document) for document in documents]

    def _alone(self, document: Document | Failure) -> Outcome:
        try:
            return self._ask([document])[0]
        except _LostError as lost:
            return _lost(document, lost)

    @property
    def peak(self) -> int:
        """The most memory that a child of its has held, in bytes; 0 where none ran or the system does not tell."""
        return max(self._peak, peak_memory(self._child.pid) if self._child else 0)

    def stop(self) -> None:
        """End the child, whatever it does; may be called from another thread."""
        self._stopped = True
        self._kill()

    def _ask(self, documents: Sequence[Document | Failure]) -> list[Outcome]:
        if self._asked == RENEWED and self.nursery.pid:
            self._kill()
        if self._child is None:
            self._start()
        self._asked += 1
        self._send(documents)
        return self._receive()

    def _start(self) -> None:
        self._check_running()
        self._child = self.nursery.child()
        self._asked = 0
        self._replies = queue.SimpleQueue()
        threading.Thread(target=_relay, args=(self._child.stdout, self._replies), daemon=True).start()

    def _send(self, message: Any) -> None:
        assert self._child
        assert self._child.stdin
        try:
            pickle.dump(message, self._child.stdin, protocol=pickle.HIGHEST_PROTOCOL)
            self._child.stdin.flush()
        except OSError:
            self._died()

    def _receive(self) -> list[Outcome]:
        assert self._child
        seconds, memory = self.bounds.seconds, self.bounds.memory
        deadline = time.monotonic() + seconds
        while True:
            try:
                kind, reply = self._replies.get(timeout=POLL_SECONDS)
            except queue.Empty:
                self._check_running()
                if time.monotonic() > deadline:
                    self._kill()
                    raise _LostError(
                        "TimeLimit", f"not scored within {seconds:g} s; shorten it or raise --timeout"
                    ) from None
                if _resident(self._child.pid) > memory:
                    self._kill()
                    raise _LostError(
                        "MemoryLimit", f"needs more than {memory / (1 << 30):.3g} GiB; shorten it or raise --memory"
                    ) from None
                continue
            if kind == "lost":
                self._died()
            if kind == "fatal":
                self._kill()
                raise WorkerError(reply)
            return reply

    def _died(self) -> None:
        assert self._child
        child = self._child
        self._kill()
        self._check_running()
        code = child.wait()
        how = signal.Signals(-code).name if code < 0 else f"exit status {code}"
        raise _LostError("WorkerDied", f"the process that scored it ended ({how}); look at the text, or score it again")

    def _check_running(self) -> None:
        if self._stopped:
            raise _StoppedError

    def _kill(self) -> None:
        child, self._child = self._child, None
        if child:
            self._peak = max(self._peak, peak_memory(child.pid))
            if not _ended(child):
                child.kill()
            child.wait()
            if child.stdin:
                with suppress(OSError):  # what was not yet sent has nowhere to go
                    child.stdin.close()


def _ended(child: Child) -> bool:
    """Whether a child that closed its end is about to end by itself, so that its exit status is its own."""
    try:
        child.wait(timeout=POLL_SECONDS)
    except subprocess.TimeoutExpired:
        return False
    return True


def _relay(replies: IO[bytes], to: queue.SimpleQueue[Any]) -> None:
    """Hand on the child's replies as they come, and its end."""
    with replies:
        try:
            while True:
                to.put(pickle.load(replies))
        except (EOFError, OSError, pickle.UnpicklingError, ValueError):
            to.put(("lost", None))


def _resident(pid: int) -> int:
    """Bytes of memory that a process holds; 0 where the system does not tell (then there is no bound)."""
    try:
        with open(f"/proc/{pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


def peak_memory(pid: int | str = "self") -> int:
    """The most memory that a process has held, in bytes; 0 where the system does not tell."""
    try:
        with open(f"/proc/{pid}/status") as file:
            return next(int(line.split()[1]) << 10 for line in file if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return 0


def _lost(document: Document | Failure, lost: _LostError) -> Outcome:
    if isinstance(document, Failure):
        return outcome(document)
    name = identity(document)
    return outcome(Failure(name, lost.type, f"{name}: {lost}"))
