"""The networks that tell damaged words as ONNX graphs in 8-bit integers.

Weights take 63 levels (6 bits) of an integer's 255, so that the files, compressed, stay small; how they are rounded
stands in ``quotes.train.export``.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from quotes.detect.damage import CLASSES, LONGEST_AGAIN
from quotes.train.damage_network import BOTH_WAYS, DEPTH, GROUPS, HEAD, HEADS, INNER, SPARE, WIDTH, angles
from quotes.train.export import CONTRIB, Graph, Inputs, encoded, layer

LEVELS = 31


def save_first(state: Mapping[str, np.ndarray], inputs: Mapping[str, Inputs], path: Path) -> None:
    """Write the first reader of a float32 state, compressed; ``inputs`` tells what each linear layer is given.

    The graph's own inputs: ``pieces [length]``, ``features [length, 3]`` and ``index [words]``, each word's first
    piece; its output: ``scores [words, classes]``.
    """
    graph = Graph(LEVELS)
    words = encoded(graph, state, inputs, LEVELS)
    _save(graph, words, state, {"pieces": ["length"], "features": ["length", 3], "index": ["words"]}, path)


def save_second(state: Mapping[str, np.ndarray], inputs: Mapping[str, Inputs], path: Path) -> None:
    """Write the second reader of a float32 state in the same way.

    The graph's inputs: ``pieces [length]`` and ``index [words]``, each word's last piece.
    """
    graph = Graph(LEVELS)
    x = graph.node("Unsqueeze", graph.embedded(state["pieces.weight"], "pieces", LEVELS), graph.constant(np.array([0])))
    places = graph.node(
        "Range",
        graph.constant(np.array(0)),
        graph.node("Squeeze", graph.node("Shape", "pieces")),
        graph.constant(np.array(1)),
    )
    places = graph.node("Unsqueeze", places, graph.constant(np.array([0])))
    turn = angles(2 * LONGEST_AGAIN).astype(np.float32)
    turns = graph.constant(np.cos(turn)), graph.constant(np.sin(turn))
    parts = graph.constant(np.array([WIDTH, GROUPS * HEAD, GROUPS * HEAD]))
    halves = graph.constant(np.array([INNER, INNER]))
    one_each = graph.constant(np.array([1, -1, GROUPS, 1, HEAD]))
    for_all = graph.constant(np.array([1, 1, GROUPS, HEADS // GROUPS, HEAD]))
    flat = graph.constant(np.array([1, -1, WIDTH]))

    def shared(x: str) -> str:
        """Keys or values for every head of their group."""
        return graph.node("Reshape", graph.node("Expand", graph.node("Reshape", x, one_each), for_all), flat)

    def linear(x: str, name: str) -> str:
        return graph.linear(x, layer(state, name, inputs))

    for number in range(DEPTH):
        at = f"layers.{number}"
        q = graph.node(
            "Split", linear(_norm(graph, x, state[f"{at}.norm.weight"]), f"{at}.qkv"), parts, outputs=3, axis=-1
        )
        k, v = f"{q}_1", f"{q}_2"
        q, k = (graph.node("RotaryEmbedding", one, places, *turns, domain=CONTRIB) for one in (q, k))
        heard = graph.node(
            "MultiHeadAttention",
            q,
            shared(k),
            shared(v),
            domain=CONTRIB,
            num_heads=HEADS,
            unidirectional=int(number < DEPTH - BOTH_WAYS),
        )
        x = graph.node("Add", x, linear(heard, f"{at}.out"))
        inner = linear(_norm(graph, x, state[f"{at}.last_norm.weight"]), f"{at}.gate_up")
        gate = graph.node("Split", inner, halves, outputs=2, axis=-1)
        thought = graph.node("Mul", graph.node("QuickGelu", gate, domain=CONTRIB, alpha=1.0), f"{gate}_1")
        x = graph.node("Add", x, linear(thought, f"{at}.down"))
    x = graph.node("Squeeze", _norm(graph, x, state["norm.weight"]), graph.constant(np.array([0])))
    words = graph.node("Gather", x, "index")
    _save(graph, words, state, {"pieces": ["length"], "index": ["words"]}, path)


def _save(
    graph: Graph, words: str, state: Mapping[str, np.ndarray], inputs: Mapping[str, Sequence[Any]], path: Path
) -> None:
    """Set the head on the states of words, and write the graph."""
    inner = graph.node("Gelu", graph.exact_linear(words, state["inner.weight"], state["inner.bias"]), domain=CONTRIB)
    scores = graph.exact_linear(inner, state["classes.weight"], state["classes.bias"])
    graph.node("Identity", scores, name="scores")
    made = graph.model(inputs, {"scores": ["words", len(CLASSES)]})
    path.write_bytes(gzip.compress(made, 9, mtime=0))


def _norm(graph: Graph, x: str, gain: np.ndarray) -> str:
    kind = "SimplifiedLayerNormalization"  # the root-mean-square norm, by onnxruntime's name
    return graph.node(kind, x, graph.constant(gain), axis=-1, epsilon=SPARE, stash_type=1)
