"""The detector's network, for training and export: a small BERT encoder with a label head and four link heads.

The encoder is the 6-layer MiniLM (Wang et al. 2020) of all-MiniLM-L6-v2, with learned embeddings added to its input
for the shape of a word, the gap before it and its quotation-mark state. Labels go through a linear-chain conditional
random field over words (Lafferty et al. 2001), links through biaffine scores (Dozat & Manning 2017).
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from quotes.detect.labels import BUCKETS, LABELS, LINKS, allowed, may_end, may_start
from quotes.detect.words import GAPS, MARKS, SHAPES

WIDTH, HEADS, INNER, DEPTH, VOCABULARY, POSITIONS = 384, 12, 1536, 6, 30522, 512
LINK_WIDTH = 128
NEVER = -1e4


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

    def __init__(self, dropout: float):
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.up = nn.Linear(WIDTH, INNER)
        self.down = nn.Linear(INNER, WIDTH)
        self.last_norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.dropout = Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        batch, length = x.shape[0], x.shape[1]
        q, k, v = self.qkv(x).view(batch, length, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        # written out: in bfloat16 on a CPU this is twice as fast as scaled_dot_product_attention
        weights = torch.softmax((q * (WIDTH // HEADS) ** -0.5) @ k.transpose(-1, -2) + mask, dim=-1)
        x = self.norm(x + self.dropout(self.out((weights @ v).transpose(1, 2).reshape(batch, length, WIDTH))))
        return self.last_norm(x + self.dropout(self.down(functional.gelu(self.up(x)))))


class Encoder(nn.Module):
    """Pieces and features ``[batch, length]`` to states ``[batch, length, 384]``."""

    def __init__(self, dropout: float):
        super().__init__()
        self.pieces = nn.Embedding(VOCABULARY, WIDTH)
        self.positions = nn.Embedding(POSITIONS, WIDTH)
        self.features = nn.ModuleList(nn.Embedding(len(names), WIDTH) for names in (SHAPES, GAPS, MARKS))
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.layers = nn.ModuleList(Layer(dropout) for _ in range(DEPTH))
        self.dropout = Dropout(dropout)
        for feature in self.features.parameters():
            nn.init.zeros_(feature)

    def forward(self, pieces: Tensor, features: Tensor, present: Tensor) -> Tensor:
        """``features [batch, length, 3]`` counts from 1, 0 standing for none; ``present`` is False for padding."""
        x = self.pieces(pieces) + self.positions.weight[: pieces.shape[1]]
        for number, feature in enumerate(self.features):
            values = features[..., number]
            x = x + feature((values - 1).clamp(min=0)) * (values > 0).unsqueeze(-1).to(x.dtype)
        mask = ((~present).to(x.dtype) * NEVER)[:, None, None, :]
        x = self.dropout(self.norm(x))
        for layer in self.layers:
            x = layer(x, mask)
        return x

    def load_minilm(self, file: Path) -> None:
        """Take over the published weights (a safetensors file of BERT's names)."""
        from safetensors.torch import load_file

        theirs = load_file(str(file))
        ours: dict[str, Tensor] = {
            "pieces.weight": theirs["embeddings.word_embeddings.weight"],
            "positions.weight": theirs["embeddings.position_embeddings.weight"]
            + theirs["embeddings.token_type_embeddings.weight"][0],
        }
        names = {"norm": "embeddings.LayerNorm"}
        for number in range(DEPTH):
            there, here = f"encoder.layer.{number}.", f"layers.{number}."
            for part in ("weight", "bias"):
                ours[f"{here}qkv.{part}"] = torch.cat(
                    [theirs[f"{there}attention.self.{name}.{part}"] for name in ("query", "key", "value")]
                )
            names |= {
                f"{here}out": f"{there}attention.output.dense",
                f"{here}norm": f"{there}attention.output.LayerNorm",
                f"{here}up": f"{there}intermediate.dense",
                f"{here}down": f"{there}output.dense",
                f"{here}last_norm": f"{there}output.LayerNorm",
            }
        for name, their_name in names.items():
            for part in ("weight", "bias"):
                ours[f"{name}.{part}"] = theirs[f"{their_name}.{part}"]
        missing, unexpected = self.load_state_dict(ours, strict=False)
        if unexpected or any(not name.startswith("features") for name in missing):
            raise ValueError(f"{file}: not the weights expected ({missing}, {unexpected})")


class Network(nn.Module):
    """Encoder and heads; ``index`` picks the piece that stands for each word out of the flattened batch.

    Returns, for each word: label scores ``[..., 13]``; what it looks for in the word it links to
    ``[..., 4, 128]``; what it offers to words that link to it ``[..., 4, 128]``; and its liking for each distance
    bucket ``[..., 4, buckets + 1]``, the last being its score for no link at all.
    """

    def __init__(self, dropout: float = 0.1):
        super().__init__()
        self.encoder = Encoder(dropout)
        self.labels = nn.Linear(WIDTH, len(LABELS))
        self.seeks = nn.Linear(WIDTH, len(LINKS) * LINK_WIDTH)
        self.offers = nn.Linear(WIDTH, len(LINKS) * LINK_WIDTH)
        self.likes = nn.Linear(WIDTH, len(LINKS) * (BUCKETS + 1))
        self.dropout = Dropout(dropout)
        nn.init.zeros_(self.likes.weight)

    def forward(
        self, pieces: Tensor, features: Tensor, present: Tensor, index: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        states = self.encoder(pieces, features, present).reshape(-1, WIDTH)[index]
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
