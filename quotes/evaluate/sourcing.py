"""Sourced statements against gold: are they found, is their source's type right, is its name right?

The definition follows the Markkula Center's sourcing benchmark. A statement is *found* where one attribution's
content, cue and source cover at least half of the words of one of its spans. Of those that find it, the attribution
that covers most of the statement speaks for it (the earlier of equals). *Type* is right where its source's naming and
kind map to the statement's type; *name*, for named statements with a name, where the canonical name has a token-set
ratio of 90 and more with it, or, for a person, the same family name.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from quotes.evaluate.attributions import GoldError
from quotes.records import Attribution, Resolution, Source, Span

Type = Literal["named_person", "named_organization", "document", "unnamed_group", "unnamed_person"]

_WORD = re.compile(r"\w+(?:['’]\w+)*")
_ALIKE = 90.0
_TITLES = re.compile(r"^(?:mr|mrs|ms|dr|sir|dame|prof|sen|rep|gov|judge|president)\.?\s+", re.I)


@dataclass(frozen=True, slots=True)
class Statement:
    """One sourced statement of the gold: where it stands, its source's type and name ("" where it has none)."""

    spans: tuple[tuple[int, int], ...]
    type: str
    name: str


@dataclass(frozen=True, slots=True)
class Document:
    id: str
    text: str
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one statement; ``type`` and ``name`` are None where they are not to be judged."""

    id: str
    statement: Statement
    found: bool
    type: bool | None
    name: bool | None
    source: Source | None
    probability: float = 0.0


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares of statements found, of the found whose type is right, and of the found and named whose name is right."""

    statements: int
    found: float
    type: float
    name: float
    confusions: Mapping[tuple[str, str], int]


def read(path: Path) -> list[Document]:
    """The documents of a file of sourcing gold (.jsonl or .jsonl.gz); GoldError for one that is not."""
    documents = []
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                documents.append(_document(json.loads(line)))
            except (ValueError, KeyError, TypeError) as error:
                raise GoldError(f"{path.name}:{number}: not a document with statements ({error!r})") from error
    return documents


def _document(row: Mapping[str, Any]) -> Document:
    statements = tuple(
        Statement(tuple((span["start"], span["end"]) for span in one["spans"]), one["type"], one["name"])
        for one in row["statements"]
    )
    return Document(row["id"], row["text"], statements)


def type_of(source: Source | None) -> Type | None:
    """The benchmark's type for a source; None for no source or one that is none of its types.

    Two people named together are named people; an unnamed spokesperson of a named organization counts as it.
    """
    if source is None:
        return None
    if source.kind == "document":
        return "document"
    if source.kind == "organization":
        return "named_organization"
    if source.naming == "named":
        return "named_person"
    if source.kind == "group":
        return "named_organization" if source.affiliation and _SPOKESPEOPLE.search(_role(source)) else "unnamed_group"
    if source.kind == "person":
        return "named_organization" if source.affiliation and _SPOKESPERSON.search(_role(source)) else "unnamed_person"
    return None


#: Unnamed people who speak for the organization they are of; an official by himself does, *officials* are a group.
_SPOKESPERSON = re.compile(r"\b(?:spokes\w+|representative|official|press secretary)\b", re.I)
_SPOKESPEOPLE = re.compile(r"\b(?:spokes\w+|representatives)\b", re.I)


def _role(source: Source) -> str:
    return source.role or source.name


def same_name(source: Source, statement: Statement) -> bool:
    """Whether a source's canonical name is the statement's (an unnamed spokesperson's is the affiliation)."""
    from rapidfuzz import fuzz

    said = [source.name, source.affiliation or ""] if source.naming != "named" else [source.name]
    if statement.type == "named_person":
        family = _words(_TITLES.sub("", statement.name))[-1:]
        return any(bool(family) and family[0] in _words(one) for one in said) or _alike(fuzz, said, statement.name)
    return _alike(fuzz, said, statement.name)


def _alike(fuzz: Any, said: Sequence[str], name: str) -> bool:
    return any(fuzz.token_set_ratio(" ".join(_words(one)), " ".join(_words(name))) >= _ALIKE for one in said if one)


def _words(text: str) -> list[str]:
    return [word.lower().removesuffix("'s").removesuffix("’s") for word in _WORD.findall(text)]


def judge(document: Document, attributions: Sequence[Attribution], resolution: Resolution) -> Iterator[Judged]:
    """Judge every statement of a document by the attributions found in it and their links."""
    sources = {source.id: source for source in resolution.sources}
    covered = [_positions(document.text, (*one.contents, *one.cue, *one.source)) for one in attributions]
    for statement in document.statements:
        spans = [_positions(document.text, [Span(start, end, "")]) for start, end in statement.spans]
        every = frozenset().union(*spans)
        finds = [
            n for n, words in enumerate(covered) if any(span and 2 * len(span & words) >= len(span) for span in spans)
        ]  # fmt: skip
        if not finds:
            yield Judged(document.id, statement, False, None, None, None)
            continue
        best = max(finds, key=lambda n: (len(covered[n] & every), -n))
        link = resolution.links[best]
        source = sources.get(link.source_id or "")
        named = statement.type.startswith("named") and bool(statement.name)
        name = (source is not None and same_name(source, statement)) if named else None
        yield Judged(document.id, statement, True, type_of(source) == statement.type, name, source, link.probability)


def _positions(text: str, spans: Iterable[Span]) -> frozenset[int]:
    """The words that spans hold, by where each begins."""
    return frozenset(
        span.start + word.start() for span in spans for word in _WORD.finditer(text[span.start : span.end])
    )


def figures(judged: Iterable[Judged]) -> Figures:
    """Count what was judged."""
    every = list(judged)
    found = [one for one in every if one.found]
    named = [one for one in found if one.name is not None]
    wrong: Counter[tuple[str, str]] = Counter(
        (one.statement.type, type_of(one.source) or "none") for one in found if not one.type
    )
    return Figures(
        len(every),
        len(found) / max(1, len(every)),
        sum(bool(one.type) for one in found) / max(1, len(found)),
        sum(bool(one.name) for one in named) / max(1, len(named)),
        dict(wrong),
    )
