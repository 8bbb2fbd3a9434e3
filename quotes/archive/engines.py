"""Where documents are scored: by worker processes of this machine, or of a Dask cluster.

Both take the same chunks and give the same outcomes in the same order, whatever their number or fate.
"""

from __future__ import annotations

import atexit
import pickle
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, Self

from quotes.archive.nursery import Maker, Nursery, WorkerError
from quotes.archive.scoring import Outcome, outcome
from quotes.archive.worker import BOUNDS, Bounds, Worker, peak_memory
from quotes.ingest import Document
from quotes.records import Failure

Chunk = Sequence[Document | Failure]
CHUNK_DOCUMENTS = 32
CHUNK_SIZE = 1 << 17  # characters: enough to batch, and scored in a fraction of a document's time limit
AHEAD = 4  # chunks under way for each worker, so that a slow one holds nobody up

CONNECT_SECONDS = 30


class Future(Protocol):
    def result(self) -> list[Outcome]: ...


class Engine(Protocol):
    """Scores chunks of documents; ``width`` is how many at a time."""

    @property
    def width(self) -> int: ...
    def submit(self, chunk: Chunk) -> Future: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *error: object) -> None: ...


class Local:
    """``jobs`` worker processes on this machine, each watched by a thread."""

    def __init__(self, make: Maker, jobs: int = 1, bounds: Bounds = BOUNDS) -> None:
        self.width, self.bounds = jobs, bounds
        self._nursery = Nursery(make, bounds.limits)
        self._threads = ThreadPoolExecutor(jobs, thread_name_prefix="quotes")
        self._mine = threading.local()
        self._workers: list[Worker] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in self._workers:
            worker.stop()
        self._nursery.close()

    def submit(self, chunk: Chunk) -> Future:
        return self._threads.submit(self._score, chunk)

    @property
    def peak(self) -> int:
        """The most memory that one of the workers has held, in bytes."""
        return max((worker.peak for worker in self._workers), default=0)

    @property
    def shared(self) -> int:
        """The memory, in bytes, that all workers share: what each of their peaks counts again."""
        return peak_memory(self._nursery.pid) if self._nursery.pid else 0

    def _score(self, chunk: Chunk) -> list[Outcome]:
        if not hasattr(self._mine, "worker"):
            self._mine.worker = Worker(self._nursery, self.bounds)
            self._workers.append(self._mine.worker)
        return self._mine.worker.score(chunk)


class Dask:
    """The workers of a Dask cluster (``tcp://host:8786``). Each thread of theirs watches a child process of its own.

    A cluster worker that is lost has its chunks scored again by another: a chunk's outcomes depend on nothing else.
    """

    def __init__(self, make: Maker, scheduler: str, bounds: Bounds = BOUNDS) -> None:
        try:
            from distributed import Client
        except ImportError as error:
            raise WorkerError("--engine dask needs Dask; run: pip install 'quotes[dask]'") from error
        self.make, self.scheduler, self.bounds = make, scheduler, bounds
        try:
            self._client = Client(scheduler, timeout=CONNECT_SECONDS, set_as_default=False)
            self._client.wait_for_workers(1, timeout=CONNECT_SECONDS)
        except (OSError, TimeoutError, ValueError) as error:
            raise WorkerError(
                f"no Dask cluster with workers at {scheduler}; start it or correct --scheduler"
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._client.close()

    @property
    def width(self) -> int:
        return max(1, sum(worker["nthreads"] for worker in self._client.scheduler_info(-1)["workers"].values()))

    def submit(self, chunk: Chunk) -> Future:
        return self._client.submit(score_on_cluster, self.make, self.bounds, chunk, pure=False, retries=3)


_on_cluster = threading.local()  # of each thread: its settings and its worker
_nursery_lock = threading.Lock()
_nurseries: dict[bytes, Nursery] = {}


def score_on_cluster(make: Maker, bounds: Bounds, chunk: Chunk) -> list[Outcome]:
    """A task of the cluster: score a chunk by this thread's own worker, which stays for the next one."""
    settings = pickle.dumps((make, bounds))
    known: tuple[bytes, Worker] | None = getattr(_on_cluster, "worker", None)
    if known is None or known[0] != settings:
        if known:
            known[1].stop()
        worker = Worker(_nursery_of(settings, make, bounds), bounds)
        known = _on_cluster.worker = settings, worker
        atexit.register(worker.stop)
    return known[1].score(chunk)


def _nursery_of(settings: bytes, make: Maker, bounds: Bounds) -> Nursery:
    """The nursery that all threads of this process share; those of other settings are no longer needed."""
    with _nursery_lock:
        for other in [other for other in _nurseries if other != settings]:
            _nurseries.pop(other).close()
        if settings not in _nurseries:
            nursery = _nurseries[settings] = Nursery(make, bounds.limits)
            atexit.register(nursery.close)
        return _nurseries[settings]


class _Known:
    """What needs no scoring: documents that could not be read."""

    def __init__(self, failures: Iterable[Failure]) -> None:
        self._outcomes = [outcome(failure) for failure in failures]

    def result(self) -> list[Outcome]:
        return self._outcomes


def outcomes(documents: Iterable[Document | Failure], engine: Engine, part: int) -> Iterator[Outcome]:
    """The outcomes of all documents, in their order; chunks end where a part of ``part`` documents ends."""
    under_way: deque[Any] = deque()
    for number, chunk in enumerate(chunks(documents, part)):
        if number % 64 == 0:
            ahead = AHEAD * engine.width
        failures = [document for document in chunk if isinstance(document, Failure)]
        under_way.append(_Known(failures) if len(failures) == len(chunk) else engine.submit(chunk))
        if len(under_way) > ahead:
            yield from under_way.popleft().result()
    while under_way:
        yield from under_way.popleft().result()


def chunks(documents: Iterable[Document | Failure], part: int) -> Iterator[list[Document | Failure]]:
    """What is scored together: it depends on the documents alone, not on who scores them."""
    chunk: list[Document | Failure] = []
    size = 0
    for number, document in enumerate(documents):
        more = 0 if isinstance(document, Failure) else document.size
        if chunk and (number % part == 0 or len(chunk) == CHUNK_DOCUMENTS or size + more > CHUNK_SIZE):
            yield chunk
            chunk, size = [], 0
        chunk.append(document)
        size += more
    if chunk:
        yield chunk
