"""What a lone name is, a person's, an organization's or a place's: by its form and by the words around its mentions.

Taggers of entities call most words that they do not know people. News style tells a person by a full name first, so
that a lone name is seldom one; what stands around it (*in Marlin*, *Marlin's shares*, *Marlin, which*) tells the rest.
The weights are learned (``kinds`` of the trained model): features by name, each with its log-odds for each kind.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Literal

Kind = Literal["person", "organization", "place"]

KINDS: tuple[Kind, ...] = ("person", "organization", "place")

#: Features to weights, one for each of :data:`KINDS`.
Weights = Mapping[str, tuple[float, float, float]]

_PRONOUNS = frozenset(("he", "his", "him", "she", "her", "it", "its", "they", "their", "who", "which", "where"))


def features(words: Sequence[str], places: Sequence[int]) -> dict[str, float]:
    """What is seen of a lone name that stands at ``places`` of an article's ``words``; shares of the mentions."""
    text = words[places[0]]
    low = text.lower()
    found: Counter[str] = Counter()
    for place in places:
        before = [word.lower() for word in words[max(0, place - 2) : place]]
        after = [word.lower() for word in words[place + 1 : place + 3]]
        found[f"before {before[-1] if before else '^'}"] += 1
        found[f"before2 {' '.join(before)}"] += 1
        found[f"after {after[0] if after else '$'}"] += 1
        found[f"after2 {' '.join(after)}"] += 1
        found[f"around {before[-1] if before else '^'} {after[0] if after else '$'}"] += 1
        if after[:1] in (["'s"], ["’s"]):
            found[f"owns {after[1] if len(after) > 1 else '$'}"] += 1
        pronoun = next((word.lower() for word in words[place + 1 : place + 14] if word.lower() in _PRONOUNS), "none")
        found[f"then {pronoun}"] += 1
    shown = {name: count / len(places) for name, count in found.items()}
    for length in (1, 2, 3, 4):
        if len(low) > length:
            shown[f"ends {low[-length:]}"] = 1.0
            shown[f"begins {low[:length]}"] = 1.0
    shown["capitals"] = float(text.isupper() and len(text) > 1)
    shown["camel"] = float(any(a.islower() and b.isupper() for a, b in pairwise(text)))
    shown["often"] = math.log1p(len(places))
    shown["bias"] = 1.0
    return shown


def probabilities(seen: Mapping[str, float], weights: Weights) -> dict[Kind, float]:
    """How likely each kind is, given the features of a name."""
    scores = [0.0, 0.0, 0.0]
    for name, value in seen.items():
        for number, weight in enumerate(weights.get(name, ())):
            scores[number] += value * weight
    most = max(scores)
    parts = [math.exp(score - most) for score in scores]
    return {kind: part / sum(parts) for kind, part in zip(KINDS, parts, strict=True)}
