"""The networks that tell damaged words as ONNX graphs in 8-bit integers.

Weights are rounded more coarsely than 8 bits allow, so that the files, compressed, stay small; how they are rounded
stands in ``quotes.train.export``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from quotes.detect.damage import CLASSES
from quotes.train.export import CONTRIB, Grain, Graph, Inputs, encoded
from quotes.train.network import Build


def save(
    state: Mapping[str, np.ndarray], build: Build, inputs: Mapping[str, Inputs], grains: tuple[Grain, Grain], path: Path
) -> None:
    """Write a reader of a float32 state, compressed; ``inputs`` tells what each linear layer is given.

    ``grains`` are those of layers and of embeddings. The graph's own inputs: ``pieces [length]``, ``features [length,
    3]`` and ``index [words]``, each word's first piece; its output: ``scores [words, classes]``.
    """
    of_layers, of_pieces = grains
    graph = Graph(of_layers)
    words = encoded(graph, build, state, inputs, of_pieces)
    inner = graph.node("Gelu", graph.exact_linear(words, state["inner.weight"], state["inner.bias"]), domain=CONTRIB)
    scores = graph.exact_linear(inner, state["classes.weight"], state["classes.bias"])
    graph.node("Identity", scores, name="scores")
    graph.save(
        path,
        {"pieces": ["length"], "features": ["length", 3], "index": ["words"]},
        {"scores": ["words", len(CLASSES)]},
    )
