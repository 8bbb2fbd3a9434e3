"""Training of the resolver's ranker: OntoGUM's train documents and GAP's development pairs.

Both are read through the project's own analysis, so that the ranker sees in training what it will see in use. How
given names go with *he* and *she* is learned from the same texts, out of fold, so that the ranker learns how far to
trust it. The weights of "nobody", the sharpness and the thresholds are chosen on predictions out of fold as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quotes import artifacts
from quotes.evaluate import coreference
from quotes.records import Analysis, Article
from quotes.resolve import lexicon, linking, ranking
from quotes.resolve.kinds import Weights
from quotes.resolve.mentions import Mention, View, view
from quotes.resolve.referents import Named, names_of
from quotes.train import kinds

VERSION = "1.1.0"
FOLDS = 3
SEED = 7


@dataclass(frozen=True, slots=True)
class Text:
    """A text made ready: its mentions, and what is known of them. ``gold[n]`` is mention ``n``'s gold chain or None."""

    id: str
    seen: View
    mentions: tuple[Mention, ...]
    named: Named
    gold: tuple[int | None, ...]
    pair: coreference.Pair | None = None
    anaphor: int | None = None  # the pronoun of a GAP pair
    candidates: tuple[int | None, int | None] = (None, None)  # its two names


def prepare(document: coreference.Chains, analysis: Analysis) -> Text:
    """An OntoGUM document: each mention has the chain of the smallest gold span with its head and its beginning."""
    seen = view(analysis)
    found, known = names_of(seen)
    spans: list[tuple[int, int, int]] = []
    for chain, members in enumerate(document.chains):
        spans += [(start, end, chain) for start, end in members]
    gold: list[int | None] = []
    for one in found:
        begin, start, end = (seen.tokens[place].start for place in (one.phrase, one.start, one.head))
        end = seen.tokens[one.head].end
        fitting = [
            (stop - first, chain)
            for first, stop, chain in spans
            if first in (begin, start) and stop >= end and _headed(seen, first, stop, one)
        ]
        gold.append(min(fitting)[1] if fitting else None)
    return Text(document.id, seen, found, known, tuple(gold))


def _headed(seen: View, start: int, end: int, one: Mention) -> bool:
    """Whether a gold span's head may be the mention's: nothing but modifiers behind it, no possessive between."""
    last = seen.tokens[one.head].end
    rest = seen.text[last:end]
    return not rest.startswith(("'s ", "’s ")) and (one.form != "pronoun" or end == last)


def prepare_gap(pair: coreference.Pair, analysis: Analysis) -> Text:
    """A GAP pair whose analysis has the page's title as headline; the two names are given, so they are entities."""
    given = coreference.with_names(pair, analysis)
    seen = view(given)
    found, known = names_of(seen)
    anaphor, names = coreference.places(pair, given, seen, found)
    return Text(pair.id, seen, found, known, (None,) * len(found), pair, anaphor, names)


@dataclass(frozen=True, slots=True)
class Rows:
    """A text's candidates with their labels (-1: not known)."""

    candidates: ranking.Candidates
    y: NDArray[np.int8]


def rows(text: Text, gender: Mapping[str, float], told: bool = False) -> Rows:
    """The candidates of a text's anaphors, of a pair's pronoun only its two names.

    ``told``: the pronouns' bearers are known from the gold chains, as they are in the ranker's second round.
    """
    table = ranking.table(text.seen, text.mentions, text.named, gender)
    which = linking.anaphors(text.seen, text.mentions, text.named)
    bearer = linking.introduced(text.seen, text.mentions, table, which)
    if text.pair is not None:
        return _pair_rows(text, table, bearer)
    chain = _chains(text, bearer)
    if told:
        whose = {c: who for who, c in sorted(chain.items(), reverse=True) if c is not None}
        bearer = bearer.copy()
        for n in which:
            gold = text.gold[n]
            if gold in whose and whose[gold] != -1 - n:
                bearer[n] = whose[gold]
    found = ranking.candidates(text.seen, table, which, bearer)
    y = [
        int(text.gold[a] is not None and chain.get(who) == text.gold[a])
        for a, who in zip(found.j.tolist(), found.bearer.tolist(), strict=True)
    ]
    return Rows(found, np.asarray(y, dtype=np.int8))


def _chains(text: Text, bearer: NDArray[np.int64]) -> dict[int, int | None]:
    """The gold chain of each bearer: that of most of its mentions."""
    counts: dict[int, Counter[int | None]] = {}
    for n, who in enumerate(bearer.tolist()):
        if text.mentions[n].form != "pronoun":
            counts.setdefault(who, Counter())[text.gold[n]] += 1
    return {who: count.most_common(1)[0][0] for who, count in counts.items()}


def _pair_rows(text: Text, table: ranking.Table, bearer: NDArray[np.int64]) -> Rows:
    assert text.pair is not None
    whose = [None if place is None else int(bearer[place]) for place in text.candidates]
    only = {} if text.anaphor is None else {text.anaphor: [who for who in whose if who is not None]}
    found = ranking.candidates(text.seen, table, list(only), bearer, only)
    right = dict(zip(whose, text.pair.right, strict=True))
    return Rows(found, np.asarray([int(right[who]) for who in found.bearer.tolist()], dtype=np.int8))


def gender_weights(texts: Iterable[Text]) -> dict[str, float]:
    """Weights of name pieces, from the pronouns that gold chains and pairs give the bearers of given names."""
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    counts: Counter[tuple[str, bool]] = Counter()
    for text in texts:
        for given, feminine in _called(text):
            counts[given, feminine] += 1
    examples = sorted((given, feminine, min(count, 3)) for (given, feminine), count in counts.items())
    if len({feminine for _, feminine, _ in examples}) < 2:
        return {}
    vectors = DictVectorizer()
    x = vectors.fit_transform([dict.fromkeys(ranking.name_pieces(given), 1.0) for given, _, _ in examples])
    model = LogisticRegression(C=0.7, fit_intercept=False, class_weight="balanced", max_iter=500)
    model.fit(x, [feminine for _, feminine, _ in examples], sample_weight=[count for _, _, count in examples])
    return {
        piece: round(float(weight), 3)
        for piece, weight in zip(vectors.feature_names_, model.coef_[0], strict=True)
        if abs(weight) > 0.05
    }


def _called(text: Text) -> Iterable[tuple[str, bool]]:
    pronouns: dict[int, Counter[bool]] = {}
    if text.pair is not None:
        for place, right in zip(text.candidates, text.pair.right, strict=True):
            if right and place is not None and (given := ranking.given_name(text.seen, text.mentions[place])):
                yield given, text.pair.feminine
        return
    for n, one in enumerate(text.mentions):
        chain = text.gold[n]
        if one.form == "pronoun" and chain is not None and one.sort == "person":
            pronouns.setdefault(chain, Counter())[text.seen.lower[one.start] in lexicon.SHE] += 1
    told = set()
    for n, one in enumerate(text.mentions):
        chain = text.gold[n]
        if (
            one.form == "name"
            and chain in pronouns
            and chain not in told
            and (given := ranking.given_name(text.seen, one))
        ):
            told.add(chain)
            yield given, pronouns[chain].most_common(1)[0][0]


def fit(x: NDArray[np.float32], y: NDArray[np.int8], weight: NDArray[np.float64]) -> Any:
    from sklearn.ensemble import GradientBoostingClassifier

    model = GradientBoostingClassifier(
        learning_rate=0.055,
        n_estimators=240,
        max_depth=4,
        min_samples_leaf=25,
        subsample=0.6,
        max_features=0.15,
        random_state=SEED,
    )
    return model.fit(x, y, sample_weight=weight)


def fit_texts(texts: Sequence[Text], folds: Sequence[int]) -> Any:
    """A classifier of the texts' candidates; the learned gender of each text's names comes from the other folds."""
    others = {
        fold: gender_weights(t for t, f in zip(texts, folds, strict=True) if f != fold) for fold in sorted(set(folds))
    }
    parts: list[tuple[Rows, float]] = []
    for text, fold in zip(texts, folds, strict=True):
        if text.pair is not None:
            parts.append((rows(text, others[fold]), 2.0))
        else:
            parts += [(rows(text, others[fold], told), 0.5) for told in (False, True)]
    x = np.concatenate([part.candidates.x for part, _ in parts])
    y = np.concatenate([part.y for part, _ in parts])
    weight = np.concatenate([np.full(len(part.y), one) for part, one in parts])
    return fit(x, y, weight)


#: Chosen on the development half of the sourcing statements (22 articles): what the ranker's own data can't tell.
CHOSEN = {"sharpness": 1.0, "threshold": 0.35, "margin": 1.3, "agreement": 60.0, "going_on": 250.0}
NULLS = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8, 1.2)


def train(data: Path, out: Path) -> Path:
    """Train the ranker on the folder of data, and write ``resolver-<version>`` with its card into ``out``."""
    from quotes.analysis import Analyser

    names = kinds.fit(kinds.lone_names(data, "train"))
    told = kinds.accuracy(kinds.lone_names(data, "dev"), names)
    return train_texts(*read(data, Analyser().pipe), out, names, told)


def read(
    data: Path, analyse: Callable[[Iterable[Article]], Iterable[Analysis]]
) -> tuple[list[Text], list[Text], list[Text], list[Text]]:
    """OntoGUM's train and dev documents, GAP's development and validation pairs (each under its page's title)."""
    coref = data / "coref"

    def documents(split: str) -> list[Text]:
        found = list(coreference.ontogum(coref / "ontogum-permissive.tar.gz", coref / "gum-splits.md", split))
        analyses = analyse([Article(one.id, one.text) for one in found])
        return [prepare(one, analysis) for one, analysis in zip(found, analyses, strict=True)]

    def pairs(split: str) -> list[Text]:
        found = list(coreference.gap(coref / f"gap-{split}.tsv.gz"))
        analyses = analyse([Article(one.id, f"{one.title}\n\n{one.text}") for one in found])
        return [prepare_gap(one, analysis) for one, analysis in zip(found, analyses, strict=True)]

    return documents("train"), documents("dev"), pairs("development"), pairs("validation")


def train_texts(
    documents: Sequence[Text],
    held_out: Sequence[Text],
    development: Sequence[Text],
    validation: Sequence[Text],
    out: Path,
    names: Weights,
    told: float,
) -> Path:
    """Fit, choose, measure and save; returns the artifact's folder. ``names`` are the weights that tell lone names
    apart, and ``told`` how many of the newswire's dev part they tell right."""
    import joblib

    texts = [*documents, *development]
    folds = [number % FOLDS for number in range(len(texts))]
    nulls, threshold, development_f1 = choose(texts, folds)
    classifier = fit_texts(texts, folds)
    gender = gender_weights(texts)
    choices: dict[str, Any] = {**CHOSEN, "nulls": nulls, "gap_threshold": threshold}
    model = linking.Model(classifier, gender, nulls)
    figures = {
        "gap development (out of fold)": asdict(development_f1),
        "gap validation": asdict(gap_measured(validation, classifier, gender, threshold)),
        "ontogum dev": {kind: asdict(one) for kind, one in chain_figures(held_out, model).items()},
        "lone names of newswire dev": told,
    }
    folder = out / f"resolver-{VERSION}"
    folder.mkdir(parents=True, exist_ok=True)
    kept = {"classifier": classifier, "gender": gender, "kinds": dict(names), "choices": choices}
    joblib.dump(kept, folder / "ranker.joblib", compress=3)
    (folder / "README.md").write_text(card(figures, len(documents), len(development)), encoding="utf-8")
    artifacts.save(folder, requires=("scikit-learn",), choices=choices, figures=figures, seed=SEED)
    return folder


def choose(texts: Sequence[Text], folds: Sequence[int]) -> tuple[dict[str, float], float, coreference.GapFigures]:
    """The weight of "nobody" for each kind of anaphor (least log loss on the documents) and the probability from
    which a name of a GAP pair is taken (greatest F1 on the pairs), all on predictions out of fold."""
    losses: dict[str, dict[float, float]] = {}
    answers: dict[int, tuple[float, float]] = {}
    for fold in sorted(set(folds)):
        rest = [n for n, f in enumerate(folds) if f != fold]
        classifier = fit_texts([texts[n] for n in rest], [folds[n] for n in rest])
        gender = gender_weights(texts[n] for n in rest)
        for n, f in enumerate(folds):
            if f == fold and texts[n].pair is not None:
                answers[n] = gap_answer(texts[n], classifier, gender)
            elif f == fold:
                _add_losses(losses, texts[n], classifier, gender)
    nulls = {kind: min(by_null, key=lambda null: by_null[null]) for kind, by_null in losses.items()}
    order = sorted(answers)
    pairs = [pair for n in order if (pair := texts[n].pair)]
    best = max(
        (threshold / 100 for threshold in range(10, 60, 5)),
        key=lambda threshold: coreference.gap_figures(pairs, [decided(answers[n], threshold) for n in order]).f1,
    )
    return nulls, best, coreference.gap_figures(pairs, [decided(answers[n], best) for n in order])


def _add_losses(
    losses: dict[str, dict[float, float]], text: Text, classifier: Any, gender: Mapping[str, float]
) -> None:
    """The log loss of each anaphor's right answer ("nobody" where no candidate is right), for every null."""
    one = rows(text, gender)
    if not len(one.y):
        return
    probability = classifier.predict_proba(one.candidates.x)[:, 1]
    odds = probability / np.clip(1 - probability, 1e-6, 1)
    for anaphor in np.unique(one.candidates.j).tolist():
        here = one.candidates.j == anaphor
        kind = linking.kind_of(text.seen, text.mentions[anaphor])
        right, total = float(odds[here & (one.y == 1)].sum()), float(odds[here].sum())
        for null in NULLS:
            share = (right if right else null) / (total + null)
            by_null = losses.setdefault(kind, {})
            by_null[null] = by_null.get(null, 0.0) - float(np.log(max(share, 1e-6)))


def gap_answer(text: Text, classifier: Any, gender: Mapping[str, float]) -> tuple[float, float]:
    """The probabilities of a pair's two names."""
    one = rows(text, gender)
    if not len(one.y):
        return 0.0, 0.0
    found = dict(
        zip(one.candidates.bearer.tolist(), classifier.predict_proba(one.candidates.x)[:, 1].tolist(), strict=True)
    )
    a, b = (
        0.0 if place is None else float(found.get(text.named.candidates.get(place, ((-1 - place, 1.0),))[0][0], 0.0))
        for place in text.candidates
    )
    return a, b


def decided(answer: tuple[float, float], threshold: float) -> tuple[bool, bool]:
    """The likelier name where it is likely enough; never both."""
    a, b = answer
    return a >= b and a > threshold, b > a and b > threshold


def gap_measured(
    texts: Sequence[Text], classifier: Any, gender: Mapping[str, float], threshold: float
) -> coreference.GapFigures:
    answers = [decided(gap_answer(text, classifier, gender), threshold) for text in texts]
    return coreference.gap_figures([pair for text in texts if (pair := text.pair)], answers)


def chain_figures(texts: Sequence[Text], model: linking.Model) -> dict[str, coreference.ChainFigures]:
    """How often the anaphors of documents with gold chains are given the right bearer, by kind of anaphor."""
    judged: dict[str, list[tuple[bool, bool]]] = {}
    for text in texts:
        found = linking.distributions(text.seen, text.mentions, text.named, model)
        base = len(text.named.referents)
        chain: dict[int, Counter[int | None]] = {}
        for n, one in enumerate(text.mentions):
            who = text.named.candidates[n][0][0] if n in text.named.candidates else base + n
            if one.form != "pronoun":
                chain.setdefault(who, Counter())[text.gold[n]] += 1
        for n in linking.anaphors(text.seen, text.mentions, text.named):
            best, _ = linking.top(found[n])[0]
            gold = text.gold[n]
            nouns = any(g == gold and m != n and text.mentions[m].form != "pronoun" for m, g in enumerate(text.gold))
            linked = best is not None and best != base + n
            if best is not None and linked:
                right = gold is not None and best in chain and chain[best].most_common(1)[0][0] == gold
            else:
                right = gold is None or not nouns
            judged.setdefault(linking.kind_of(text.seen, text.mentions[n]), []).append((right, linked))
    return {kind: coreference.chain_figures(one) for kind, one in sorted(judged.items())}


def card(figures: Mapping[str, Any], documents: int, pairs: int) -> str:
    """The model card."""
    text = (Path(__file__).parent / "resolver_card.md").read_text(encoding="utf-8")
    gap, validation = figures["gap development (out of fold)"], figures["gap validation"]
    lines = [
        "| | F1 | masculine | feminine |", "|---|---|---|---|",
        *(f"| {name} | {one['f1']:.3f} | {one['masculine']:.3f} | {one['feminine']:.3f} |"
          for name, one in (("GAP development, out of fold", gap), ("GAP validation", validation))),
        "", "| OntoGUM dev | anaphors | right | linked | of these right |", "|---|---|---|---|---|",
        *(f"| {kind} | {one['anaphors']} | {one['right']:.3f} | {one['linked']} | {one['precision']:.3f} |"
          for kind, one in figures["ontogum dev"].items()),
    ]  # fmt: skip
    told = f"{figures['lone names of newswire dev']:.3f}"
    return text.format(version=VERSION, documents=documents, pairs=pairs, names=told, figures="\n".join(lines))
