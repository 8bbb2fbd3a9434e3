"""A scorer without models, importable by worker processes: it finds what stands between curly marks.

Words in capitals in a text make it misbehave as a poisonous document would.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from quotes.artifacts import ArtifactError
from quotes.records import Article, Attribution, Candidate, Flag, Link, Quality, Quote, Record, Source


class Stub:
    """``pause`` is what a document takes, in seconds."""

    def __init__(self, pause: float = 0.0) -> None:
        self.pause = pause

    def pipe(self, articles: Iterable[Article]) -> Iterator[Record]:
        return (self._record(article) for article in articles)

    def _record(self, article: Article) -> Record:
        time.sleep(self.pause)
        _misbehave(article.text)
        source = Source("s1", "Anna Lind", "person", "named", "mayor", None, (article.span(0, 1),))
        return Record(
            article,
            (source,),
            tuple(
                _quote(article, number, *found.span()) for number, found in enumerate(_SAID.finditer(article.text), 1)
            ),
            {"stub": "en-1.0.0"},
        )


_SAID = re.compile("“[^“”]*”")


def _quote(article: Article, number: int, start: int, end: int) -> Quote:
    span = article.span(start, end)
    flag = Flag("garbled", 0.98, (span,), "ends mid-word", "truncated")
    candidates = (Candidate("s1", 2 / 3), Candidate(None, 1 / 3))
    quality = Quality(2 / 3, 1.0, 0.99)
    flags = (flag,) if number % 2 else ()
    return Quote(f"q{number}", Attribution((span,), speech="direct"), Link("s1", candidates), quality, flags)


def _misbehave(text: str) -> None:
    if "SLEEP" in text:
        time.sleep(3600)
    if "GROW" in text:
        held = [b"x" * (16 << 20) for _ in range(50)]
        time.sleep(3600 + len(held))
    if "DIE" in text:
        os.kill(os.getpid(), signal.SIGKILL)
    if "RAISE" in text:
        raise ValueError("cannot be scored")
    if "PRINT" in text:
        print("a library's chatter")
        sys.stdout.flush()
    if found := re.search(r"ONCE (\S+)", text):  # dies if it is the first to see this
        marker = Path(found[1])
        if not marker.exists():
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)


def make() -> Stub:
    return Stub()


def make_with(settings: Mapping[str, Any]) -> Stub:
    return Stub()


def make_slow_with(settings: Mapping[str, Any]) -> Stub:
    return Stub(0.01)


def make_slow() -> Stub:
    return Stub(0.004)


def make_nothing() -> Stub:
    raise ArtifactError("no model stub in models; install the package again")
