"""Attributions against gold: overlap, exact spans and linked relations, with confidence intervals over articles.

overlap            tokens shared by the predicted and gold spans of one role (Citron's overlap metric)
span               exact spans of one role, each by itself, unlinked (as CofeNet's authors count, COLING 2022)
relation           one-to-one matching of attributions: content IoU >= 0.5 over tokens, and sources that overlap or are
                   both absent; ``relation-content`` leaves the source out
direct found       gold direct quotes of four words and more, at least half of them in one prediction's content
direct matched     the same with content IoU >= 0.5, so that two quotes run into one are missed

The two for direct quotes are recall, and stand as precision and F1 as well.

Tokens are words and single punctuation marks, so that white space never matters.
"""

from __future__ import annotations

import gzip
import json
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quotes.marks import Quoted, quoted, speech
from quotes.records import Span

ROLES = ("source", "cue", "contents")
MEASURES = (*(f"{role} {metric}" for metric in ("overlap", "span") for role in ROLES), "relation-content", "relation")
RECALLS = ("direct found", "direct matched")

_WORD = re.compile(r"\w+(?:['’]\w+)*")
_TOKEN = re.compile(rf"{_WORD.pattern}|[^\w\s]")
_RESAMPLES = 1000

Tokens = frozenset[int]


class GoldError(ValueError):
    """A file of attributions cannot be read; the message names the line and the remedy."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One attribution of a file: character offsets by role, as they stand in it."""

    source: tuple[tuple[int, int], ...]
    cue: tuple[tuple[int, int], ...]
    contents: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Document:
    id: str
    text: str | None  # records of schema quotes/1 do not repeat the text
    quotes: tuple[Labelled, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """Precision, recall and F1 (0 to 1) of one measure, and F1's 95 % interval over resampled articles."""

    precision: float
    recall: float
    f1: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """A gold attribution that one prediction has by the relation measure and the other has not."""

    id: str
    gained: bool
    source: str
    content: str


def read(path: Path) -> dict[str, Document]:
    """Documents by id from JSON lines (plain or .gz), PolNeAR's, Citron's or our own records; error rows are empty."""
    documents = {}
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                quotes = tuple(_labelled(quote) for quote in row.get("quotes", []))
                documents[row["id"]] = Document(row["id"], row.get("text"), quotes)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                remedy = "give JSON lines with id, text and quotes"
                raise GoldError(f"{path}:{number}: not a labelled document ({error!r}); {remedy}") from error
    return documents


def _labelled(quote: Mapping[str, Any]) -> Labelled:
    def spans(value: Any) -> tuple[tuple[int, int], ...]:
        many = [value] if isinstance(value, dict) else value or []
        return tuple((span["start"], span["end"]) for span in many)

    return Labelled(spans(quote.get("sources", quote.get("source"))), spans(quote.get("cue")), spans(quote["contents"]))


@dataclass(frozen=True, slots=True)
class _Tokenized:
    """The attributions of a document as sets of token numbers, by role."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    @classmethod
    def of(cls, text: str) -> _Tokenized:
        matches = list(_TOKEN.finditer(text))
        return cls(text, [match.start() for match in matches], [match.end() for match in matches])

    def tokens(self, spans: Sequence[tuple[int, int]]) -> Tokens:
        """Every token that shares a character with one of the spans."""
        found: set[int] = set()
        for start, end in spans:
            if start < end:
                found.update(range(bisect_left(self.ends, start + 1), bisect_left(self.starts, end)))
        return frozenset(found)

    def roles(self, quote: Labelled) -> dict[str, Tokens]:
        return {role: self.tokens(getattr(quote, role)) for role in ROLES}

    def exact(self, quotes: Sequence[Labelled], role: str) -> set[Tokens]:
        return {self.tokens([span]) for quote in quotes for span in getattr(quote, role)} - {frozenset()}


def tally(gold: Mapping[str, Document], predicted: Mapping[str, Document]) -> dict[str, NDArray[np.int64]]:
    """For each measure an array ``(articles, 3)``: true positives, predicted, gold."""
    counts: dict[str, list[tuple[int, int, int]]] = {measure: [] for measure in MEASURES + RECALLS}
    for document in gold.values():
        for measure, count in _count(document, _predicted(document, predicted)):
            counts[measure].append(count)
    return {measure: np.array(rows, dtype=np.int64).reshape(-1, 3) for measure, rows in counts.items()}


def _predicted(document: Document, predicted: Mapping[str, Document]) -> tuple[Labelled, ...]:
    return predicted[document.id].quotes if document.id in predicted else ()


def _count(document: Document, found: Sequence[Labelled]) -> Iterator[tuple[str, tuple[int, int, int]]]:
    text = _text(document)
    tokenized = _Tokenized.of(text)
    gold = [tokenized.roles(quote) for quote in document.quotes]
    guess = [tokenized.roles(quote) for quote in found]
    for role in ROLES:
        mine: Tokens = frozenset().union(*(quote[role] for quote in guess))
        true: Tokens = frozenset().union(*(quote[role] for quote in gold))
        yield f"{role} overlap", (len(mine & true), len(mine), len(true))
        mine_exact, true_exact = tokenized.exact(found, role), tokenized.exact(document.quotes, role)
        yield f"{role} span", (len(mine_exact & true_exact), len(mine_exact), len(true_exact))
    iou = _iou(gold, guess)
    sourced = np.array([[_same_source(one, other) for other in guess] for one in gold], dtype=bool).reshape(iou.shape)
    for measure, weights in (("relation-content", iou), ("relation", iou * sourced)):
        yield measure, (len(_matched(weights)), len(guess), len(gold))
    quotations = quoted(text)
    direct = [number for number, quote in enumerate(document.quotes) if _direct(text, quote, quotations)]
    covered = _shared(gold, guess, lambda mine, true: len(true))
    for measure, shares in (("direct found", covered), ("direct matched", iou)):
        held = sum(bool(guess) and bool(shares[number].max() >= 0.5) for number in direct)
        yield measure, (held, len(direct), len(direct))


def _text(document: Document) -> str:
    if document.text is None:
        raise GoldError(f"{document.id}: the gold document has no text; give the labelled file first")
    return document.text


def _iou(gold: Sequence[dict[str, Tokens]], guess: Sequence[dict[str, Tokens]]) -> NDArray[np.float64]:
    return _shared(gold, guess, lambda mine, true: len(mine | true))


def _shared(
    gold: Sequence[dict[str, Tokens]], guess: Sequence[dict[str, Tokens]], of: Callable[[Tokens, Tokens], int]
) -> NDArray[np.float64]:
    """``[gold, guess]``: the content tokens that two attributions share, as a part of what ``of`` counts."""
    return np.array(
        [[len(b["contents"] & a["contents"]) / max(1, of(b["contents"], a["contents"])) for b in guess] for a in gold],
        dtype=float,
    ).reshape(len(gold), len(guess))


def _same_source(one: dict[str, Tokens], other: dict[str, Tokens]) -> bool:
    return bool(one["source"] & other["source"]) or not (one["source"] or other["source"])


def _matched(weights: NDArray[np.float64]) -> set[int]:
    """Numbers of the gold attributions that are matched, one to one and best first (Hungarian assignment)."""
    from scipy.optimize import linear_sum_assignment

    if not weights.size:
        return set()
    enough = np.where(weights >= 0.5, weights, 0)
    rows, columns = linear_sum_assignment(-enough)
    return {int(row) for row, column in zip(rows, columns, strict=True) if enough[row, column] > 0}


def _direct(text: str, quote: Labelled, quotations: Sequence[Quoted]) -> bool:
    contents = tuple(Span(start, end, text[start:end]) for start, end in quote.contents)
    words = sum(len(_WORD.findall(span.text)) for span in contents)
    return words >= 4 and speech(text, contents, quotations) == "direct"


def figures(counts: Mapping[str, NDArray[np.int64]], seed: int = 0) -> dict[str, Figure]:
    """Micro-averaged figures over all articles; intervals by the percentile bootstrap over articles, seeded."""
    random = np.random.default_rng(seed)
    shown = {}
    for measure, rows in counts.items():
        if not len(rows):
            continue
        drawn = random.integers(0, len(rows), (_RESAMPLES, len(rows)))
        resampled = _f1(rows[drawn].sum(axis=1))
        true, predicted, gold = rows.sum(axis=0)
        shown[measure] = Figure(
            precision=float(true / predicted) if predicted else 0.0,
            recall=float(true / gold) if gold else 0.0,
            f1=float(_f1(rows.sum(axis=0)[None])[0]),
            low=float(np.percentile(resampled, 2.5)),
            high=float(np.percentile(resampled, 97.5)),
        )
    return shown


def _f1(sums: NDArray[np.int64]) -> NDArray[np.float64]:
    true, total = sums[:, 0], sums[:, 1] + sums[:, 2]
    return np.divide(2 * true, total, out=np.zeros(len(sums)), where=total > 0)


def differences(
    gold: Mapping[str, Document], before: Mapping[str, Document], after: Mapping[str, Document]
) -> tuple[Difference, ...]:
    """Gold attributions gained and lost between two predictions, by the relation measure, in order of the text."""
    found = []
    for document in gold.values():
        old, new = (_held(document, _predicted(document, predicted)) for predicted in (before, after))
        for number in sorted(old ^ new):
            quote = document.quotes[number]
            text = _text(document)
            source, content = (" … ".join(text[a:b] for a, b in spans) for spans in (quote.source, quote.contents))
            found.append(Difference(document.id, number in new, source, content))
    return tuple(found)


def _held(document: Document, found: Sequence[Labelled]) -> set[int]:
    tokenized = _Tokenized.of(_text(document))
    gold = [tokenized.roles(quote) for quote in document.quotes]
    guess = [tokenized.roles(quote) for quote in found]
    iou = _iou(gold, guess)
    sourced = np.array([[_same_source(one, other) for other in guess] for one in gold], dtype=bool).reshape(iou.shape)
    return _matched(iou * sourced)
