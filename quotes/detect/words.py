"""A text as the networks read it: words, word pieces, and what word pieces alone do not show.

A word is a run of letters and digits (with inner apostrophes) or one other visible character. The encoders are uncased
and see neither line breaks nor which words stand inside quotation marks, so every word carries three small features for
them: its *shape*, the *gap* before it, and its *mark* state.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from quotes.marks import quoted

WORD = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")
SHAPES = ("lower", "title", "upper", "mixed", "digit", "point")
GAPS = ("glued", "space", "line", "paragraph")
MARKS = ("outside", "speech", "term", "nested", "opening", "closing")  # a term: a title, a nickname, scare quotes
UNKNOWN, CLS, SEP, MASK = 100, 101, 102, 103  # BERT's vocabulary
LONGEST = 48  # characters of a word that are read; no English word is longer
MOST_PIECES = 8


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one text: arrays of length n, and the pieces of word i at ``pieces[first[i]:first[i + 1]]``."""

    starts: np.ndarray
    ends: np.ndarray
    pieces: np.ndarray
    first: np.ndarray
    shape: np.ndarray
    gap: np.ndarray
    mark: np.ndarray
    stop: np.ndarray  # True where a word is a full stop, question mark or the like

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def paragraph(self) -> np.ndarray:
        """Number of the line or paragraph that each word stands in."""
        return np.cumsum(self.gap >= GAPS.index("line"))

    @property
    def sentence(self) -> np.ndarray:
        """A count of sentence ends before each word: rough, for distances only."""
        ended = np.concatenate(([False], self.stop[:-1])) & (self.gap != 0) if len(self) else self.stop
        return np.cumsum(ended | (self.gap >= GAPS.index("line")))

    def inside(self, start: int, end: int) -> tuple[int, int]:
        """The words ``[first, last + 1)`` that a span of characters touches."""
        return int(np.searchsorted(self.ends, start, "right")), int(np.searchsorted(self.starts, end, "left"))

    def lay(self, start: int, end: int) -> tuple[np.ndarray, ...]:
        """What a network is fed of the words ``[start, end)``: pieces ``[length]`` and features ``[length, 3]`` with
        their end marks, and where each word's first piece is."""
        low, high = self.first[start], self.first[end]
        pieces = np.concatenate(([CLS], self.pieces[low:high], [SEP]))
        counts = np.diff(self.first[start : end + 1])
        each = np.stack([values[start:end] + 1 for values in (self.shape, self.gap, self.mark)], axis=1)
        features = np.pad(np.repeat(each, counts, axis=0), ((1, 1), (0, 0)))
        return pieces, features, self.first[start:end] - low + 1


class Reader:
    """Splits texts into :class:`Words` with the word-piece vocabulary of a ``tokenizer.json``."""

    def __init__(self, file: Path):
        from tokenizers import Tokenizer

        self.tokenizer = Tokenizer.from_file(str(file))
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        self._known: dict[str, tuple[list[int], int]] = {}

    def __call__(self, text: str) -> Words:
        starts, ends = _limits(text)
        kept = [text[start : min(end, start + LONGEST)] for start, end in zip(starts, ends, strict=True)]
        entries = self._entries(kept)
        first = np.zeros(len(starts) + 1, dtype=np.int64)
        np.cumsum([len(pieces) for pieces, _ in entries], out=first[1:])
        return Words(
            starts=starts,
            ends=ends,
            pieces=np.array([piece for pieces, _ in entries for piece in pieces], dtype=np.int64),
            first=first,
            shape=np.array([shape for _, shape in entries], dtype=np.int64),
            gap=_gaps(text, starts, ends),
            mark=_mark_states(text, starts),
            stop=np.array([text[start:end] in ".?!…" for start, end in zip(starts, ends, strict=True)], dtype=bool),
        )

    def _entries(self, words: list[str]) -> list[tuple[list[int], int]]:
        """Pieces and shape of each word; those seen before are remembered (up to a bound, for endless archives)."""
        if len(self._known) > 200_000:
            self._known = {}
        known = self._known
        fresh = list({word for word in words if word not in known})
        printable = [_printable(word) for word in fresh]
        for word, encoding in zip(fresh, self.tokenizer.encode_batch(printable, add_special_tokens=False), strict=True):
            known[word] = (encoding.ids[:MOST_PIECES] or [UNKNOWN], _shape(word))
        return [known[word] for word in words]


def windows(words: Words, longest: int, margin: int) -> Iterator[tuple[int, int, int, int]]:
    """Overlapping windows of at most ``longest`` pieces: ``(start, end, core start, core end)`` in words.

    The cores cover the text once; every word of a core has at least about ``margin`` pieces of context on both sides
    where the text has them.
    """
    n, first = len(words), words.first
    if not n:
        return
    count = 1
    if first[-1] > longest:
        count = int(np.ceil((first[-1] - 2 * margin) / (longest - 2 * margin - MOST_PIECES)))
    step = (first[-1] - 2 * margin) / count  # even cores: the last window is no remnant
    core = 0
    for number in range(count):
        last = number == count - 1
        core_end = n if last else int(np.searchsorted(first, margin + (number + 1) * step))
        start = int(np.searchsorted(first, first[core] - margin)) if number else 0
        end = n if last else min(n, int(np.searchsorted(first, first[core_end] + margin, "right")) - 1)
        yield start, end, core, core_end
        core = core_end


def _limits(text: str) -> tuple[np.ndarray, np.ndarray]:
    """Where words start and end."""
    found = [match.span() for match in WORD.finditer(text)]
    return (
        np.array([start for start, _ in found], dtype=np.int64),
        np.array([end for _, end in found], dtype=np.int64),
    )


def _printable(text: str) -> str:
    """A text of the same length without lone surrogates."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _shape(word: str) -> int:
    if not any(character.isalnum() for character in word):
        return SHAPES.index("point")
    if word[0].isdigit():
        return SHAPES.index("digit")
    if word.islower() or word.lower() == word:
        return SHAPES.index("lower")
    if len(word) > 1 and word.isupper():
        return SHAPES.index("upper")
    return SHAPES.index("title" if word[0].isupper() and word[1:].lower() == word[1:] else "mixed")


def _gaps(text: str, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    gaps = np.zeros(len(starts), dtype=np.int64)
    before = np.concatenate(([0], ends[:-1])) if len(starts) else ends
    for i in np.flatnonzero(starts > before):
        lines = text.count("\n", before[i], starts[i]) or text.count("\r", before[i], starts[i])
        gaps[i] = 1 + min(lines, 2)
    if len(gaps):
        gaps[0] = GAPS.index("paragraph")
    return gaps


def _mark_states(text: str, starts: np.ndarray) -> np.ndarray:
    """Where each word stands among the quotation marks, an inner quotation painted over the one around it."""
    state = np.full(len(starts), MARKS.index("outside"))

    def paint(start: int, end: int, name: str) -> None:
        low, high = np.searchsorted(starts, (start, end))
        state[low:high] = MARKS.index(name)

    for quotation in quoted(text):
        term = quotation.role != "speech"
        inside = "nested" if quotation.depth else "term" if term else "speech"
        paint(quotation.inner_start, quotation.inner_end, inside)
        if quotation.open is not None:
            paint(quotation.open.start, quotation.open.end, "opening")
        if quotation.close is not None:
            paint(quotation.close.start, quotation.close.end, "closing")
    return state
