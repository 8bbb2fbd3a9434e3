"""Evidence of damage: what rules can tell, and single words that give it away.

The words are told by a small encoder that was trained to know damaged copy from clean, word by word: swapped, lost
before, set twice, run on from another speaker, cut, or debris. It reads only the passages where somebody is quoted.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from quotes import artifacts
from quotes.detect.traces import Vocabulary, notices, signed, traces
from quotes.detect.words import CLS, SEP, Reader, Words
from quotes.marks import paragraphs, quoted
from quotes.records import Analysis, Attribution, Evidence

CLASSES = ("intact", "truncated", "stray", "spliced", "repeated", "missing", "spun")
LONGEST = 160  # pieces of a passage
WORTH_TELLING = 0.02  # less than this is no evidence
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
        self.reader = Reader(artifact.path("tokenizer.json"))
        self.known = Vocabulary.parse(artifact.path("vocabulary.txt").read_text(encoding="utf-8"))
        self._session = onnxruntime.InferenceSession(
            str(artifact.path("model.onnx")), options, providers=["CPUExecutionProvider"]
        )

    def __call__(self, analysis: Analysis, attributions: Sequence[Attribution]) -> tuple[Evidence, ...]:
        """The traces that rules find, and every word that is more than a little suspect (sign ``word <class>``)."""
        if not attributions:
            return ()
        text = analysis.text
        blocks = paragraphs(text)
        rules = (*traces(text, quoted(text), blocks, self.known), *notices(text, blocks))
        return (*rules, *self.suspects(analysis, attributions))

    def suspects(self, analysis: Analysis, attributions: Sequence[Attribution]) -> tuple[Evidence, ...]:
        """The suspect words of the passages where an attribution stands."""
        text, blocks = analysis.text, paragraphs(analysis.text)
        words = self.reader(text)
        wanted = np.zeros(len(words) + 1, dtype=bool)
        for said in attributions:
            for span in (*said.contents, *said.cue, *said.source):
                first, last = words.inside(span.start, span.end)
                wanted[first:last] = True
        found: list[Evidence] = []
        for start, end in passages(words, LONGEST):
            if not wanted[start:end].any():
                continue
            odds = self.probabilities(words, start, end)
            for place, kind in np.argwhere(odds[:, 1:] > WORTH_TELLING):
                span = analysis.article.span(int(words.starts[start + place]), int(words.ends[start + place]))
                if CLASSES[kind + 1] == "truncated" and not _may_end(text, blocks, span.end):
                    continue
                found.append(Evidence(f"word {CLASSES[kind + 1]}", (span,), float(odds[place, kind + 1])))
        return tuple(found)

    def probabilities(self, words: Words, start: int, end: int) -> np.ndarray:
        """``[words, classes]`` for the words of one passage; passages go in one by one, so company changes nothing."""
        pieces, features, first = lay(words, start, end)
        scores: Any = self._session.run(None, {"pieces": pieces, "features": features, "index": first})[0]
        chosen = scores.astype(np.float64)
        odds = np.exp(chosen - chosen.max(axis=1, keepdims=True))
        return odds / odds.sum(axis=1, keepdims=True)


def _may_end(text: str, blocks: Sequence[tuple[int, int]], end: int) -> bool:
    """Whether words can have been cut off here: at the end of a quotation, or of a paragraph that nobody signed."""
    if _CLOSED.match(text, end):
        return True
    start, stop = blocks[bisect_right(blocks, end, key=lambda block: block[0]) - 1]
    over = not any(character.isalnum() for character in text[end:stop])
    return over and not _WRAPPED.match(text, end) and not signed(text[start:stop])


def passages(words: Words, longest: int) -> Iterator[tuple[int, int]]:
    """Cover a text by stretches of at most ``longest`` pieces that end with a paragraph, or else with a sentence."""
    paragraph, sentence = words.paragraph, words.sentence
    start, n = 0, len(words)
    while start < n:
        last = int(np.searchsorted(words.first, words.first[start] + longest - 2, "right")) - 1
        end = min(max(last, start + 1), n)
        if end < n:
            for count in (paragraph, sentence):
                begin = int(np.searchsorted(count[:end], count[end], "left"))  # of the unit that would be cut
                if begin > start:
                    end = begin
                    break
        yield start, end
        start = end


def lay(words: Words, start: int, end: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pieces ``[length]`` and features ``[length, 3]`` of a passage with its end marks, and each word's first piece."""
    low, high = words.first[start], words.first[end]
    pieces = np.concatenate(([CLS], words.pieces[low:high], [SEP])).astype(np.int64)
    counts = np.diff(words.first[start : end + 1])
    each = np.stack([getattr(words, name)[start:end] + 1 for name in ("shape", "gap", "mark")], axis=1)
    features = np.pad(np.repeat(each, counts, axis=0), ((1, 1), (0, 0))).astype(np.int64)
    return pieces, features, (words.first[start:end] - low + 1).astype(np.int64)
