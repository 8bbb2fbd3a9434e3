"""Annotated articles for training the detector, and the ways a newsroom's copy differs from the corpus's.

Every variation takes a document and a random generator and gives a document whose spans fit its new text.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from quotes.detect.labels import ROLES

Spans = tuple[tuple[int, int], ...]
Edit = tuple[int, int, str]  # start, end, what stands there instead


@dataclass(frozen=True, slots=True)
class Said:
    """One attribution of an annotated document, as offsets."""

    cue: Spans
    source: Spans
    content: Spans

    def spans(self, role: str) -> Spans:
        return getattr(self, role)


@dataclass(frozen=True, slots=True)
class Document:
    id: str
    text: str
    said: tuple[Said, ...]


def load(path: Path) -> list[Document]:
    """PolNeAR's articles, ``{"id", "text", "quotes": [{"cue", "sources", "contents"}]}`` a line, or without quotes."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
        return [_document(json.loads(line)) for line in lines]


def _document(row: dict) -> Document:
    def spans(found: list[dict]) -> Spans:
        return tuple(sorted((span["start"], span["end"]) for span in found))

    said = (
        Said(spans(quote["cue"]), spans(quote["sources"]), spans(quote["contents"])) for quote in row.get("quotes", ())
    )
    return Document(row["id"], row["text"], tuple(said))


def edited(document: Document, edits: Iterable[Edit]) -> Document:
    """Make edits that do not overlap; spans keep their words, and shrink where an edit took some away."""
    edits = sorted(edits)
    if not edits:
        return document
    parts, ends, shifts, last, shift = [], [], [], 0, 0
    for start, end, instead in edits:
        parts += [document.text[last:start], instead]
        shift += len(instead) - (end - start)
        last = end
        ends.append(end)
        shifts.append(shift)
    text = "".join([*parts, document.text[last:]])

    def moved(offset: int) -> int:
        done = bisect_right(ends, offset)
        offset_then = offset + (shifts[done - 1] if done else 0)
        if done < len(edits) and edits[done][0] < offset:  # inside an edit: keep no more than what stands there now
            start, _, instead = edits[done]
            offset_then += min(len(instead), offset - start) - (offset - start)
        return offset_then

    def all_moved(spans: Spans) -> Spans:
        ends_moved = ((moved(start), moved(end)) for start, end in spans)
        return tuple((start, end) for start, end in ends_moved if end > start)

    said = (Said(all_moved(one.cue), all_moved(one.source), all_moved(one.content)) for one in document.said)
    return replace(document, text=text, said=tuple(said))


PRONOUNS = {"He", "She", "They", "It", "We", "I", "You", "This", "That", "Who", "Another", "One", "Others"}
SAID = {"said", "says", "added", "told reporters", "wrote", "tweeted", "explained", "replied", "asked", "noted"}
CURLED = str.maketrans("“”‘’", "\"\"''")


def straight(document: Document, chance: random.Random) -> Document:
    return replace(document, text=document.text.translate(CURLED))


def curled(document: Document, chance: random.Random) -> Document:
    """Straight double marks to curly ones, by what stands before them."""
    text = re.sub(r'(^|[\s(\[—–-])"', r"\1“", document.text).replace('"', "”")
    return replace(document, text=re.sub(r"(?<=\w)'(?=\w)", "’", text))


def british(document: Document, chance: random.Random) -> Document:
    """Double marks to single ones and the other way round (apostrophes stay)."""
    swapped = re.sub(r"(?<!\w)‘(?=\w)", "\0", document.text)
    curly = swapped.translate(str.maketrans("“”\0", "‘’“"))
    return replace(document, text=curly.replace('"', "'"))


def lost_mark(document: Document, chance: random.Random) -> Document:
    places = [match.start() for match in re.finditer('["“”]', document.text)]
    chosen = chance.sample(places, min(len(places), 1 + len(places) // 40))
    return edited(document, [(place, place + 1, "") for place in chosen])


def other_breaks(document: Document, chance: random.Random) -> Document:
    """Paragraph breaks lost, made single or added."""
    kind = chance.random()
    if kind < 0.25:
        edits = [(m.start(), m.end(), " ") for m in re.finditer(r"\s*\n\s*", document.text) if chance.random() < 0.7]
    elif kind < 0.7:
        edits = [(m.start(), m.end(), "\n") for m in re.finditer(r"\s*\n\s*", document.text)]
    else:
        ends = re.finditer(r"(?<=[a-z][.?!]) (?=[A-Z])|(?<=[a-z][.?!][”\"]) (?=[A-Z])", document.text)
        edits = [(m.start(), m.end(), "\n\n") for m in ends if chance.random() < 0.4]
    return edited(document, edits)


def other_case(document: Document, chance: random.Random) -> Document:
    """A stretch of the text without its capitals, or all in capitals."""
    change: Callable[[str], str] = str.lower if chance.random() < 0.6 else str.upper
    lines = [match.span() for match in re.finditer(r"[^\n]+", document.text)]
    chosen = (span for span in lines if chance.random() < 0.3)
    edits = ((start, end, change(document.text[start:end])) for start, end in chosen)
    return edited(document, [edit for edit in edits if len(edit[2]) == edit[1] - edit[0]])


def bylines(document: Document, chance: random.Random) -> Document:
    """``"…," said Name`` to ``"…" – Name`` or to ``NAME: "…"``: the dash or the colon becomes the cue."""
    for number, said in enumerate(document.said):
        if chance.random() < 0.5 and len(said.source) == len(said.content) == len(said.cue) == 1:
            document = _byline(document, number, chance)
    return document


def _byline(document: Document, number: int, chance: random.Random) -> Document:
    text, said = document.text, document.said[number]
    (cue,), (source,), (content,) = said.cue, said.source, said.content
    start, end = min(cue[0], source[0]), max(cue[1], source[1])
    name = text[source[0] : source[1]]
    taken = [span for i, one in enumerate(document.said) for role in ROLES for span in one.spans(role) if i != number]
    named = name[:1].isupper() and name not in PRONOUNS and name[-2:] not in ("’s", "'s")
    if not named or text[cue[0] : cue[1]] not in SAID or any(s < end and start < e for s, e in taken):
        return document
    if start >= content[1] and start - content[1] <= 2 and text[content[1] - 1] in '"”' and text[end : end + 1] == ".":
        mark = chance.choice([" – ", " — ", " - ", "\n– ", "\n— "])
        comma = int(text[content[1] - 2] == ",")
        edits = [(content[1] - 2, content[1] - 1, "")] * comma + [(content[1], end + 1, mark + name)]
        new = edited(_without(document, number), edits)
        dash = content[1] - comma + len(mark) - 2
        placed = Said(((dash, dash + 1),), ((dash + 2, dash + 2 + len(name)),), ((content[0], content[1] - comma),))
        return replace(new, said=(*new.said[:number], placed, *new.said[number + 1 :]))
    opens = text[start - 1 : start] in ("\n", "")
    if opens and 0 <= content[0] - end <= 2 and text[content[0]] in '"“':
        shown = name.upper() if chance.random() < 0.4 and len(name.upper()) == len(name) else name
        cut = (content[0] + 1, content[1] - 1) if chance.random() < 0.5 and text[content[1] - 1] in '"”' else content
        edits = [(start, content[0], shown + ": ")]
        if cut != content:
            edits = [(start, content[0] + 1, shown + ": "), (content[1] - 1, content[1], "")]
        new = edited(_without(document, number), edits)
        said_from = start + len(shown) + 2
        placed = Said(
            ((start + len(shown), start + len(shown) + 1),),
            ((start, start + len(shown)),),
            ((said_from, said_from + cut[1] - cut[0]),),
        )
        return replace(new, said=(*new.said[:number], placed, *new.said[number + 1 :]))
    return document


def _without(document: Document, number: int) -> Document:
    """The attribution's spans left out while the text under them changes."""
    return replace(document, said=(*document.said[:number], Said((), (), ()), *document.said[number + 1 :]))


VARIATIONS: Sequence[tuple[float, Callable[[Document, random.Random], Document]]] = (
    (0.15, bylines),
    (0.08, lost_mark),
    (0.10, other_breaks),
    (0.04, other_case),
    (0.12, straight),
    (0.08, curled),
    (0.07, british),
)


def varied(document: Document, chance: random.Random) -> Document:
    """The document with each variation at its own small probability."""
    for probability, variation in VARIATIONS:
        if chance.random() < probability:
            document = variation(document, chance)
    return document
