"""From mentions to links: whom each mention stands for, with probabilities, and the sources that come of it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quotes.resolve import lexicon, ranking
from quotes.resolve.mentions import Mention, View, noun
from quotes.resolve.referents import Named

#: None in a distribution is "nobody in this article".
Distribution = dict[int | None, float]


@dataclass(frozen=True, slots=True)
class Model:
    """A trained ranker and what was chosen with it on development data."""

    classifier: ranking.Classifier
    gender: Mapping[str, float]
    null_pronoun: float = 1.0
    null_nominal: float = 1.0
    sharpness: float = 1.0
    threshold: float = 0.5


def distributions(seen: View, mentions: Sequence[Mention], named: Named, model: Model) -> list[Distribution]:
    """For each mention, who it stands for: numbers below ``len(named.referents)`` are named referents, the others
    (``len(named.referents) + n``) are introduced by mention ``n`` itself."""
    rows = ranking.table(seen, mentions, named, model.gender)
    j, i = ranking.pairs(seen, rows, anaphors(seen, mentions, named))
    probability = np.zeros(0)
    if len(j):
        probability = model.classifier.predict_proba(ranking.features(seen, rows, j, i))[:, 1].astype(np.float64)
    return combined(seen, mentions, named, j, i, probability, model)


def anaphors(seen: View, mentions: Sequence[Mention], named: Named) -> list[int]:
    """The mentions that may stand for others."""
    return [n for n, one in enumerate(mentions) if ranking.anaphoric(seen, one) and n not in named.appositive]


def combined(
    seen: View, mentions: Sequence[Mention], named: Named, j: NDArray[np.int64], i: NDArray[np.int64],
    probability: NDArray[np.float64], model: Model,
) -> list[Distribution]:  # fmt: skip
    """Probabilities of pairs ``(j, i)`` to distributions: what stands for a pronoun stands for what that stands for."""
    which = anaphors(seen, mentions, named)
    shares: dict[int, list[tuple[int, float]]] = {n: [] for n in which}
    nobody: dict[int, float] = dict.fromkeys(which, 1.0)
    if len(j):
        pronoun = np.asarray([mentions[a].form == "pronoun" for a in j.tolist()])
        null = np.where(pronoun, model.null_pronoun, model.null_nominal)
        share, rest = ranking.normalised(probability, j, null, model.sharpness)
        nobody.update(rest)
        for a, b, one in zip(j.tolist(), i.tolist(), share.tolist(), strict=True):
            shares[a].append((b, one))
    base = len(named.referents)
    found: list[Distribution] = []
    introduced: dict[tuple[object, ...], int] = {}
    for number, one in enumerate(mentions):
        if number in named.candidates:
            found.append(dict(named.candidates[number]))
        elif number in named.appositive:
            found.append({named.appositive[number]: 1.0})
        elif number in shares:
            found.append(_sum(found, named, shares[number], number, nobody[number], one, base, seen))
        elif one.form == "nominal":
            found.append({introduced.setdefault(_key(seen, one), base + number): 1.0})
        else:
            found.append({base + number: 1.0})
    return found


def _sum(
    found: Sequence[Distribution], named: Named, shares: Sequence[tuple[int, float]], number: int, nobody: float, one: Mention,
    base: int, seen: View,
) -> Distribution:  # fmt: skip
    total: Distribution = {}
    for other, share in shares:
        parts = found[other] if other < number else dict(named.candidates.get(other, ()))
        for who, part in parts.items():
            total[who] = total.get(who, 0.0) + share * part
    own = base + number if one.form == "nominal" and not generic(seen, one) else None
    total[own] = total.get(own, 0.0) + nobody
    return total


def generic(seen: View, one: Mention) -> bool:
    """``the official``, ``the sources``: a noun for anybody, with nothing that would tell whom."""
    bare = one.end - one.phrase == 2 and seen.lower[one.phrase] in ("the", "this", "that", "these", "those")
    follows = seen.lower[one.end : one.end + 1]
    if not bare or follows in (("of",), ("for",), ("from",), ("at",), ("who",), ("with",), ("in",)):
        return False
    lemma = noun(seen, one.head)
    return lemma in lexicon.PERSON_NOUNS and lemma not in _UNIQUE and one.sort in ("person", "group")


_UNIQUE = frozenset(
    (
        "president",
        "governor",
        "mayor",
        "pope",
        "king",
        "queen",
        "premier",
        "chancellor",
        "republican",
        "democrat",
        "voter",
    )
    + ("emperor", "conservative", "liberal", "public", "candidate", "nominee", "american")
)


def _key(seen: View, one: Mention) -> tuple[object, ...]:
    """Nominals that repeat each other's words are one; an indefinite singular opens a new one unless all words agree."""
    words = seen.lower[one.phrase : one.end]
    while len(words) > 1 and words[0] in ("a", "an", "the", "some", "many"):
        words = words[1:]
    return (words, one.plural)


def top(found: Distribution) -> list[tuple[int | None, float]]:
    """A distribution by falling probability; ties by number, nobody last."""
    return sorted(found.items(), key=lambda pair: (-round(pair[1], 9), pair[0] is None, pair[0] or 0))


def mention_at(mentions: Sequence[Mention], starts: Sequence[int], start: int, end: int) -> int | None:
    """The mention whose head lies in the tokens ``[start, end)``, the longest first."""
    inside = [n for n in range(bisect_left(starts, start), bisect_left(starts, end)) if start <= mentions[n].head < end]
    return max(inside, key=lambda n: (mentions[n].end - mentions[n].start, -n), default=None)
