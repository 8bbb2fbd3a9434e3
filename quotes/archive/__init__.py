"""Archives scored by many processes, in parts, so that nothing is lost and nothing done twice.

``score_archive`` reads documents one after another, has an engine score them in chunks, and writes the outcomes in the
documents' order. The order of the input is the order of the output, and memory does not grow with either.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from quotes.archive.engines import Dask, Engine, Local, outcomes
from quotes.archive.nursery import Maker, WorkerError
from quotes.archive.parts import Parts, PartsError, Totals
from quotes.archive.results import Format, format_of, read
from quotes.archive.scoring import Outcome, outcome, score_documents
from quotes.archive.worker import BOUNDS, Bounds, peak_memory
from quotes.ingest import documents, files

__all__ = [
    "BOUNDS",
    "STAGES",
    "Bounds",
    "Dask",
    "Engine",
    "Format",
    "Local",
    "Maker",
    "Outcome",
    "Parts",
    "PartsError",
    "Totals",
    "WorkerError",
    "archive_header",
    "format_of",
    "outcome",
    "outcomes",
    "peak_memory",
    "prepared",
    "read",
    "score_archive",
    "score_documents",
    "score_stream",
]

PART_DOCUMENTS = 500
STAGES = ("analyser", "detector", "resolver", "damage", "quality")  # of a Scorer, each with models that it loads


def prepared(settings: Mapping[str, Any]) -> Any:
    """A Scorer with its models loaded, so that the first document's time limit is its own."""
    from quotes.pipeline import Scorer

    scorer = Scorer(**settings)
    for stage in STAGES:
        getattr(scorer, stage)
    return scorer


def score_stream(
    inputs: Sequence[str],
    engine: Engine,
    *,
    encoding: str | None = None,
    bounds: Bounds = BOUNDS,
    meter: Callable[[int], object] | None = None,
) -> Iterator[Outcome]:
    """The outcomes of the inputs' documents, in order, as they come."""
    return outcomes(documents(inputs, encoding, bounds.limits, meter=meter), engine, PART_DOCUMENTS)


def score_archive(
    inputs: Sequence[str],
    engine: Engine,
    parts: Parts,
    *,
    encoding: str | None = None,
    bounds: Bounds = BOUNDS,
    part: int = PART_DOCUMENTS,
    meter: Callable[[int], object] | None = None,
    heard: Callable[[Outcome], object] | None = None,
) -> Totals:
    """Score what ``parts`` does not hold yet, and finish the output. ``heard`` is told of each outcome."""
    if not parts.done:
        left = documents(inputs, encoding, bounds.limits, skip=parts.totals.documents, meter=meter)
        coming = outcomes(left, engine, part)
        while group := list(islice((_told(outcome, heard) for outcome in coming), part)):
            parts.add(group)
    parts.finish()
    return parts.totals


def _told(outcome: Outcome, heard: Callable[[Outcome], object] | None) -> Outcome:
    if heard:
        heard(outcome)
    return outcome


def archive_header(inputs: Sequence[str], part: int, **settings: Any) -> dict[str, Any]:
    """What must be the same for a run to be gone on with: the inputs' names and sizes, and every setting."""
    listing = hashlib.sha256()
    for path in files(inputs):
        size = os.path.getsize(path) if os.path.isfile(path) else -1
        listing.update(f"{os.path.basename(path)}\0{size}\n".encode("utf-8", "surrogateescape"))
    return {"inputs": listing.hexdigest(), "part": part, **settings}
