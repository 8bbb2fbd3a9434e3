"""Training of the resolver's ranker: OntoGUM's train documents and GAP's development pairs.

Both are read through the project's own analysis, so that the ranker sees in training what it will see in use. How
given names go with *he* and *she* is learned from the same texts, out of fold, so that the ranker learns how far to
trust it. The weights of "nobody", the sharpness and the thresholds are chosen on predictions out of fold as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quotes import artifacts
from quotes.evaluate import coreference
from quotes.records import Analysis, Article
from quotes.resolve import linking, ranking
from quotes.resolve.mentions import Mention, View, mentions, view
from quotes.resolve.referents import Named, named

VERSION = "1.0.0"
FOLDS = 5
SEED = 7


@dataclass(frozen=True, slots=True)
class Text:
    """A text made ready: its mentions, and what is known of them. ``gold[n]`` is the gold chain of mention ``n`` or None."""

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
    found = mentions(seen)
    by_end: dict[int, list[tuple[int, int]]] = {}
    spans: list[tuple[int, int, int]] = []
    for chain, members in enumerate(document.chains):
        spans += [(start, end, chain) for start, end in members]
    gold: list[int | None] = []
    for one in found:
        begin, start, end = (seen.tokens[place].start for place in (one.phrase, one.start, one.head))
        end = seen.tokens[one.head].end
        fitting = [(stop - first, chain) for first, stop, chain in spans if first in (begin, start) and stop >= end and _headed(seen, first, stop, one)]
        gold.append(min(fitting)[1] if fitting else None)
    del by_end
    return Text(document.id, seen, found, named(seen, found), tuple(gold))


def _headed(seen: View, start: int, end: int, one: Mention) -> bool:
    """Whether a gold span's head may be the mention's: nothing but modifiers behind it, no possessive between."""
    last = seen.tokens[one.head].end
    rest = seen.text[last:end]
    return not rest.startswith(("'s ", "’s ")) and (one.form != "pronoun" or end == last)


def prepare_gap(pair: coreference.Pair, analysis: Analysis) -> Text:
    """A GAP pair whose analysis has the page's title as headline; the two names are given, so they are entities."""
    seen, found, anaphor, names = gap_mentions(pair, analysis)
    return Text(pair.id, seen, found, named(seen, found), (None,) * len(found), pair, anaphor, names)


def gap_mentions(
    pair: coreference.Pair, analysis: Analysis
) -> tuple[View, tuple[Mention, ...], int | None, tuple[int | None, int | None]]:
    given = coreference.with_names(pair, analysis)
    seen = view(given)
    found = mentions(seen)
    return seen, found, *coreference.places(pair, given, seen, found)


def rows(text: Text, gender: Mapping[str, float]) -> tuple[NDArray[np.float32], NDArray[np.int8], NDArray[np.int64], NDArray[np.int64]]:
    """Features, labels (-1: not known), anaphors and candidates of a text's pairs."""
    table = ranking.table(text.seen, text.mentions, text.named, gender)
    which = linking.anaphors(text.seen, text.mentions, text.named)
    j, i = ranking.pairs(text.seen, table, which)
    x = ranking.features(text.seen, table, j, i)
    if text.pair is None:
        y = [int(text.gold[a] is not None and text.gold[a] == text.gold[b]) for a, b in zip(j.tolist(), i.tolist(), strict=True)]
    else:
        y = [_gap_label(text, b) if a == text.anaphor else -1 for a, b in zip(j.tolist(), i.tolist(), strict=True)]
    return x, np.asarray(y, dtype=np.int8), j, i


def _gap_label(text: Text, candidate: int) -> int:
    """1 and 0 for the two names and whoever bears them; 0 for any other name where one of the two is right."""
    assert text.pair is not None
    bearer = text.named.candidates.get(candidate, ((None, 0.0),))[0][0]
    for place, right in zip(text.candidates, text.pair.right, strict=True):
        if place is not None and (place == candidate or (bearer is not None and bearer == text.named.candidates.get(place, ((None, 0.0),))[0][0])):
            return int(right)
    return 0 if any(text.pair.right) and text.mentions[candidate].form == "name" else -1


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
    return {piece: round(float(weight), 3) for piece, weight in zip(vectors.feature_names_, model.coef_[0], strict=True) if abs(weight) > 0.05}


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
            pronouns.setdefault(chain, Counter())[text.seen.lower[one.start] in ranking.lexicon.SHE] += 1
    told = set()
    for n, one in enumerate(text.mentions):
        chain = text.gold[n]
        if one.form == "name" and chain in pronouns and chain not in told and (given := ranking.given_name(text.seen, one)):
            told.add(chain)
            yield given, pronouns[chain].most_common(1)[0][0]


@dataclass(frozen=True, slots=True)
class Fold:
    """One text's pairs with the probabilities of a model that did not see it."""

    text: Text
    j: NDArray[np.int64]
    i: NDArray[np.int64]
    probability: NDArray[np.float64]


def fit(x: NDArray[np.float32], y: NDArray[np.int8], weight: NDArray[np.float64]) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(
        learning_rate=0.06, max_iter=220, max_leaf_nodes=15, min_samples_leaf=40, l2_regularization=2.0, random_state=SEED
    )
    return model.fit(x, y, sample_weight=weight)


def fit_texts(texts: Sequence[Text], folds: Sequence[int]) -> Any:
    """A classifier of the texts' pairs; the learned gender of each text's names comes from the other folds."""
    others = {fold: gender_weights(t for t, f in zip(texts, folds, strict=True) if f != fold) for fold in sorted(set(folds))}
    parts = [rows(text, others[fold]) for text, fold in zip(texts, folds, strict=True)]
    x = np.concatenate([part[0] for part in parts])
    y = np.concatenate([part[1] for part in parts])
    weight = np.concatenate([np.full(len(part[1]), 3.0 if text.pair else 1.0) for text, part in zip(texts, parts, strict=True)])
    known = y >= 0
    return fit(x[known], y[known], weight[known])


def out_of_fold(texts: Sequence[Text], folds: Sequence[int], train: Callable[..., Any] = fit_texts) -> list[Fold]:
    """Every text's pairs as scored by a model of the other folds."""
    found: dict[int, Fold] = {}
    for fold in sorted(set(folds)):
        rest = [n for n, f in enumerate(folds) if f != fold]
        model = train([texts[n] for n in rest], [folds[n] for n in rest])
        weights = gender_weights(texts[n] for n in rest)
        for n, f in enumerate(folds):
            if f == fold:
                found[n] = scored(texts[n], model, weights)
    return [found[n] for n in range(len(texts))]


def scored(text: Text, model: Any, weights: Mapping[str, float]) -> Fold:
    x, _, j, i = rows(text, weights)
    probability = model.predict_proba(x)[:, 1] if len(x) else np.zeros(0)
    return Fold(text, j, i, probability)
