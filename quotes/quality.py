"""The classifier: from features to calibrated probabilities, and to the three parts of an attribution's quality.

* ``link``: the source words are the right ones (an estimator trained on the system's own mistakes), times the
  resolver's calibrated probability that they are that source.
* ``source``: how identifiable and accountable the source is, by the rubric below, expected over the candidates.
* ``text``: the words are intact, by the likeliest kind of damage, so that it agrees with the flags.

Newell, Margolin & Ruths (2017) give the idea of the harmonic mean: the weakest part decides.
"""

from __future__ import annotations

import math
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

#: What speaks against the words, and may be flagged: damage of one kind or another.
DAMAGE = ("truncated", "marks", "stray", "spliced", "repeated", "missing", "spun")
#: What is done to words by cutting, gluing and rewriting copy; marks and doubled words slip in while it is written.
CUT = ("truncated", "stray", "spliced", "missing", "spun")

SPUN_ARTICLE = "spun article"  # the estimator of quotes in articles that are spun all over
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
        odds = in_company(probabilities(self.estimators, rows), rows)
        odds["orphaned"] = orphaned(odds, rows)
        return tuple(
            _assessment(each, {name: column[number] for name, column in odds.items()})
            for number, each in enumerate(features)
        )


def probabilities(estimators: Mapping[str, Any], rows: Sequence[Mapping[str, float]]) -> dict[str, list[float]]:
    """What each estimator says of each row: ``{"garbled": [0.01, …], …}``.

    A quote is spun by itself, or with the rest of its article: two estimators, either of which may be right, where one
    of its own words is suspect, not its neighbour's; and that it is spliced the same words in another quotation may
    say, too. What rules alone are sure of is too rare to be learned from: *the* or *a* before a closing mark
    (``trusted the,”``), debris in place of words (``been ]] seen``).
    """
    import numpy as np

    odds: dict[str, list[float]] = {}
    for name, (columns, estimator) in estimators.items():
        table = np.array([[row[column] for column in columns] for row in rows], dtype=np.float64)
        odds[name] = [float(value) for value in estimator.predict_proba(table)[:, 1]]
    if SPUN_ARTICLE in odds:
        all_over = [row["article.spun"] >= _ALL_OVER for row in rows]
        article = [one * sure for one, sure in zip(odds.pop(SPUN_ARTICLE), all_over, strict=True)]
        own = [row["own spun"] >= max(_SEEN, _BEHIND * row["word spun.first"]) for row in rows]
        odds["spun"] = [one * seen for one, seen in zip(_either(odds["spun"], article), own, strict=True)]
    if "spliced" in odds:
        odds["spliced"] = _either(odds["spliced"], [row["echo"] for row in rows])
    for name, (sign, sure) in _BY_RULE_ALONE.items():
        if name in odds:
            odds[name] = _either(odds[name], [row[sign] * (row[sign] >= sure) for row in rows])
    return odds


def _either(some: Sequence[float], others: Sequence[float]) -> list[float]:
    """How probable it is that one of two signs is right, neither knowing of the other."""
    return [1 - (1 - one) * (1 - other) for one, other in zip(some, others, strict=True)]


def in_company(odds: Mapping[str, list[float]], rows: Sequence[Mapping[str, float]]) -> dict[str, list[float]]:
    """The odds with damage likelier where other paragraphs surely have the same: it seldom comes alone.

    Whoever cut, glued or rewrote an article did so in several places. But most of its quotes are intact all the same,
    and only those are doubted more which show a sign of it themselves.
    """
    raised = dict(odds)
    for name, (sign, least, fewest) in _SHOWN.items():
        hurt = {row["paragraph"] for row, one in zip(rows, odds[name], strict=True) if one >= _SURELY}
        if len(hurt) < fewest:
            continue
        raised[name] = [
            _likelier(one, _TIMES[min(len(hurt - {row["paragraph"]}), len(_TIMES) - 1)])
            if row[sign] >= least and row["article.spun"] < _ALL_OVER  # there its estimator has seen the rest
            else one
            for one, row in zip(odds[name], rows, strict=True)
        ]
    return raised


#: The sign of a variety that a quote must show itself, how sure, and how many paragraphs must have the variety (a lost
#: full stop or two are no cuts); and how many times likelier it is where 0, 1, 2 or more others have it. Chosen on
#: damaged copies of PolNeAR's development part, few of whose intact quotes are flagged, and on clean dev and news.
_SHOWN = {
    "truncated": ("open end.here", 0.2, 3),
    "spliced": ("word joint.first", 0.4, 1),
    "missing": ("word joint.first", 0.4, 1),
    "spun": ("own spun", 0.4, 1),
}
_TIMES = (1.0, 8.0, 20.0, 40.0)


def _likelier(probability: float, times: float) -> float:
    """A probability whose odds are so many times as high."""
    return probability * times / (1 - probability + probability * times)


def orphaned(odds: Mapping[str, Sequence[float]], rows: Sequence[Mapping[str, float]]) -> list[float]:
    """How probable orphans are, the quotations alone in their paragraphs seen together: an article was robbed or not.

    In clean copy such a quotation is its neighbour's, who goes on, and all of them are; in copy that lost clauses or
    paragraphs most are nobody's. So what the estimator says of each is evidence about the article, and the article
    decides for each: one that cannot be anybody's makes the others likelier, several that can be make each other
    unlikely. The more attributions are cut or spun, or said by a *he* who is nobody, the likelier both. (A mark or a
    word set twice is a slip of the writer's, not of a scraper.)
    """
    found = [_by_itself(estimate, row) for estimate, row in zip(odds["orphaned"], rows, strict=True)]
    lone = [
        number
        for number, row in enumerate(rows)
        if may_be_orphaned(row) and not row["has source"] and not row["beside"]
    ]
    cut = sum(
        max(odds[name][number] for name in CUT) >= _SURELY or (row["has source"] > 0 and found[number] >= _NOBODY)
        for number, row in enumerate(rows)
    )
    raised = _COMPANY[min(cut, len(_COMPANY) - 1)]
    heard = sum(math.log(_SHARE * _odds(found[number]) + 1 - _SHARE) for number in lone)
    robbed = _ROBBED * raised * math.exp(min(heard, 99.0))  # no list of quotes is too long for it
    for number in lone:
        orphan = _SHARE * _odds(found[number]) * raised
        found[number] = robbed / (1 + robbed) * orphan / (orphan + 1 - _SHARE)
    return found


#: The odds that an article is robbed, and the share of lone quotations that are then nobody's, chosen for recall and
#: calibration on damaged copies of PolNeAR's development part and for false alarms on news.
_ROBBED, _SHARE = 1.6, 0.88
_SURELY = 0.5
#: Varieties that a rule can be sure of alone: its sign, and from what probability on. *The* or *a* before a closing
#: mark has more than all other hanging words, mark-up and notices more than what may be a writer's slip.
_BY_RULE_ALONE = {"truncated": ("hanging inside.here", 0.9), "stray": ("stray.here", 0.85)}
_NOBODY = 0.8  # no *he* and no *official* of clean copy has as much (0.76 at most); *it* is harder to tell
#: A word less suspect than this, or far behind its neighbour's, is no ground to call the quote spun that it stands in:
#: an editor would be shown nothing of the quote's own.
_SEEN, _BEHIND = 0.25, 0.4
_ALL_OVER = 0.045  # less is no article spun all over: dialect comes near it
_COMPANY = (1.0, 5.0, 10.0, 20.0, 40.0)  # by how many attributions of the article are cut


def _by_itself(estimate: float, values: Mapping[str, float]) -> float:
    """No more than a likely speaker leaves, where source words stand for one; *he* who is nobody is no source."""
    if not may_be_orphaned(values):
        return 0.0
    if not values["has source"]:
        return estimate
    nobody = values["nobody"] if values["nobody"] >= _NOBODY and not values["thing"] else 0.0
    return max(nobody, min(estimate, 1 - values["first"]))


def _odds(probability: float) -> float:
    bounded = min(max(probability, 1e-4), 1 - 1e-4)
    return bounded / (1 - bounded)


def _assessment(features: Features, odds: Mapping[str, float]) -> Assessment:
    values = features.values
    found = {name: value for name, value in odds.items() if name != "link"}
    link = odds["link"] * values["first"]
    damaged = max(odds[name] for name in DAMAGE)
    quality = Quality(_bounded(link), _bounded(source_worth(values)), _bounded(1 - damaged))
    return Assessment(quality, found | by_rule(values), features.evidence)


def may_be_orphaned(values: Mapping[str, float]) -> bool:
    """Quoted words without source words or with such as stand for somebody (``the official``); no heading's, nor what
    somebody is quoted as saying elsewhere in the article, nor the answer to what the writer asked."""
    if values["headline"] or values["said again"] or (not values["direct"] and not values["mixed"]):
        return False
    if not values["has source"] and values["answers"]:
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
