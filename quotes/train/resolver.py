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
from quotes.resolve import lexicon, linking, ranking
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
        fitting = [
            (stop - first, chain)
            for first, stop, chain in spans
            if first in (begin, start) and stop >= end and _headed(seen, first, stop, one)
        ]
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
        learning_rate=0.08,
        n_estimators=160,
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
