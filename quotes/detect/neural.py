"""The trained detector: text to attributions through an 8-bit ONNX network, one window at a time."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from quotes import artifacts
from quotes.detect.decode import Scores, Settings, decode
from quotes.detect.labels import BUCKETS, LINKS
from quotes.detect.words import Reader, Words, lay, windows
from quotes.marks import quoted, speech
from quotes.records import Analysis, Attribution

SETTINGS = "detector.json"
LONGEST, MARGIN = 256, 36  # pieces of a window, and of the context that its core has on either side


class Detector:
    """Finds the attributions of an article; needs its text alone.

    ``folder`` is a ``detector-<version>`` folder, or None for the newest that is installed. Raises ArtifactError where
    the model is missing or damaged.
    """

    def __init__(self, folder: Path | None = None):
        self.artifact = artifacts.load("detector") if folder is None else artifacts.check(folder)
        from onnxruntime import InferenceSession, SessionOptions

        options = SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        model = str(self.artifact.path("detector.onnx"))
        self.session = InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self.read = Reader(self.artifact.path("tokenizer.json"))
        self.settings = Settings.from_json(json.loads(self.artifact.path(SETTINGS).read_text(encoding="utf-8")))

    def __call__(self, analysis: Analysis) -> tuple[Attribution, ...]:
        article, words = analysis.article, self.read(analysis.text)
        if not len(words):
            return ()
        quotations = quoted(analysis.text)

        def spans(found: tuple) -> tuple:
            return tuple(article.span(int(words.starts[one.start]), int(words.ends[one.end - 1])) for one in found)

        said = []
        for linked in decode(words, self.scores(words), self.settings):
            contents = spans(linked.contents)
            said.append(
                Attribution(
                    contents=contents,
                    cue=spans((linked.cue,)),
                    source=spans((linked.source,)) if linked.source else (),
                    speech=speech(analysis.text, contents, quotations),
                    probability=linked.probability,
                )
            )
        return tuple(sorted(said, key=lambda one: (one.start, one.end)))

    def scores(self, words: Words) -> Scores:
        """The network's scores for every word (there must be one), from the window where it has the most context."""
        found = []
        for start, end, core_start, core_end in windows(words, LONGEST, MARGIN):
            pieces, features, first = lay(words, start, end)
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
