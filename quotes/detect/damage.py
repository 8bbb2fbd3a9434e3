"""Evidence of damage: what rules can tell, and single words that give it away.

The words are told by the lower part of a small language model that was trained to know damaged copy from clean, word by
word: swapped, lost before, set twice, run on from another speaker, cut, or debris. It reads the paragraphs where
somebody is quoted, and those where somebody is reported if there is cause to doubt the copy.
"""

from __future__ import annotations

import gzip
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from quotes import artifacts
from quotes.detect.traces import Vocabulary, notices, signed, traces
from quotes.detect.words import RunningReader, Words
from quotes.marks import paragraphs, quoted
from quotes.records import Analysis, Attribution, Evidence

CLASSES = ("intact", "truncated", "stray", "spliced", "repeated", "missing", "spun")
LONGEST = 200  # pieces of a passage
BEGIN = 0  # the piece before a passage
WORTH_TELLING = 0.02  # less than this is no evidence
LIKELY = 0.5  # from here on a trace is cause to doubt the copy
FEW = 20  # words: fewer tell little about an article
DOUBTFUL = 0.08  # of the words: as many suspect ones, by their probabilities, are cause for doubt
_WRAPPED = re.compile(r"[ \t]*\r?\n[a-z]")  # the sentence goes on in the next line
_CLOSED = re.compile(r"[^\w\s]?[\"”’'»]")


class DamageModel:
    """Damaged words of an analysed article, by ``models/damage-<version>/``.

    Raises ArtifactError where the folder is not what was shipped.
    """

    def __init__(self, folder: Path):
        import onnxruntime

        artifact = artifacts.check(folder)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self.reader = RunningReader(artifact.path("tokenizer.json"))
        self.known = Vocabulary.parse(artifact.path("vocabulary.txt").read_text(encoding="utf-8"))
        graph = gzip.decompress(artifact.path("model.onnx.gz").read_bytes())
        self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    def __call__(self, analysis: Analysis, attributions: Sequence[Attribution]) -> tuple[Evidence, ...]:
        """The traces that rules find, and every word that is more than a little suspect (sign ``word <class>``)."""
        if not attributions:
            return ()
        text = analysis.text
        blocks = paragraphs(text)
        rules = (*traces(text, quoted(text), blocks, self.known), *notices(text, blocks))
        cause = any(trace.probability >= LIKELY for trace in rules)
        return (*rules, *self.suspects(analysis, attributions, cause))

    def suspects(self, analysis: Analysis, attributions: Sequence[Attribution], cause: bool) -> tuple[Evidence, ...]:
        """The suspect words of the paragraphs where somebody is quoted.

        Those where somebody is only reported are read, too, where there is a ``cause`` to doubt the copy, or the quotes
        give one, or are too few to judge by: most copy is as it was written, and reading is slow.
        """
        words = self.reader(analysis.text)
        said = _touched(words, [one for one in attributions if one.speech != "indirect"])
        found = self._read(analysis, words, said)
        doubt = sum(trace.probability for trace in found)
        if cause or said.sum() < FEW or doubt > DOUBTFUL * said.sum():
            paragraph = words.paragraph
            reported = _touched(words, attributions) & ~np.isin(paragraph, paragraph[said])
            found += self._read(analysis, words, reported)
        return tuple(found)

    def _read(self, analysis: Analysis, words: Words, wanted: np.ndarray) -> list[Evidence]:
        """The suspect words of the paragraphs in which a word is wanted."""
        text, blocks = analysis.text, paragraphs(analysis.text)
        found: list[Evidence] = []
        for start, end in passages(words, LONGEST, wanted):
            odds = self.probabilities(words, start, end)
            for place, kind in np.argwhere(odds[:, 1:] > WORTH_TELLING):
                span = analysis.article.span(int(words.starts[start + place]), int(words.ends[start + place]))
                if CLASSES[kind + 1] == "truncated" and not _may_end(text, blocks, span.end):
                    continue
                found.append(Evidence(f"word {CLASSES[kind + 1]}", (span,), float(odds[place, kind + 1])))
        return found

    def probabilities(self, words: Words, start: int, end: int) -> np.ndarray:
        """``[words, classes]`` for the words of one passage; passages go in one by one, so company changes nothing."""
        pieces, last = lay(words, start, end)
        scores: Any = self._session.run(None, {"pieces": pieces, "index": last})[0]
        chosen = scores.astype(np.float64)
        odds = np.exp(chosen - chosen.max(axis=1, keepdims=True))
        return odds / odds.sum(axis=1, keepdims=True)


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


def lay(words: Words, start: int, end: int) -> tuple[np.ndarray, np.ndarray]:
    """The pieces ``[length]`` of a passage after the one that begins it, and where each word's last piece is."""
    low = words.first[start]
    pieces = np.concatenate(([BEGIN], words.pieces[low : words.first[end]]))
    return pieces.astype(np.int64), (words.first[start + 1 : end + 1] - low).astype(np.int64)
