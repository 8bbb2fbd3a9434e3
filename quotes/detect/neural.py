"""The trained detector: text to attributions through an 8-bit ONNX network, one window at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from quotes import artifacts
from quotes.detect.decode import Found, Scores, Settings, decode
from quotes.detect.graphs import session
from quotes.detect.labels import BUCKETS, LINKS
from quotes.detect.unfinished import stretches
from quotes.detect.words import Reader, Words, windows
from quotes.marks import quoted, speech
from quotes.records import Analysis, Article, Attribution, Span

SETTINGS = "detector.json"
LONGEST, MARGIN = 256, 36  # pieces of a window, and of the context that its core has on either side


class Detector:
    """Finds the attributions of an article; needs its text alone.

    ``folder`` is a ``detector-<version>`` folder, or None for the newest that is installed. Raises ArtifactError where
    the model is missing or damaged.
    """

    def __init__(self, folder: Path | None = None):
        self.artifact = artifacts.load("detector") if folder is None else artifacts.check(folder)
        self.session = session(self.artifact, "detector")
        self.read = Reader(self.artifact.path("tokenizer.json"))
        self.settings = Settings.from_json(json.loads(self.artifact.path(SETTINGS).read_text(encoding="utf-8")))

    def __call__(self, analysis: Analysis) -> tuple[Attribution, ...]:
        quotations = quoted(analysis.text)
        said = [
            replace(one, speech=speech(analysis.text, one.contents, quotations))
            for start, end, broken in stretches(analysis.text)
            for one in self._read(analysis.article, start, end, broken)
        ]
        return tuple(sorted(said, key=lambda one: (one.start, one.end)))

    def _read(self, article: Article, start: int, end: int, broken: bool) -> Iterator[Attribution]:
        """The attributions of a stretch of the text, read by itself; their kind of speech is for who sees all.

        One that is broken off is read as if it ended with a full stop: the network has seen no sentence without.
        """
        text = article.text[start:end]
        if broken:
            text = text.rstrip()
        words = self.read(f"{text}." if broken else text)

        def spans(found: Sequence[Found]) -> tuple[Span, ...]:
            places = ((int(words.starts[one.start]), int(words.ends[one.end - 1])) for one in found)
            return tuple(
                article.span(start + first, start + min(last, len(text))) for first, last in places if first < len(text)
            )

        if not len(words):
            return
        for linked in decode(words, self.scores(words), self.settings):
            contents, cue = spans(linked.contents), spans((linked.cue,))
            if contents and cue:
                source = spans((linked.source,)) if linked.source else ()
                yield Attribution(contents, cue, source, probability=linked.probability)

    def scores(self, words: Words) -> Scores:
        """The network's scores for every word (there must be one), from the window where it has the most context."""
        found = []
        for start, end, core_start, core_end in windows(words, LONGEST, MARGIN):
            pieces, features, first = words.lay(start, end)
            index = first[core_start - start : core_end - start]
            names = ["labels", "seeks", "offers", "likes"]
            found.append(self.session.run(names, {"pieces": pieces, "features": features, "index": index}))
        labels, seeks, offers, likes = (np.concatenate(part) for part in zip(*found, strict=True))
        return Scores(
            labels,
            seeks.reshape(len(words), len(LINKS), -1),
            offers.reshape(len(words), len(LINKS), -1),
            likes.reshape(len(words), len(LINKS), BUCKETS + 1),
        )
