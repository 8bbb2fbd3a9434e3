"""Where scoring processes come from.

Loading the models takes seconds and some hundred megabytes. So one process, the *nursery*, loads them once and forks a
child whenever one is asked for: children share its memory until they write to it, and one that was killed is replaced
at once. Where forking is not to be trusted (anywhere but Linux), every child is started anew and loads its own.
"""

from __future__ import annotations

import gc
import json
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Any, Protocol

from quotes.archive.scoring import SupportsPipe, score_documents
from quotes.artifacts import ArtifactError
from quotes.ingest import LIMITS, Limits

Maker = Callable[[], SupportsPipe]
"""Makes the scorer inside a process of its own; it is sent there by pickle, so it must be importable."""

FORKS = sys.platform == "linux"
START_SECONDS = 600
_WAIT_SECONDS = 0.01
_MESSAGE = 1 << 16  # bytes of the longest message between the nursery and its owner
# One thread for each child: more would fight over the cores, and the order of their sums changes the last digits.
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
_BOOT = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from quotes.archive import nursery; nursery.{}"


class WorkerError(Exception):
    """Workers cannot be started or cannot load their models: nothing can be scored."""


class Child(Protocol):
    """A process that answers every pickled list of documents on ``stdin`` on ``stdout``, as Popen shows processes."""

    pid: int
    stdin: IO[bytes] | None
    stdout: IO[bytes] | None

    def kill(self) -> None: ...

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status, negative for a signal. Raises subprocess.TimeoutExpired."""
        ...


class Nursery:
    """Children that score documents by what ``make`` makes; may be shared between threads."""

    def __init__(self, make: Maker, limits: Limits = LIMITS) -> None:
        self.make, self.limits = make, limits
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._closed = False

    def child(self) -> Child:
        """A new child, ready to score. Raises WorkerError where the models cannot be loaded."""
        if not FORKS:
            return _spawned(self.make, self.limits)
        with self._lock:
            for _ in range(2):  # once more where the system has killed the nursery meanwhile
                if self._control is None:
                    self._open()
                with suppress(OSError, EOFError):
                    return self._forked()
                self._shut()
        raise WorkerError("a worker could not start: the process that holds the models was killed; is memory short?")

    @property
    def pid(self) -> int | None:
        """The process that holds the models, where one does."""
        return self._process.pid if self._process else None

    def ended(self, pid: int) -> int | None:
        """The exit status of a child, None while it runs; of one that no nursery knows any more, as if killed."""
        with self._lock, suppress(OSError, EOFError):
            if self._control is not None:
                self._control.send(pickle.dumps(pid))
                status: int | None = pickle.loads(_message(self._control))
                return status
        return -signal.SIGKILL

    def close(self) -> None:
        """No more children; those there are live until they are killed or their owner is gone."""
        self._closed = True
        if process := self._process:
            process.kill()  # before the lock: whoever waits for the models to load hears of it
        with self._lock:
            self._shut()

    def _open(self) -> None:
        if self._closed:
            raise WorkerError("a worker could not start: the run is over")
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.settimeout(START_SECONDS)
        with theirs:
            self._control = ours
            self._process = _started("fork()", str(theirs.fileno()), pass_fds=[theirs.fileno()])
        try:
            _hand(self._process, (self.make, self.limits))
            refused = pickle.loads(_message(ours))
        except TimeoutError:
            refused = f"a worker could not start: the models are not loaded within {START_SECONDS} s"
        except (OSError, EOFError):
            refused = f"a worker could not start: it ended with exit status {self._process.wait()}"
        if refused:
            self._shut()
            raise WorkerError(refused)

    def _forked(self) -> _Forked:
        assert self._control
        self._control.send(pickle.dumps(None))
        message, sockets, _, _ = socket.recv_fds(self._control, _MESSAGE, 1)
        if not message:
            raise EOFError
        with socket.socket(fileno=sockets[0]) as talk:
            return _Forked(self, pickle.loads(message), talk.makefile("wb"), talk.makefile("rb"))

    def _shut(self) -> None:
        if self._control:
            self._control.close()
        if self._process:
            self._process.kill()
            self._process.wait()
        self._control = self._process = None


class _Forked:
    """A child of the nursery's, shown as Popen shows processes. Not to be shared between threads."""

    def __init__(self, nursery: Nursery, pid: int, stdin: IO[bytes], stdout: IO[bytes]) -> None:
        self.nursery, self.pid = nursery, pid
        self.stdin: IO[bytes] | None = stdin
        self.stdout: IO[bytes] | None = stdout
        self._status: int | None = None

    def kill(self) -> None:
        if self._status is None:  # else its number may be another's by now
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def wait(self, timeout: float | None = None) -> int:
        deadline = None if timeout is None else time.monotonic() + timeout
        while self._status is None:
            self._status = self.nursery.ended(self.pid)
            if self._status is None:
                if deadline is not None and time.monotonic() > deadline:
                    raise subprocess.TimeoutExpired("worker", timeout or 0)
                time.sleep(_WAIT_SECONDS)
        return self._status


def _spawned(make: Maker, limits: Limits) -> Child:
    """A child that loads its own models."""
    process = _started("serve()", stdout=subprocess.PIPE)
    assert process.stdout
    try:
        _hand(process, (make, limits), more=True)
        refused = pickle.load(process.stdout)
    except (OSError, EOFError):
        refused = f"a worker could not start: it ended with exit status {process.wait()}"
    if refused:
        process.kill()
        process.wait()
        raise WorkerError(refused)
    return process


def _started(call: str, *arguments: str, **options: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", _BOOT.format(call), json.dumps(sys.path), *arguments],
        stdin=subprocess.PIPE,
        env=os.environ | _ONE_THREAD,
        start_new_session=True,  # Ctrl-C at the terminal is for the parent, which then ends its workers
        **options,
    )


def _hand(process: subprocess.Popen[bytes], settings: tuple[Maker, Limits], more: bool = False) -> None:
    assert process.stdin
    pickle.dump(settings, process.stdin, protocol=pickle.HIGHEST_PROTOCOL)
    process.stdin.flush() if more else process.stdin.close()


def _message(control: socket.socket) -> bytes:
    """The next message. Raises EOFError where the other side is gone."""
    message = control.recv(_MESSAGE)
    if not message:
        raise EOFError
    return message


def fork() -> None:
    """The nursery: load the models, then fork a child at every None, and tell of the child at every number."""
    control = socket.socket(fileno=int(sys.argv[2]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(2, 1)  # what a library prints is no output of ours
    try:
        make, limits = pickle.load(sys.stdin.buffer)
        scorer = _settled(make)
    except Exception as error:
        control.send(pickle.dumps(_reason(error)))
        return
    control.send(pickle.dumps(None))
    while message := control.recv(_MESSAGE):
        pid = pickle.loads(message)
        if pid is not None:
            control.send(pickle.dumps(_status(pid)))
            continue
        ours, theirs = socket.socketpair()
        if pid := os.fork():
            theirs.close()
            with ours:
                socket.send_fds(control, [pickle.dumps(pid)], [ours.fileno()])
            continue
        control.close()
        ours.close()
        _answer(scorer, limits, theirs.makefile("rb"), theirs.makefile("wb"))
        os._exit(0)


def _status(pid: int) -> int | None:
    try:
        done, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:  # somebody has asked before
        return -signal.SIGKILL
    return os.waitstatus_to_exitcode(status) if done else None


def serve() -> None:
    """A child by itself: load the models, then answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get among the replies
    try:
        make, limits = pickle.load(requests)
        scorer = _settled(make)
    except Exception as error:
        _reply(replies, _reason(error))
        return
    _reply(replies, None)
    _answer(scorer, limits, requests, replies)


def _settled(make: Maker) -> SupportsPipe:
    """The scorer, with its models beyond the reach of the garbage collector, which took a tenth of the time."""
    scorer = make()
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    return scorer


def _answer(scorer: SupportsPipe, limits: Limits, requests: IO[bytes], replies: IO[bytes]) -> None:
    """Answer every list of documents with their outcomes until the owner is gone."""
    try:
        while True:
            _reply(replies, ("done", score_documents(scorer, pickle.load(requests), limits)))
    except (EOFError, ConnectionError):
        return
    except Exception as error:
        with suppress(ConnectionError):
            _reply(replies, ("fatal", _reason(error)))


def _reply(replies: IO[bytes], message: Any) -> None:
    pickle.dump(message, replies, protocol=pickle.HIGHEST_PROTOCOL)
    replies.flush()


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, ArtifactError) else f"{type(error).__name__}: {error}"[:1000]
