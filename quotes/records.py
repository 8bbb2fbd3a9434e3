"""The vocabulary of the project: frozen records, from an article to what is said of it.

Everything that points into a text is a :class:`Span`: half-open offsets in Unicode code points, and always
``text[start:end] == span.text``. Stages work on :attr:`Article.text`; :meth:`Article.as_handed` takes a span back
to the text exactly as it was handed over, which differs only where the article came out of mark-up.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from typing import Any, Literal

SCHEMA = "quotes/1"

ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});?")

Speech = Literal["direct", "indirect", "mixed"]
Naming = Literal["named", "described", "vague", "none"]
Kind = Literal["person", "organization", "group", "document", "unknown"]

_ENTITY = re.compile(r"&#?\w{1,31};?")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Half-open ``[start, end)`` offsets in code points, with the words they hold."""

    start: int
    end: int
    text: str = field(compare=False)

    def __len__(self) -> int:
        return self.end - self.start

    def overlaps(self, other: Span) -> bool:
        return self.start < other.end and other.start < self.end

    def covers(self, other: Span) -> bool:
        return self.start <= other.start and other.end <= self.end

    def to_json(self) -> dict[str, Any]:
        return {"start": self.start, "end": self.end, "text": self.text}


@dataclass(frozen=True, slots=True)
class Article:
    """A text to be scored.

    ``text`` is what the stages read. Where it was taken out of mark-up, ``handed`` is the mark-up and ``offsets[i]``
    the place in it of ``text[i]``; both are None where the text is just as it was handed over.
    """

    id: str
    text: str
    meta: Mapping[str, Any] = field(default_factory=dict)
    handed: str | None = None
    offsets: Sequence[int] | None = None

    def span(self, start: int, end: int) -> Span:
        return Span(start, end, self.text[start:end])

    def as_handed(self, span: Span) -> Span:
        """The same words in the text as handed over (mark-up inside them included)."""
        if self.handed is None or self.offsets is None:
            return span
        start = self.offsets[span.start]
        end = self.offsets[span.end - 1] + 1 if span.end > span.start else start
        entity = _ENTITY.match(self.handed, end - 1)  # the last character may have been written &rdquo;
        if entity and unescape(entity[0]) != entity[0]:
            end = entity.end()
        return Span(start, end, self.handed[start:end])

    @property
    def text_sha256(self) -> str:
        handed = self.text if self.handed is None else self.handed
        return hashlib.sha256(handed.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the analysis: Universal Dependencies' UPOS and lemma, the treebank's XPOS and features."""

    start: int
    end: int
    text: str
    lemma: str = ""
    upos: str = "X"
    xpos: str = ""
    feats: str = ""


@dataclass(frozen=True, slots=True)
class Sentence:
    start: int
    end: int
    tokens: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class Entity:
    """A named entity; ``type`` is PERSON, ORG, LOC or another type of the model's inventory."""

    start: int
    end: int
    text: str
    type: str


@dataclass(frozen=True, slots=True)
class Analysis:
    """An article with its sentences, words and entities, all in order of the text."""

    article: Article
    sentences: tuple[Sentence, ...]
    entities: tuple[Entity, ...] = ()

    @property
    def text(self) -> str:
        return self.article.text

    @property
    def tokens(self) -> tuple[Token, ...]:
        return tuple(token for sentence in self.sentences for token in sentence.tokens)

    def sentence_at(self, offset: int) -> int:
        """Number of the sentence that holds ``offset`` (or the last one before it, or 0)."""
        return max(0, bisect_right(self.sentences, offset, key=lambda sentence: sentence.start) - 1)


@dataclass(frozen=True, slots=True)
class Attribution:
    """Source + cue + content, by PolNeAR's span conventions (Newell, Margolin & Ruths 2018)."""

    contents: tuple[Span, ...]
    cue: tuple[Span, ...] = ()
    source: tuple[Span, ...] = ()
    speech: Speech = "indirect"
    probability: float = 1.0

    @property
    def start(self) -> int:
        return min(span.start for span in self.contents + self.cue + self.source)

    @property
    def end(self) -> int:
        return max(span.end for span in self.contents + self.cue + self.source)


@dataclass(frozen=True, slots=True)
class Source:
    """One who speaks in an article, with every mention of it that was linked to it."""

    id: str
    name: str
    kind: Kind = "unknown"
    naming: Naming = "vague"
    role: str | None = None
    affiliation: str | None = None
    mentions: tuple[Span, ...] = ()
    anonymity: tuple[Span, ...] = ()  # the words that grant anonymity and say why
    authority_id: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A source that a quote may belong to; ``source_id`` None is "nobody in this article"."""

    source_id: str | None
    probability: float


@dataclass(frozen=True, slots=True)
class Link:
    """Who an attribution belongs to: ``source_id`` is None for no source, an unresolved reference or a tie.

    ``candidates`` stand by falling probability. ``words`` are the source words that were resolved, None where the
    quote had none beside it and its speaker was sought in the sentences around.
    """

    source_id: str | None
    candidates: tuple[Candidate, ...] = ()
    words: Span | None = None

    @property
    def probability(self) -> float:
        return self.candidates[0].probability if self.candidates else 0.0


@dataclass(frozen=True, slots=True)
class Resolution:
    """The sources of an article and, for each attribution in its order, its link."""

    sources: tuple[Source, ...] = ()
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Quality:
    """Calibrated probabilities; ``score`` is the harmonic mean of the three (Newell, Margolin & Ruths 2017)."""

    link: float
    source: float
    text: float

    @property
    def score(self) -> float:
        parts = (self.link, self.source, self.text)
        return 0.0 if min(parts) <= 0 else 3 / sum(1 / part for part in parts)


@dataclass(frozen=True, slots=True)
class Flag:
    """Something an editor must look at: ``code`` (and ``variety``, for garbled) with its evidence."""

    code: str
    probability: float
    spans: tuple[Span, ...]
    reason: str
    variety: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Words that speak for a flag: ``sign`` is its code or variety, ``reason`` says what is wrong with them."""

    sign: str
    spans: tuple[Span, ...]
    probability: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Features:
    """What the classifier sees of an attribution, by name, and the evidence that it was counted from."""

    values: Mapping[str, float]
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Assessment:
    """The classifier's word on an attribution: its quality, and a probability for each flag and variety."""

    quality: Quality
    probabilities: Mapping[str, float]
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Quote:
    """An attribution as it stands in a record: with its source, its quality and its flags."""

    id: str
    attribution: Attribution
    link: Link
    quality: Quality
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """What is said of one article: the record of schema ``quotes/1``."""

    article: Article
    sources: tuple[Source, ...]
    quotes: tuple[Quote, ...]
    models: Mapping[str, str] = field(default_factory=dict)

    @property
    def score(self) -> float | None:
        """The mean quality of the quotes; None where there are none."""
        return sum(quote.quality.score for quote in self.quotes) / len(self.quotes) if self.quotes else None

    def to_json(self) -> dict[str, Any]:
        """A JSON object valid against ``quotes/schema.json``: spans in the text as handed over, rounded figures."""
        score = self.score
        return {
            "schema": SCHEMA,
            "id": self.article.id,
            "meta": dict(self.article.meta),
            "text_sha256": self.article.text_sha256,
            "models": dict(self.models),
            "sources": [self._source(source) for source in self.sources],
            "quotes": [self._quote(quote) for quote in self.quotes],
            "document": {
                "score": None if score is None else rounded(score),
                "quotes": len(self.quotes),
                "flagged": sum(bool(quote.flags) for quote in self.quotes),
            },
        }

    def _spans(self, spans: Sequence[Span]) -> list[dict[str, Any]]:
        return [self.article.as_handed(span).to_json() for span in spans]

    def _source(self, source: Source) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "id": source.id,
            "name": source.name,
            "kind": source.kind,
            "naming": source.naming,
            "role": source.role,
            "affiliation": source.affiliation,
            "mentions": self._spans(source.mentions),
        }
        if source.anonymity:
            shown["anonymity"] = self._spans(source.anonymity)
        if source.authority_id is not None:
            shown["authority_id"] = source.authority_id
        return shown

    def _quote(self, quote: Quote) -> dict[str, Any]:
        said = quote.attribution
        return {
            "id": quote.id,
            "speech": said.speech,
            "contents": self._spans(said.contents),
            "cue": self._spans(said.cue),
            "source": self._spans(said.source),
            "source_id": quote.link.source_id,
            "candidates": [
                {"source_id": candidate.source_id, "probability": rounded(candidate.probability)}
                for candidate in quote.link.candidates
            ],
            "quality": {
                "score": rounded(quote.quality.score),
                "link": rounded(quote.quality.link),
                "source": rounded(quote.quality.source),
                "text": rounded(quote.quality.text),
            },
            "flags": [self._flag(flag) for flag in quote.flags],
        }

    def _flag(self, flag: Flag) -> dict[str, Any]:
        shown: dict[str, Any] = {"code": flag.code}
        if flag.variety is not None:
            shown["variety"] = flag.variety
        return shown | {
            "probability": rounded(flag.probability),
            "spans": self._spans(flag.spans),
            "reason": flag.reason,
        }


@dataclass(frozen=True, slots=True)
class Failure:
    """What stands in a record's place where an input could not be scored."""

    id: str
    type: str
    message: str

    def to_json(self) -> dict[str, Any]:
        return {"schema": SCHEMA, "id": self.id, "error": {"type": self.type, "message": self.message}}


def rounded(probability: float) -> float:
    """Four places: more would differ between processors, and means nothing."""
    return round(float(probability), 4)
