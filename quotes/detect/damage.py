"""Evidence of damage: what rules can tell, and single words that give it away.

The words are told by two networks that were trained to know damaged copy from clean, word by word: swapped, lost
before, set twice, run on from another speaker, cut, or debris. A small encoder reads the paragraphs where somebody is
quoted, and those where somebody is reported if there is cause to doubt the copy. Where it believes in damage, or one
quotation ends with the words of another, a larger one reads the paragraph again, and both have a say: they err on
different words.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from quotes import artifacts
from quotes.detect.echoes import echoes, runs, seams
from quotes.detect.graphs import session
from quotes.detect.traces import Vocabulary, notices, signed, traces
from quotes.detect.words import Reader, Words
from quotes.marks import paragraphs, quoted
from quotes.records import Analysis, Attribution, Evidence

CLASSES = ("intact", "truncated", "stray", "spliced", "repeated", "missing", "spun")
INTACT = np.eye(len(CLASSES))[0]
LONGEST, LONGEST_AGAIN = 160, 200  # pieces of a passage, for the first reader and for the second
BELIEVED = 0.4  # what the first gives for damage to a word, for the second to read its paragraph
WORTH_TELLING = 0.02  # less than this is no evidence
LIKELY = 0.5  # from here on a trace is cause to doubt the copy
TWICE = 4  # words of a phrase that stands twice, at the most
FEW = 20  # words: fewer tell little about an article
DOUBTFUL = 0.08  # of the words: as many suspect ones, by their probabilities, are cause for doubt
ALL_OVER = 0.045  # of the words: where as many seem swapped, the article may be spun all over
_WRAPPED = re.compile(r"[ \t]*\r?\n[a-z]")  # the sentence goes on in the next line
_CLOSED = re.compile(r"[^\w\s]?[\"”’'»]")


class Judge:
    """A network's opinion of words: how likely each is intact, and how likely damaged in each way."""

    def __init__(self, session: Any, longest: int):
        self.longest = longest
        self._session = session
        self._inputs = [one.name for one in self._session.get_inputs()]

    def __call__(self, words: Words, wanted: np.ndarray) -> np.ndarray:
        """``[words, classes]``; words of paragraphs where none is wanted are not read, and pass for intact."""
        odds = np.tile(INTACT, (len(words), 1))
        for start, end in passages(words, self.longest, wanted):
            odds[start:end] = self.probabilities(words, start, end)
        return odds

    def probabilities(self, words: Words, start: int, end: int) -> np.ndarray:
        """``[words, classes]`` for the words of one passage; passages go in one by one, so company changes nothing."""
        fed = dict(zip(self._inputs, words.lay(start, end), strict=True))
        scores: Any = self._session.run(None, fed)[0]
        chosen = scores.astype(np.float64)
        odds = np.exp(chosen - chosen.max(axis=1, keepdims=True))
        return odds / odds.sum(axis=1, keepdims=True)


class DamageModel:
    """Damaged words of an analysed article, by ``models/damage-<version>/``.

    Raises ArtifactError where the folder is not what was shipped.
    """

    def __init__(self, folder: Path):
        artifact = artifacts.check(folder)
        self.known = Vocabulary.parse(artifact.path("vocabulary.txt").read_text(encoding="utf-8"))
        self.read = Reader(artifact.path("pieces.json"))
        self.first = Judge(session(artifact, "first"), LONGEST)
        self.second = Judge(session(artifact, "second"), LONGEST_AGAIN)

    def __call__(self, analysis: Analysis, attributions: Sequence[Attribution]) -> tuple[Evidence, ...]:
        """What rules find, every word that is more than a little suspect (sign ``word <class>``), and echoes."""
        if not attributions:
            return ()
        text = analysis.text
        blocks, quotations = paragraphs(text), quoted(text)
        rules = (*traces(text, quotations, blocks, self.known), *notices(text, blocks))
        cause = any(trace.probability >= LIKELY for trace in rules)
        shared = runs(text, quotations)
        words = self.suspects(analysis, attributions, cause, seams(shared))
        return (*rules, *words, *echoes(analysis, shared, words))

    def suspects(
        self, analysis: Analysis, attributions: Sequence[Attribution], cause: bool, places: Sequence[int] = ()
    ) -> tuple[Evidence, ...]:
        """The suspect words of the paragraphs where somebody is quoted; both readers read those with such ``places``.

        Those where somebody is only reported are read, too, where there is a ``cause`` to doubt the copy, or the quotes
        give one, or are too few to judge by: most copy is as it was written, and reading is slow. Both readers read all
        of an article that seems to be spun, its paragraphs together, since a swap shows best beside its like.
        """
        words = self.read(analysis.text)
        said = _touched(words, [one for one in attributions if one.speech != "indirect"])
        reported = _touched(words, attributions)
        again = np.isin(words.starts, places)
        found = self._read(analysis, words, said, again)
        read = said
        doubt = sum(trace.probability for trace in found)
        if cause or said.sum() < FEW or doubt > DOUBTFUL * said.sum():
            paragraph = words.paragraph
            found += self._read(analysis, words, reported & ~np.isin(paragraph, paragraph[said]), again)
            read = reported
        swapped = sum(trace.probability for trace in found if trace.sign == "word spun")
        if swapped > ALL_OVER * read.sum():
            everything = np.ones(len(words), dtype=bool)
            found = self._told(analysis, words, self.odds(words, everything, everything), reported)
        return tuple(found)

    def _read(self, analysis: Analysis, words: Words, wanted: np.ndarray, again: np.ndarray) -> list[Evidence]:
        """The suspect words of the paragraphs in which a word is wanted, read ``again`` where one is so marked."""
        again = again & np.isin(words.paragraph, words.paragraph[wanted])
        return self._told(analysis, words, self.odds(words, wanted, again), wanted)

    def _told(self, analysis: Analysis, words: Words, odds: np.ndarray, wanted: np.ndarray) -> list[Evidence]:
        """What the ``odds`` of words say of the paragraphs in which a word is wanted."""
        text, blocks = analysis.text, paragraphs(analysis.text)
        inside = np.isin(words.paragraph, words.paragraph[wanted])
        found: list[Evidence] = []
        for place, kind in np.argwhere((odds[:, 1:] > WORTH_TELLING) & inside[:, None]):
            span = analysis.article.span(int(words.starts[place]), int(words.ends[place]))
            name = CLASSES[kind + 1]
            if name == "truncated" and not _may_end(text, blocks, span.end):
                continue
            if name == "repeated" and not _stands_twice(text, words, int(place)):
                continue
            found.append(Evidence(f"word {name}", (span,), float(odds[place, kind + 1])))
        return found

    def odds(self, words: Words, wanted: np.ndarray, again: np.ndarray) -> np.ndarray:
        """``[words, classes]``, the mean of both readers; what the second need not read is intact to it.

        It reads the paragraphs with a word that the first one doubts, or that is to be read ``again``.
        """
        odds = self.first(words, wanted)
        return (odds + self.second(words, again | (odds[:, 0] < 1 - BELIEVED))) / 2


def _touched(words: Words, attributions: Sequence[Attribution]) -> np.ndarray:
    """Which words the spans of attributions touch."""
    touched = np.zeros(len(words), dtype=bool)
    for said in attributions:
        for span in (*said.contents, *said.cue, *said.source):
            first, last = words.inside(span.start, span.end)
            touched[first:last] = True
    return touched


def _may_end(text: str, blocks: Sequence[tuple[int, int]], end: int) -> bool:
    """Whether words can have been cut off here: at the end of a quotation, or of a paragraph that nobody signed."""
    if _CLOSED.match(text, end):
        return True
    start, stop = blocks[bisect_right(blocks, end, key=lambda block: block[0]) - 1]
    over = not any(character.isalnum() for character in text[end:stop])
    return over and not _WRAPPED.match(text, end) and not signed(text[start:stop])


def _stands_twice(text: str, words: Words, place: int) -> bool:
    """Whether a word, or up to ``TWICE`` words that it is among, follow upon themselves."""
    first = max(0, place - 2 * TWICE + 1)
    near = zip(words.starts[first : place + TWICE], words.ends[first : place + TWICE], strict=True)
    spelt, at = [text[start:end].lower() for start, end in near], place - first
    return any(
        spelt[start - count : start] == spelt[start : start + count]
        for count in range(1, TWICE + 1)
        for start in range(max(count, at - count + 1), at + 1)
    )


def passages(words: Words, longest: int, wanted: np.ndarray | None = None) -> Iterator[tuple[int, int]]:
    """Cover a text, or the paragraphs in which a word is ``wanted``, by stretches of less than ``longest`` pieces.

    They end with a paragraph, or else with a sentence.
    """
    paragraph, sentence = words.paragraph, words.sentence
    for start, stop in _runs(paragraph, wanted):
        while start < stop:
            last = int(np.searchsorted(words.first, words.first[start] + longest - 1, "right")) - 1
            end = min(max(last, start + 1), stop)
            if end < stop:
                for count in (paragraph, sentence):
                    begin = int(np.searchsorted(count[:end], count[end], "left"))  # of the unit that would be cut
                    if begin > start:
                        end = begin
                        break
            yield start, end
            start = end


def _runs(paragraph: np.ndarray, wanted: np.ndarray | None) -> list[tuple[int, int]]:
    """Neighbouring paragraphs in which a word is wanted, as words ``[start, stop)``."""
    inside = np.ones(len(paragraph), dtype=bool) if wanted is None else np.isin(paragraph, paragraph[wanted])
    edges = np.flatnonzero(np.diff(inside.astype(np.int8), prepend=0, append=0)).tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))
