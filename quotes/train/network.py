"""Networks for training and export: pretrained encoders, and the detector's label head and four link heads.

Encoders are built as BERT is, with learned embeddings added to their input for the shape of a word, the gap before it
and its quotation-mark state. The detector's is the 6-layer MiniLM (Wang et al. 2020) of all-MiniLM-L6-v2; labels go
through a linear-chain conditional random field over words (Lafferty et al. 2001), links through biaffine scores (Dozat
& Manning 2017). MPNet (Song et al. 2020) adds to its attention what each head makes of how far two pieces are apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from quotes.detect.labels import BUCKETS, LABELS, LINKS, allowed, may_end, may_start
from quotes.detect.words import CLS, GAPS, MARKS, SEP, SHAPES

LINK_WIDTH = 128
NEVER = -1e4


@dataclass(frozen=True, slots=True)
class Build:
    """How large an encoder is, and how many kinds of distance between two pieces its attention knows (or none)."""

    width: int
    heads: int
    inner: int
    depth: int
    spare: float  # added to a variance
    distances: int = 0
    positions: int = 512
    vocabulary: int = 30522  # word pieces of BERT


MINILM = Build(384, 12, 1536, 6, 1e-12)
MPNET = Build(768, 12, 3072, 9, 1e-5, distances=32, positions=256)  # the lower nine of twelve layers


class Dropout(nn.Module):
    """Dropout from a pool of random bits drawn once in a while: on a CPU, drawing costs more than the layer itself."""

    def __init__(self, rate: float):
        super().__init__()
        self.rate = rate
        self.pool = torch.empty(0)
        self.drawn = 0

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or not self.rate:
            return x
        size = x.numel()
        if self.drawn % 64 == 0 or len(self.pool) < 2 * size or self.pool.dtype != x.dtype:
            kept = torch.rand(max(2 * size, len(self.pool)), device=x.device) >= self.rate
            self.pool = kept.to(x.dtype) / (1 - self.rate)
        self.drawn += 1
        start = int(torch.randint(len(self.pool) - size + 1, ()))
        return x * self.pool[start : start + size].view_as(x)


class Layer(nn.Module):
    """One transformer layer, as BERT has it (layer norm after each part)."""

    def __init__(self, build: Build, dropout: float):
        super().__init__()
        width, self.heads = build.width, build.heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width, eps=build.spare)
        self.up = nn.Linear(width, build.inner)
        self.down = nn.Linear(build.inner, width)
        self.last_norm = nn.LayerNorm(width, eps=build.spare)
        self.dropout = Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        batch, length, width = x.shape
        head = width // self.heads
        q, k, v = self.qkv(x).view(batch, length, 3, self.heads, head).permute(2, 0, 3, 1, 4)
        # written out: in bfloat16 on a CPU this is twice as fast as scaled_dot_product_attention
        weights = torch.softmax((q * head**-0.5) @ k.transpose(-1, -2) + mask, dim=-1)
        x = self.norm(x + self.dropout(self.out((weights @ v).transpose(1, 2).reshape(batch, length, width))))
        return self.last_norm(x + self.dropout(self.down(functional.gelu(self.up(x)))))


class Encoder(nn.Module):
    """Pieces and features ``[batch, length]`` to states ``[batch, length, width]``."""

    def __init__(self, build: Build, dropout: float):
        super().__init__()
        self.pieces = nn.Embedding(build.vocabulary, build.width)
        self.positions = nn.Embedding(build.positions, build.width)
        self.features = nn.ModuleList(nn.Embedding(len(names), build.width) for names in (SHAPES, GAPS, MARKS))
        self.norm = nn.LayerNorm(build.width, eps=build.spare)
        self.far = nn.Embedding(build.distances, build.heads) if build.distances else None
        self.layers = nn.ModuleList(Layer(build, dropout) for _ in range(build.depth))
        self.dropout = Dropout(dropout)
        for feature in self.features.parameters():
            nn.init.zeros_(feature)

    def forward(self, pieces: Tensor, features: Tensor, present: Tensor) -> Tensor:
        """``features [batch, length, 3]`` counts from 1, 0 standing for none; ``present`` is False for padding."""
        length = pieces.shape[1]
        x = self.pieces(pieces) + self.positions.weight[:length]
        for number, feature in enumerate(self.features):
            values = features[..., number]
            x = x + feature((values - 1).clamp(min=0)) * (values > 0).unsqueeze(-1).to(x.dtype)
        mask = ((~present).to(x.dtype) * NEVER)[:, None, None, :]
        if self.far is not None:
            mask = mask + self.far(torch.from_numpy(distances(length))).permute(2, 0, 1)
        x = self.dropout(self.norm(x))
        for layer in self.layers:
            x = layer(x, mask)
        return x

    def load_minilm(self, file: Path) -> None:
        """Take over the published weights (a safetensors file of BERT's names)."""
        from safetensors.torch import load_file

        theirs = load_file(str(file))
        given = {
            "pieces.weight": theirs["embeddings.word_embeddings.weight"],
            "positions.weight": theirs["embeddings.position_embeddings.weight"]
            + theirs["embeddings.token_type_embeddings.weight"][0],
        }
        attention = {"out": "attention.output.dense", "norm": "attention.output.LayerNorm"}
        self._take_over(theirs, given, [f"attention.self.{part}" for part in ("query", "key", "value")], attention)

    def load_mpnet(self, weights: bytes) -> None:
        """Take over the published weights (a safetensors file of MPNet's names), as far as this encoder is built.

        MPNet's vocabulary is BERT's behind four marks of its own, of which it uses two in place of BERT's.
        """
        from safetensors.torch import load

        theirs = load(weights)
        pieces = theirs["embeddings.word_embeddings.weight"]
        ours = pieces[4 : 4 + self.pieces.num_embeddings].clone()
        ours[CLS], ours[SEP] = pieces[0], pieces[2]
        given = {
            "pieces.weight": ours,
            "positions.weight": theirs["embeddings.position_embeddings.weight"][2 : 2 + self.positions.num_embeddings],
            "far.weight": theirs["encoder.relative_attention_bias.weight"],
        }
        attention = {"out": "attention.attn.o", "norm": "attention.LayerNorm"}
        self._take_over(theirs, given, [f"attention.attn.{part}" for part in "qkv"], attention)

    def _take_over(
        self,
        theirs: Mapping[str, Tensor],
        given: Mapping[str, Tensor],
        qkv: Sequence[str],
        attention: Mapping[str, str],
    ) -> None:
        """Take over what is ``given``, and layers by their published names. ValueError where more is missing than the
        features."""
        layer = {**attention, "up": "intermediate.dense", "down": "output.dense", "last_norm": "output.LayerNorm"}
        names, ours = {"norm": "embeddings.LayerNorm"}, dict(given)
        for number in range(len(self.layers)):
            there, here = f"encoder.layer.{number}.", f"layers.{number}."
            names |= {f"{here}{name}": f"{there}{their_name}" for name, their_name in layer.items()}
            for kind in ("weight", "bias"):
                ours[f"{here}qkv.{kind}"] = torch.cat([theirs[f"{there}{part}.{kind}"] for part in qkv])
        for name, their_name in names.items():
            for kind in ("weight", "bias"):
                ours[f"{name}.{kind}"] = theirs[f"{their_name}.{kind}"]
        missing, unexpected = self.load_state_dict(ours, strict=False)
        if unexpected or any(not name.startswith("features") for name in missing):
            raise ValueError(f"not the weights expected ({missing}, {unexpected})")


def distances(length: int) -> np.ndarray:
    """Which of MPNet's 32 kinds the distance from each piece to each other is of, ``[length, length]``.

    Sixteen for pieces before, sixteen for those after; in each direction the shorter half one by one, the longer ones
    in logarithmic steps up to 128 (Raffel et al. 2020).
    """
    ahead = np.arange(length)[None] - np.arange(length)[:, None]
    apart = np.abs(ahead)
    wide = 8 + (np.log(np.maximum(apart, 8) / 8) / np.log(128 / 8) * 8).astype(np.int64)
    return np.where(apart < 8, apart, np.minimum(wide, 15)) + 16 * (ahead > 0)


class Network(nn.Module):
    """Encoder and heads; ``index`` picks the piece that stands for each word out of the flattened batch.

    Returns, for each word: label scores ``[..., 13]``; what it looks for in the word it links to
    ``[..., 4, 128]``; what it offers to words that link to it ``[..., 4, 128]``; and its liking for each distance
    bucket ``[..., 4, buckets + 1]``, the last being its score for no link at all.
    """

    def __init__(self, dropout: float = 0.1):
        super().__init__()
        width = MINILM.width
        self.encoder = Encoder(MINILM, dropout)
        self.labels = nn.Linear(width, len(LABELS))
        self.seeks = nn.Linear(width, len(LINKS) * LINK_WIDTH)
        self.offers = nn.Linear(width, len(LINKS) * LINK_WIDTH)
        self.likes = nn.Linear(width, len(LINKS) * (BUCKETS + 1))
        self.dropout = Dropout(dropout)
        nn.init.zeros_(self.likes.weight)

    def forward(
        self, pieces: Tensor, features: Tensor, present: Tensor, index: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        states = self.encoder(pieces, features, present).flatten(0, 1)[index]
        states = self.dropout(states)
        shape = (*index.shape, len(LINKS), LINK_WIDTH)
        return (
            self.labels(states).float(),
            functional.gelu(self.seeks(states)).view(shape),
            functional.gelu(self.offers(states)).view(shape) * LINK_WIDTH**-0.5,
            self.likes(states).view(*index.shape, len(LINKS), BUCKETS + 1).float(),
        )


class Crf(nn.Module):
    """A linear-chain CRF over words whose impossible transitions are forbidden."""

    forbidden: Tensor
    start: Tensor
    end: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.transitions = nn.Parameter(torch.zeros(len(LABELS), len(LABELS)))
        self.register_buffer("forbidden", torch.where(torch.tensor(allowed()), 0.0, NEVER))
        self.register_buffer("start", torch.where(torch.tensor(may_start()), 0.0, NEVER))
        self.register_buffer("end", torch.where(torch.tensor(may_end()), 0.0, NEVER))

    def forward(self, scores: Tensor, wanted: Tensor, present: Tensor) -> Tensor:
        """Cross-entropy of ``scores [batch, words, labels]`` against the probabilities ``wanted``, per window.

        Exact where one label is sure at every word, and up to a constant where the transitions are fixed: otherwise
        the probability of a pair of labels would be needed, too.
        """
        moves = self.transitions + self.forbidden
        alpha = scores[:, 0] + self.start
        for step in range(1, scores.shape[1]):
            ahead = torch.logsumexp(alpha.unsqueeze(2) + moves, dim=1) + scores[:, step]
            alpha = torch.where(present[:, step, None], ahead, alpha)
        total = torch.logsumexp(alpha + self.end, dim=1)
        path = (scores * wanted).sum(2)
        path[:, 1:] = path[:, 1:] + ((wanted[:, :-1] @ self.transitions) * wanted[:, 1:]).sum(2)
        return total - (path * present).sum(1)
