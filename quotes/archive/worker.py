"""A process that scores documents, and the one that watches over it.

A text may be built to exhaust time or memory, inside native code that no exception reaches. So documents are scored in
a child process that can be killed: :class:`Worker` sends it documents and waits, within bounds, for their outcomes.
When the child is lost, it is replaced and its documents are scored once more, each alone, so that only the one at
fault becomes an error. Process pools (joblib's, concurrent.futures') end all their children when one is lost, and know
no bound for one task; and Dask's workers may not start processes by multiprocessing. A pipe and a pickle do it all.
"""

from __future__ import annotations

import gc
import json
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any, Protocol

from quotes.artifacts import ArtifactError
from quotes.ingest import LIMITS, Document, Limits, article, identity
from quotes.records import Article, Failure, Record

START_SECONDS = 600
POLL_SECONDS = 0.1
# One thread for each worker: more would fight over the cores, and the order of their sums changes the last digits.
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
_BOOT = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from quotes.archive.worker import serve; serve()"


class SupportsPipe(Protocol):
    """What is asked of a scorer: one record or failure for each article, in order."""

    def pipe(self, articles: Iterable[Article]) -> Iterable[Record | Failure]: ...


Maker = Callable[[], SupportsPipe]
"""Makes the scorer inside the worker; it is sent there by pickle, so it must be importable."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one document may cost: ``seconds`` of the clock and ``memory`` in bytes of the worker that scores it."""

    seconds: float = 120
    memory: int = 4 << 30
    limits: Limits = LIMITS


BOUNDS = Bounds()


@dataclass(frozen=True, slots=True)
class Outcome:
    """A line of the output with what the summary counts."""

    line: str
    words: int = 0
    quotes: int = 0
    flags: int = 0
    failed: bool = False


class WorkerError(Exception):
    """Workers cannot be started or cannot load their models: nothing can be scored."""


class _LostError(Exception):
    """The child is gone; ``type`` and the message say why."""

    def __init__(self, type: str, message: str) -> None:
        super().__init__(message)
        self.type = type


class _StoppedError(Exception):
    """The run is over; what was being scored is of no use."""


class Worker:
    """Scores documents in a child process, within bounds. Not to be shared between threads."""

    def __init__(self, make: Maker, bounds: Bounds = BOUNDS) -> None:
        self.make, self.bounds = make, bounds
        self._child: subprocess.Popen[bytes] | None = None
        self._replies: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._stopped = False

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
        """The most memory that the child has held, in bytes; 0 where it is not running or the system does not tell."""
        return peak_memory(self._child.pid) if self._child else 0

    def stop(self) -> None:
        """End the child, whatever it does; may be called from another thread."""
        self._stopped = True
        self._kill()

    def _ask(self, documents: Sequence[Document | Failure]) -> list[Outcome]:
        if self._child is None:
            self._start()
        self._send(documents)
        return self._receive(self.bounds.seconds, self.bounds.memory)

    def _start(self) -> None:
        self._check_running()
        self._child = subprocess.Popen(
            [sys.executable, "-c", _BOOT, json.dumps(sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | _ONE_THREAD,
            start_new_session=True,  # Ctrl-C at the terminal is for the parent, which then ends its workers
        )
        self._replies = queue.SimpleQueue()
        threading.Thread(target=_relay, args=(self._child.stdout, self._replies), daemon=True).start()
        try:
            self._send((self.make, self.bounds.limits))
            self._receive(START_SECONDS, None)
        except _LostError as lost:
            raise WorkerError(f"a worker could not start: {lost}") from lost

    def _send(self, message: Any) -> None:
        assert self._child
        assert self._child.stdin
        try:
            pickle.dump(message, self._child.stdin, protocol=pickle.HIGHEST_PROTOCOL)
            self._child.stdin.flush()
        except OSError:
            self._died()

    def _receive(self, seconds: float, memory: int | None) -> Any:
        assert self._child
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
                if memory and _resident(self._child.pid) > memory:
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
        code = child.returncode
        how = signal.Signals(-code).name if code < 0 else f"exit status {code}"
        raise _LostError("WorkerDied", f"the process that scored it ended ({how}); look at the text, or score it again")

    def _check_running(self) -> None:
        if self._stopped:
            raise _StoppedError

    def _kill(self) -> None:
        child, self._child = self._child, None
        if child:
            if child.poll() is None and not _ended(child):
                child.kill()
            child.wait()
            if child.stdin:
                with suppress(OSError):  # what was not yet sent has nowhere to go
                    child.stdin.close()


def _ended(child: subprocess.Popen[bytes]) -> bool:
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


def serve() -> None:
    """The child: make the scorer, then answer every list of documents with their outcomes until the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get among the replies
    try:
        make, limits = pickle.load(requests)
        scorer = make()
        gc.collect()
        gc.freeze()  # the models stay: looking through them for garbage took a tenth of the time
        gc.set_threshold(50_000, 20, 50)
        _reply(replies, "ready", None)
        while True:
            _reply(replies, "done", score_documents(scorer, pickle.load(requests), limits))
    except (EOFError, BrokenPipeError):
        return
    except Exception as error:
        text = str(error) if isinstance(error, ArtifactError) else f"{type(error).__name__}: {error}"
        _reply(replies, "fatal", text)


def _reply(replies: IO[bytes], kind: str, message: Any) -> None:
    pickle.dump((kind, message), replies, protocol=pickle.HIGHEST_PROTOCOL)
    replies.flush()


def score_documents(
    scorer: SupportsPipe, documents: Sequence[Document | Failure], limits: Limits = LIMITS
) -> list[Outcome]:
    """Parse and score documents together; an outcome for each, in order. Raises ArtifactError for a bad model."""
    read = [document if isinstance(document, Failure) else _read(document, limits) for document in documents]
    scored = _scored(scorer, [item for item in read if isinstance(item, Article)])
    return [outcome(item) if isinstance(item, Failure) else outcome(next(scored), item.text) for item in read]


def _read(document: Document, limits: Limits) -> Article | Failure:
    try:
        return article(document, limits)
    except Exception as error:  # a parser overcome by what it was given, such as mark-up nested too deeply
        return _failure(identity(document), error)


def _scored(scorer: SupportsPipe, articles: list[Article]) -> Iterator[Record | Failure]:
    try:
        results = list(scorer.pipe(articles)) if articles else []
    except ArtifactError:
        raise
    except Exception as error:
        if len(articles) == 1:
            yield _failure(articles[0].id, error)
            return
        for single in articles:  # one of them is at fault: each by itself shows which
            yield from _scored(scorer, [single])
        return
    if len(results) != len(articles):
        raise RuntimeError(f"the scorer gave {len(results)} results for {len(articles)} articles")
    yield from results


def _failure(id: str, error: Exception) -> Failure:
    said = " ".join(str(error).split())[:300] or "no reason given"
    return Failure(id, type(error).__name__, f"{id}: {said}; report it with the article")


def outcome(result: Record | Failure, text: str = "") -> Outcome:
    """The line of a result, with what is counted of it."""
    if isinstance(result, Failure):
        return Outcome(_line(result.to_json()), failed=True)
    try:
        line = _line(result.to_json())
        line.encode("utf-8")
    except ValueError as error:
        return outcome(_failure(result.article.id, error))
    flags = sum(len(quote.flags) for quote in result.quotes)
    return Outcome(line, len(text.split()), len(result.quotes), flags)


def _line(shown: dict[str, Any]) -> str:
    return json.dumps(shown, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
