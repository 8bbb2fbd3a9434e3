"""A page -> its main text, with the place in the mark-up of every character.

Trafilatura (Barbaresi 2021) decides what the main text is. It hands back text without places, so the page is scanned
once more for its visible characters, and the paragraphs that trafilatura chose are found among them. The article's
text is then made of the page's own characters: its offsets are right by construction, and whatever cannot be found in
the page is left out.
"""

from __future__ import annotations

import html
import logging
import re
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from quotes.records import ENTITY, Article

_SKIPPED = "script|style|title|textarea|noscript|template|iframe|svg|select|object"
_TOKEN = re.compile(
    rf"""
      <!--.*?(?:-->|\Z)
    | <(?P<skipped>{_SKIPPED})\b(?:=\s*"[^"]*"|=\s*'[^']*'|[^>])*+>.*?</(?P=skipped)\s*>
    | <(?P<tag>/?[a-z][a-z0-9]*)(?:=\s*"[^"]*"|=\s*'[^']*'|[^>])*+>
    | <[!?/][^>]*>
    | (?P<entity>{ENTITY.pattern.replace("#", chr(92) + "#")})
    | (?P<text>[^<&]+|.)
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_BLOCKS = frozenset(
    """address article aside blockquote body dd div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6
    header hr html li main nav ol p pre section table tbody td th thead tr ul""".split()  # noqa: SIM905  easier to read
)
_UNSEEN = "\u00ad\u200b\u2060\ufeff"  # soft hyphen, zero-width space, word joiner, byte order mark
_WORD = re.compile(rf"[^\s{_UNSEEN}]+")
_PART = re.compile(rf"(?P<word>[^\s{_UNSEEN}]+)|(?P<space>\s+)")
_NONE, _SPACE, _LINE, _BLOCK = range(4)
_SEPARATORS = ("", " ", "\n", "\n\n")
_SEED, _REACH, _TRIES, _SURE = 16, 3000, 64, 20


@dataclass(slots=True)
class _Visible:
    """The visible characters of a page without its spaces, and what stands before each of them."""

    key: str = ""
    offsets: array[int] = field(default_factory=lambda: array("L"))  # place in the mark-up of each character
    ends: array[int] = field(default_factory=lambda: array("L"))  # place after the character before it
    gaps: bytearray = field(default_factory=bytearray)  # _NONE, _SPACE, _LINE or _BLOCK before it
    headings: list[tuple[int, int]] = field(default_factory=list)  # ranges of the key inside <h1>


class _Piece(NamedTuple):
    """A range of the key that belongs to the text; ``first`` of its paragraph, or a later part of it."""

    start: int
    end: int
    first: bool = True


def extract(id: str, page: str, meta: Mapping[str, Any]) -> Article:
    """The article of a page; its text is empty where the page shows no text at all."""
    import trafilatura

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # a page that it cannot read shows by its result
    main: Any = trafilatura.bare_extraction(
        page,
        include_comments=False,
        include_tables=False,
        with_metadata=True,
        date_extraction_params={"extensive_search": False, "original_date": True},
    )
    visible = _scan(page)
    paragraphs = _locate((main.text or "").split("\n"), visible) if main else []
    if paragraphs:
        paragraphs = _headline(main.title, paragraphs, visible)
    text, offsets = _spell(paragraphs or [_Piece(0, len(visible.key))], visible)
    return Article(id, text, _about(main) | dict(meta), page, offsets)


def _about(main: Any) -> dict[str, Any]:
    fields = {"title": "title", "author": "author", "date": "date", "url": "url", "outlet": "sitename"}
    return {name: value for name, field in fields.items() if (value := getattr(main, field, None))}


def _scan(page: str) -> _Visible:
    visible = _Visible()
    words: list[str] = []
    gap, end, heading, length = _BLOCK, 0, None, 0

    def add(word: str, starts: Iterable[int], after: int) -> None:
        nonlocal gap, end, length
        words.append(word)
        starts = array("L", starts)
        visible.offsets.extend(starts)
        visible.ends.append(end)
        visible.ends.extend(start + 1 for start in starts[:-1])
        visible.gaps.append(gap)
        visible.gaps.extend(bytes(len(word) - 1))
        gap, end, length = _NONE, after, length + len(word)

    for token in _TOKEN.finditer(page):
        if tag := token["tag"]:
            name = tag.lower().lstrip("/")
            if name in _BLOCKS:
                gap = _BLOCK
            elif name == "br":
                gap = max(gap, _LINE)
            if name == "h1":
                if tag[0] != "/":
                    heading = length
                elif heading is not None:
                    visible.headings.append((heading, length))
                    heading = None
            continue
        place = token.start()
        if token["entity"] and (character := html.unescape(token[0])) != token[0]:
            if _WORD.fullmatch(character):
                add(character, [place] * len(character), token.end())
            elif character.isspace():
                gap = max(gap, _SPACE)
        elif shown := token["text"] or token["entity"]:
            for part in _PART.finditer(shown):
                if part["word"]:
                    add(part[0], range(place + part.start(), place + part.end()), place + part.end())
                elif part["space"]:
                    gap = max(gap, _SPACE)
    visible.key = "".join(words)
    return visible


def _squashed(text: str) -> str:
    return "".join(_WORD.findall(text))


def _locate(lines: Iterable[str], visible: _Visible) -> list[_Piece]:
    """Where the lines stand in the key, in its order.

    Long lines are sought first, each after the one before it; short ones ("Read on") could stand anywhere, so they
    count only between their neighbours.
    """
    keys = [key for line in lines if (key := _squashed(line))]
    found: list[list[_Piece]] = []
    cursor = 0
    for key in keys:
        pieces = list(_search(key, visible, cursor)) if len(key) >= _SURE else []
        cursor = pieces[-1].end if pieces else cursor
        found.append(pieces)
    floor = 0
    for number, key in enumerate(keys):
        if not found[number] and len(key) < _SURE:
            ceiling = next((later[0].start for later in found[number + 1 :] if later), len(visible.key))
            at = _whole(key, visible, floor, ceiling)
            found[number] = [] if at < 0 else [_Piece(at, at + len(key))]
        floor = found[number][-1].end if found[number] else floor
    ordered: list[_Piece] = []
    for piece in sorted(piece for pieces in found for piece in pieces):
        start = max(piece.start, ordered[-1].end if ordered else 0)
        if start < piece.end:
            ordered.append(piece._replace(start=start))
    return ordered


def _search(key: str, visible: _Visible, cursor: int) -> Iterator[_Piece]:
    for start in (cursor, 0):
        at = _whole(key, visible, start, len(visible.key))
        if at >= 0:
            yield _Piece(at, at + len(key))
            return
    yield from _pieces(key, visible.key, cursor)


def _whole(key: str, visible: _Visible, start: int, end: int) -> int:
    """The first place where the key stands as whole words, -1 if there is none."""
    at = visible.key.find(key, start, end)
    while at >= 0:
        after = at + len(key)
        if visible.gaps[at] and (after == len(visible.key) or visible.gaps[after]):
            return at
        at = visible.key.find(key, at + 1, end)
    return -1


def _pieces(key: str, page: str, at: int) -> Iterator[_Piece]:
    """The parts of a line that stand in the page, where something was left out or put in between."""
    place, tries, end, first = 0, 0, len(page), True
    while place < len(key) and tries < _TRIES:
        seed = key[place : place + _SEED]
        start = page.find(seed, at, end)
        if start < 0 or (len(seed) < _SEED and start != at):
            place, tries = place + 1, tries + 1
            continue
        size = _common(key, place, page, start)
        yield _Piece(start, start + size, first)
        place, at, tries, first = place + size, start + size, 0, False
        end = at + _REACH


def _common(key: str, place: int, page: str, start: int) -> int:
    """How many characters are the same in both from these places on."""
    size = 0
    for one, other in zip(key[place:], page[start : start + len(key) - place], strict=False):
        if one != other:
            break
        size += 1
    return size


def _headline(title: str | None, paragraphs: list[_Piece], visible: _Visible) -> list[_Piece]:
    """Put the page's headline first, if the extractor left it out: a heading before the text that is the title."""
    wanted = _squashed(title or "").lower()
    for start, end in visible.headings:
        heading = visible.key[start:end].lower()
        if heading and end <= paragraphs[0].start and wanted and (heading in wanted or wanted in heading):
            return [_Piece(start, end), *paragraphs]
    return paragraphs


def _spell(pieces: Iterable[_Piece], visible: _Visible) -> tuple[str, array[int]]:
    """The text of pieces of the key, and the place in the mark-up of each of its characters."""
    text: list[str] = []
    offsets = array("L")
    before = 0
    for start, end, first in pieces:
        for at in range(start, end):
            gap = visible.gaps[at]
            if at == start:
                apart = start != before
                gap = max(gap, (_BLOCK if apart else _LINE) if first else (_SPACE if apart else _NONE))
            if gap and text:
                separator = _SEPARATORS[gap]
                text.append(separator)
                offsets.extend([max(visible.ends[at], offsets[-1])] * len(separator))
            text.append(visible.key[at])
            offsets.append(visible.offsets[at])
        before = end
    return "".join(text), offsets
