"""Networks as ONNX graphs in 8-bit integers, written operator by operator for onnxruntime; here the detector's.

Weights are quantised per output channel, word-piece embeddings per row; activations are quantised as they come, one
window at a time, so that no window's result depends on another's. A few channels of a transformer peak far above the
rest, so each layer's input is first divided by its channels' peaks and its weights multiplied by them (SmoothQuant,
Xiao et al. 2023). Weights are rounded one input channel after another, those to come taking up the error of those that
are done as far as the channels go together (GPTQ, Frantar et al. 2023). Seven bits are used of a weight's eight,
because processors without VNNI instructions add pairs of products in 16 bits and would overflow.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from quotes.detect.labels import BUCKETS, LABELS, LINKS
from quotes.train.network import LINK_WIDTH, MINILM, Build, distances

SHARE = 0.8  # how much of the peaks of a layer's input its weights take over
DAMPING = 0.01  # of the mean square of a layer's inputs, added to each
CONTRIB = "com.microsoft"
INPUTS: Mapping[str, Sequence[Any]] = {"pieces": ["length"], "features": ["length", 3], "index": ["words"]}


@dataclass(frozen=True, slots=True)
class Grain:
    """How finely numbers are rounded: to integers up to ``most``, the root mean square of a row up to ``mean``.

    The first bounds an integer, the second what it costs: a compressed file keeps some ``log2(4.1 * mean)`` bits of it.
    """

    most: int = 63  # a signed 7-bit weight
    mean: float = math.inf

    def step(self, rows: np.ndarray) -> np.ndarray:
        """What one stands for in each row ``[rows, 1]``."""
        largest, usual = np.abs(rows).max(axis=1, keepdims=True), np.sqrt(np.mean(rows**2, axis=1, keepdims=True))
        return np.maximum(np.maximum(largest / self.most, usual / self.mean), 1e-10)


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a linear layer is given over some texts: each channel's largest magnitude, and sums of products."""

    peaks: np.ndarray  # [in]
    moments: np.ndarray  # [in, in]


@dataclass(frozen=True, slots=True)
class Layer:
    """A linear layer, ``weight [out, in]``, and what each channel of its input is divided by beforehand.

    ``moments`` are of the channels so divided.
    """

    weight: np.ndarray
    bias: np.ndarray
    smoothing: np.ndarray
    moments: np.ndarray


class Graph:
    """Collects nodes and initializers; every method that adds a node returns the name of its (first) output.

    Weights of layers are rounded by ``grain``.
    """

    def __init__(self, grain: Grain) -> None:
        self.grain = grain
        self.nodes: list[Any] = []
        self.initializers: list[Any] = []
        self.count = 0

    def constant(self, values: np.ndarray) -> str:
        from onnx import numpy_helper

        self.count += 1
        name = f"c{self.count}"
        self.initializers.append(numpy_helper.from_array(values.copy(order="C"), name))
        return name

    def node(
        self, kind: str, *inputs: str, outputs: int = 1, domain: str = "", name: str = "", **attributes: Any
    ) -> str:
        from onnx import helper

        self.count += 1
        names = [name or f"n{self.count}", *(f"n{self.count}_{i}" for i in range(1, outputs))]
        self.nodes.append(helper.make_node(kind, list(inputs), names, domain=domain, **attributes))
        return names[0]

    def linear(self, x: str, layer: Layer) -> str:
        """``x @ weight.T + bias`` in integers."""
        quantised, scale = _quantised(layer.weight * layer.smoothing, layer.moments, self.grain)
        return self.node(
            "DynamicQuantizeMatMul",
            self.smoothed(x, layer),
            self.constant(quantised.T),
            self.constant(scale),
            self.constant(np.zeros(len(scale), dtype=np.int8)),
            self.constant(layer.bias),
            domain=CONTRIB,
        )

    def smoothed(self, x: str, layer: Layer) -> str:
        return self.node("Mul", x, self.constant(1 / layer.smoothing))

    def exact_linear(self, x: str, weight: np.ndarray, bias: np.ndarray) -> str:
        """``x @ weight.T + bias`` in floating point, for ``x`` of two dimensions."""
        return self.node("Gemm", x, self.constant(weight), self.constant(bias), transB=1)

    def embedded(self, table: np.ndarray, rows: str, grain: Grain) -> str:
        """The rows of a table, kept as integers."""
        scale = grain.step(table)
        kept = self.node("Gather", self.constant(np.round(table / scale).astype(np.int8)), rows)
        return self.node(
            "Mul",
            self.node("Cast", kept, to=1),
            self.node("Gather", self.constant(scale.astype(np.float32)), rows),
        )

    def attention(self, x: str, layer: Layer, heads: int) -> str:
        """Queries, keys and values in integers, and what the heads make of them."""
        quantised, scale = _quantised(layer.weight * layer.smoothing, layer.moments, self.grain)
        shown = self.node("DynamicQuantizeLinear", self.smoothed(x, layer), outputs=3)
        return self.node(
            "QAttention",
            shown,
            self.constant(quantised.T),
            self.constant(layer.bias),
            f"{shown}_1",
            self.constant(scale),
            "",
            f"{shown}_2",
            self.constant(np.zeros(len(scale), dtype=np.int8)),
            domain=CONTRIB,
            num_heads=heads,
        )

    def attention_afar(self, x: str, layer: Layer, heads: int, bias: str) -> str:
        """The same where ``bias [1, heads, length, length]`` is added to what pieces make of each other."""
        q = self.node("Split", self.linear(x, layer), outputs=3, axis=-1)
        parts = (q, f"{q}_1", f"{q}_2")
        return self.node("MultiHeadAttention", *parts, "", "", bias, domain=CONTRIB, num_heads=heads)

    def norm(self, x: str, more: str, gain: np.ndarray, bias: np.ndarray, spare: float) -> str:
        kind = "SkipLayerNormalization"
        return self.node(kind, x, more, self.constant(gain), self.constant(bias), domain=CONTRIB, epsilon=spare)

    def save(self, path: Path, outputs: Mapping[str, Sequence[Any]]) -> None:
        """Write the graph of an encoder and what stands on it, compressed, given the shapes of its outputs."""
        from onnx import TensorProto, helper

        graph = helper.make_graph(
            self.nodes,
            "quotes",
            [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name, shape in INPUTS.items()],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()],
            self.initializers,
        )
        versions = [helper.make_opsetid("", 17), helper.make_opsetid(CONTRIB, 1)]
        made = helper.make_model(graph, opset_imports=versions, ir_version=8, producer_name="quotes")
        path.write_bytes(compressed(made.SerializeToString()))


def compressed(content: bytes) -> bytes:
    """As gzip, without a date: numbers drawn about zero are coded by their frequencies, runs of them are rare."""
    coder = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS, 9, zlib.Z_FILTERED)
    return coder.compress(content) + coder.flush()


def layer(state: Mapping[str, np.ndarray], name: str, inputs: Mapping[str, Inputs]) -> Layer:
    """A linear layer of a network by name, smoothed for its inputs."""
    weight = state[f"{name}.weight"]
    bias = state.get(f"{name}.bias", np.zeros(len(weight), dtype=np.float32))
    peaks, moments = inputs[name].peaks, inputs[name].moments
    taken = np.maximum(peaks, 1e-4) ** SHARE / np.maximum(np.abs(weight).max(axis=0), 1e-4) ** (1 - SHARE)
    smoothing = (taken / np.exp(np.log(taken).mean())).astype(np.float32)
    return Layer(weight, bias, smoothing, moments / np.outer(smoothing, smoothing))


def encoded(
    graph: Graph, build: Build, state: Mapping[str, np.ndarray], inputs: Mapping[str, Inputs], grain: Grain
) -> str:
    """The encoder of a network, from ``INPUTS`` up to the state of each word.

    ``inputs`` tells, by name, what each linear layer is given. ``grain`` is that of the pieces' embeddings.
    """

    def encoder(name: str) -> np.ndarray:
        return state[f"encoder.{name}"]

    x = graph.embedded(encoder("pieces.weight"), "pieces", grain)
    first, length = graph.constant(np.array([0])), graph.node("Shape", "pieces")
    more = graph.node("Slice", graph.constant(encoder("positions.weight")), first, length, first)
    for number in range(3):
        feature = encoder(f"features.{number}.weight")
        feature = np.concatenate([np.zeros((1, build.width), dtype=np.float32), feature])
        values = graph.node("Gather", "features", graph.constant(np.array(number)), axis=1)
        more = graph.node("Add", more, graph.node("Gather", graph.constant(feature), values))
    x = graph.node("Unsqueeze", graph.node("Add", x, more), first)
    gain, bias = graph.constant(encoder("norm.weight")), graph.constant(encoder("norm.bias"))
    x = graph.node("LayerNormalization", x, gain, bias, epsilon=build.spare)
    apart = ""
    if build.distances:
        apart = graph.constant(distances(build.positions))
        for axis in (0, 1):
            apart = graph.node("Slice", apart, first, length, graph.constant(np.array([axis])))
        apart = graph.node("Gather", graph.constant(encoder("far.weight")), apart)
        apart = graph.node("Unsqueeze", graph.node("Transpose", apart, perm=[2, 0, 1]), first)
    for number in range(build.depth):
        at = f"encoder.layers.{number}"
        qkv, out, up, down = (layer(state, f"{at}.{name}", inputs) for name in ("qkv", "out", "up", "down"))
        if build.distances:
            heard = graph.attention_afar(x, qkv, build.heads, apart)
        else:
            heard = graph.attention(x, qkv, build.heads)
        norms = ((state[f"{at}.{name}.weight"], state[f"{at}.{name}.bias"]) for name in ("norm", "last_norm"))
        x = graph.norm(x, graph.linear(heard, out), *next(norms), build.spare)
        thought = graph.linear(graph.node("Gelu", graph.linear(x, up), domain=CONTRIB), down)
        x = graph.norm(x, thought, *next(norms), build.spare)
    x = graph.node("Squeeze", x, first)
    return graph.node("Gather", x, "index")


def save_onnx(state: Mapping[str, np.ndarray], inputs: Mapping[str, Inputs], path: Path) -> None:
    """Write the network of a float32 state (names of ``quotes.train.network.Network``).

    Inputs: ``pieces [length]``, ``features [length, 3]`` counting from 1, ``index [words]`` (each word's first piece).
    Outputs: ``labels [words, 13]``, ``seeks`` and ``offers [words, 512]``, ``likes [words, 4 * (buckets + 1)]``.
    """
    graph = Graph(Grain())
    x = encoded(graph, MINILM, state, inputs, Grain(127))
    for name in ("labels", "likes"):
        graph.node("Identity", graph.exact_linear(x, state[f"{name}.weight"], state[f"{name}.bias"]), name=name)
    graph.node("Gelu", graph.linear(x, layer(state, "seeks", inputs)), domain=CONTRIB, name="seeks")
    offers = graph.node("Gelu", graph.linear(x, layer(state, "offers", inputs)), domain=CONTRIB)
    graph.node("Mul", offers, graph.constant(np.array(LINK_WIDTH**-0.5, dtype=np.float32)), name="offers")
    links = len(LINKS) * LINK_WIDTH
    graph.save(
        path,
        {
            "labels": ["words", len(LABELS)],
            "seeks": ["words", links],
            "offers": ["words", links],
            "likes": ["words", len(LINKS) * (BUCKETS + 1)],
        },
    )


def _quantised(weight: np.ndarray, moments: np.ndarray, grain: Grain) -> tuple[np.ndarray, np.ndarray]:
    """Integers ``[out, in]`` and what one of them stands for in each row."""
    step = grain.step(weight)
    scale = step[:, 0]
    damped = moments + DAMPING * np.mean(np.diag(moments)) * np.eye(len(moments))
    passed = np.linalg.cholesky(np.linalg.inv(damped)).T
    left, rounded = weight.astype(np.float64), np.zeros(weight.shape)
    for channel in range(weight.shape[1]):
        rounded[:, channel] = np.clip(np.round(left[:, channel] / scale), -grain.most, grain.most)
        error = (left[:, channel] - rounded[:, channel] * scale) / passed[channel, channel]
        left[:, channel + 1 :] -= np.outer(error, passed[channel, channel + 1 :])
    return rounded.astype(np.int8), scale.astype(np.float32)
