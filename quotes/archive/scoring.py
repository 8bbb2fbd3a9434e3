"""Documents to outcomes: each is parsed, scored and written as a line, or an error row that says what happened."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from quotes.artifacts import ArtifactError
from quotes.ingest import LIMITS, Document, Limits, article, identity
from quotes.records import Article, Failure, Record


class SupportsPipe(Protocol):
    """What is asked of a scorer: one record or failure for each article, in order."""

    def pipe(self, articles: Iterable[Article]) -> Iterable[Record | Failure]: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """A line of the output with what the summary counts."""

    line: str
    words: int = 0
    quotes: int = 0
    flags: int = 0
    failed: bool = False


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
