"""The classifier: from features to calibrated probabilities, and to the three parts of an attribution's quality.

* ``link``: the source words are the right ones (an estimator trained on the system's own mistakes), times the
  resolver's calibrated probability that they are that source.
* ``source``: how identifiable and accountable the source is, by the rubric below, expected over the candidates.
* ``text``: the words are intact (an estimator over all evidence of damage).

Newell, Margolin & Ruths (2017) give the idea of the harmonic mean: the weakest part decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from quotes import artifacts
from quotes.records import Assessment, Features, Quality

#: What a source is worth to a reader who wants to check it: who it is, by naming and kind ...
RUBRIC: Mapping[str, float] = {
    "named person": 0.88, "named organization": 0.85, "named group": 0.75, "named document": 0.85, "named": 0.8,
    "described person": 0.40, "described organization": 0.50, "described group": 0.35, "described document": 0.50,
    "described": 0.35, "vague": 0.15, "nobody": 0.03,
}  # fmt: skip
#: ... and what the article adds: each takes this share of what is missing to 1.
ADDED: Mapping[str, float] = {"role": 0.40, "affiliation": 0.30, "occasion": 0.20, "anonymity": 0.20}

#: What speaks against the words: damage of any kind, or of one kind for sure.
DAMAGE = ("garbled", "truncated", "marks", "stray", "spliced", "repeated", "missing", "spun")
#: What is done to words by cutting, gluing and rewriting copy; marks and doubled words slip in while it is written.
CUT = ("truncated", "stray", "spliced", "missing", "spun")

_NAMINGS = ("named", "described", "vague")
_KINDS = ("person", "organization", "group", "document")


def source_worth(values: Mapping[str, float]) -> float:
    """The rubric: naming and kind, raised by role, affiliation, occasion and an anonymity granted with a reason.

    A granted anonymity says why a named source is not to be had, so it counts for unnamed sources alone; who has no
    source at all gains nothing from an occasion. Where the link is unsure, the worth is that expected over candidates.
    """
    naming = next((name for name in _NAMINGS if values[name]), None)
    if naming is None:
        return RUBRIC["nobody"]
    kind = next((name for name in _KINDS if values[name]), "")
    worth = RUBRIC["vague"] if naming == "vague" else RUBRIC.get(f"{naming} {kind}", RUBRIC[naming])
    for what, share in ADDED.items():
        if values[what] and not (what == "anonymity" and naming == "named"):
            worth += share * (1 - worth)
    known = min(1.0, values["first"] + values["second"])
    return known * worth + (1 - known) * RUBRIC["nobody"]


class QualityModel:
    """Assesses attributions by ``models/quality-<version>/``.

    ``thresholds`` are the probabilities from which flags are raised, by code or ``garbled/<variety>``, as they were
    chosen for the false alarms that the model card states. Raises ArtifactError for a model that must not be loaded.
    """

    def __init__(self, folder: Path):
        import joblib

        artifact = artifacts.check(folder)
        self.estimators: dict[str, Any] = joblib.load(artifact.path("estimators.joblib"))
        self.thresholds: Mapping[str, float] = artifact.manifest["thresholds"]

    def __call__(self, features: Sequence[Features]) -> tuple[Assessment, ...]:
        """An assessment for each attribution, in their order."""
        if not features:
            return ()
        rows = [each.values for each in features]
        odds = probabilities(self.estimators, rows)
        odds["orphaned"] = orphaned(odds, rows)
        return tuple(
            _assessment(each, {name: column[number] for name, column in odds.items()})
            for number, each in enumerate(features)
        )


def probabilities(estimators: Mapping[str, Any], rows: Sequence[Mapping[str, float]]) -> dict[str, list[float]]:
    """What each estimator says of each row: ``{"garbled": [0.01, …], …}``."""
    import numpy as np

    odds: dict[str, list[float]] = {}
    for name, (columns, estimator) in estimators.items():
        table = np.array([[row[column] for column in columns] for row in rows], dtype=np.float64)
        odds[name] = [float(value) for value in estimator.predict_proba(table)[:, 1]]
    return odds


def orphaned(odds: Mapping[str, Sequence[float]], rows: Sequence[Mapping[str, float]]) -> list[float]:
    """How probable orphans are, each seen beside the other attributions of its article: damage seldom comes alone.

    A quotation alone in its paragraph is its neighbour's in clean copy, whose speakers go on so, and nobody's in copy
    that was cut. So the odds of such a quotation are raised where other attributions are cut, and lowered where none is
    and no other quote is surely orphaned. (A mark or a word set twice is a slip of the writer's, not of a scraper.)
    """
    cut = sum(max(odds[name][number] for name in CUT) >= _SURELY for number in range(len(rows)))
    lone = [bool(row["alone"]) and not row["has source"] for row in rows]
    raised = [
        _between(_scaled(probability, _COMPANY[min(cut, len(_COMPANY) - 1)]) if by_itself else probability, row)
        for probability, by_itself, row in zip(odds["orphaned"], lone, rows, strict=True)
    ]
    if cut:
        return raised
    surely = [number for number, probability in enumerate(raised) if probability >= _SURELY_ORPHANED]
    return [
        _scaled(probability, _NO_COMPANY) if lone[number] and not set(surely) - {number} else probability
        for number, probability in enumerate(raised)
    ]


_SURELY, _SURELY_ORPHANED = 0.5, 0.65
_COMPANY = (1.0, 5.0, 10.0)  # by how many attributions of the article are cut
_NO_COMPANY = 0.5  # chosen on PolNeAR dev and newswire, where it ends two false alarms in five


def _scaled(probability: float, factor: float) -> float:
    """The probability whose odds are so many times those of the given one."""
    return probability * factor / (1 + probability * (factor - 1))


def _between(estimate: float, values: Mapping[str, float]) -> float:
    """No less than that the source words refer to nobody, and no more than a likely speaker leaves."""
    if not may_be_orphaned(values):
        return 0.0
    return min(max(estimate, by_rule(values)["unresolved_reference"]), 1 - values["first"])


def _assessment(features: Features, odds: Mapping[str, float]) -> Assessment:
    values = features.values
    found = {name: value for name, value in odds.items() if name != "link"}
    link = odds["link"] * values["first"]
    damaged = max(odds[name] for name in DAMAGE)
    quality = Quality(_bounded(link), _bounded(source_worth(values)), _bounded(1 - damaged))
    return Assessment(quality, found | by_rule(values), features.evidence)


def may_be_orphaned(values: Mapping[str, float]) -> bool:
    """Quoted words, not a headline's, without source words or with such as stand for somebody (``the official``)."""
    if values["headline"] or (not values["direct"] and not values["mixed"]):
        return False
    return not values["has source"] or bool(values["pronoun"]) or bool(values["definite"] and values["generic"])


def by_rule(values: Mapping[str, float]) -> dict[str, float]:
    """The flags that need no training: what they assert is what the resolver is sure of."""
    tie = values["rival"] / values["first"] if values["first"] else 0.0
    worded = values["has source"]
    return {
        "vague_source": 0.0 if values["no one meant"] else values["first"] * values["vague"],
        "ambiguous_source": tie * min(1.0, values["first"] + values["rival"])
        if worded and values["first"] < 0.7
        else 0.0,
        "unresolved_reference": values["nobody"] if worded and (values["pronoun"] or values["definite"]) else 0.0,
        "secondhand": 0.9 * values["secondhand"],
        "unsourced": values["nobody"] if values["impersonal"] and not values["direct"] and not values["mixed"] else 0.0,
    }


def _bounded(value: float) -> float:
    return min(1.0, max(0.001, value))
