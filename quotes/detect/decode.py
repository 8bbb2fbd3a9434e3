"""From the network's scores to attributions: spans by their exact probability, then who belongs to whom.

The label scores of an article go through one conditional random field from its first word to its last, so windows
leave no seams. Every span that may stand gets its exact probability there; a set that does not overlap is chosen to
hold as much probability as it can above a threshold (minimum Bayes risk rather than the one best path); what the links
make of a span counts, too. Then each content chooses its cue, and each cue its source or none.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from quotes.detect.labels import BUCKETS, REACH, ROLES, allowed, buckets, label, may_end, may_start
from quotes.detect.words import Words

LEAST = 0.01  # probability of a span that is looked at
LIKELY = 0.15  # probability of a cue that may back a source or a content
REMEMBERED = 4096  # words whose links are kept at hand, some 5 kB each
CUE, SOURCE, CONTENT = range(len(ROLES))
FARTHEST = 600  # words in the longest span


@dataclass(frozen=True, slots=True)
class Scores:
    """What the network gives for the n words of an article (see ``quotes.train.network.Network``)."""

    labels: np.ndarray  # [n, 13]
    seeks: np.ndarray  # [n, 4, 128]
    offers: np.ndarray  # [n, 4, 128]
    likes: np.ndarray  # [n, 4, buckets + 1]


@dataclass(frozen=True, slots=True)
class Settings:
    """The decoder's share of a model, kept in its ``detector.json``.

    A span's worth is its probability, but for ``blend`` its expected overlap and for ``backing`` what the links make
    of it (see :func:`backed`), above a threshold.
    """

    transitions: np.ndarray  # [13, 13], from one label to the next
    thresholds: Mapping[str, float] = field(default_factory=lambda: {"cue": 0.43, "source": 0.35, "content": 0.56})
    blend: Mapping[str, float] = field(default_factory=lambda: {"cue": 0.7, "source": 0.25, "content": 0.23})
    backing: Mapping[str, float] = field(default_factory=lambda: {"cue": 0.25, "source": 0.6, "content": 0.35})
    weights: Mapping[str, float] = field(default_factory=dict)  # of the evidence, for an attribution's probability
    intercept: float = 0.0

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Settings:
        return cls(**{**kept, "transitions": np.array(kept["transitions"], dtype=np.float64)})

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "transitions": np.round(self.transitions, 5).tolist()}

    def probability(self, evidence: Mapping[str, float]) -> float:
        """Logistic regression on the evidence: the calibrated probability that an attribution is right."""
        total = self.intercept + sum(weight * evidence[name] for name, weight in self.weights.items())
        return float(1 / (1 + np.exp(-total)))


@dataclass(frozen=True, slots=True)
class Found:
    """A span of words ``[start, end)``, the probability that it stands so, and its expected overlap.

    ``overlap`` is the sum, over all spans of its role that may stand, of their probability times the share of words
    in common: near 1 where something surely stands here, though one word more or less is anybody's guess.
    """

    start: int
    end: int
    probability: float
    overlap: float = 0.0


@dataclass(frozen=True, slots=True)
class Linked:
    """An attribution in words; ``evidence`` holds log-odds (see :func:`decode`), ``probability`` what follows."""

    cue: Found
    source: Found | None
    contents: tuple[Found, ...]
    evidence: Mapping[str, float]
    probability: float


class Chain:
    """The CRF over one article: marginals of labels and exact probabilities of spans."""

    def __init__(self, scores: np.ndarray, transitions: np.ndarray):
        n, k = scores.shape
        self.moves = np.where(allowed(), np.exp(transitions), 0.0)
        self.seen = np.exp(scores - scores.max(axis=1, keepdims=True)).astype(np.float64)
        self.forward = np.zeros((n, k))
        self.backward = np.zeros((n, k))
        self.scale = np.ones(n)
        ahead = may_start().astype(float)
        for t in range(n):
            ahead = (ahead @ self.moves if t else ahead) * self.seen[t]
            self.scale[t] = ahead.sum()
            ahead = ahead / self.scale[t]
            self.forward[t] = ahead
        behind = may_end().astype(float)
        behind = behind / (self.forward[-1] @ behind)
        self.backward[-1] = behind
        for t in range(n - 2, -1, -1):
            behind = self.moves @ (self.seen[t + 1] * behind) / self.scale[t + 1]
            self.backward[t] = behind
        self.marginals = self.forward * self.backward
        inside = [label(role, "I") for role in range(len(ROLES))]
        with np.errstate(divide="ignore"):
            steps = np.log(self.seen[:, inside]) + np.log(self.moves[inside, inside]) - np.log(self.scale)[:, None]
        self.within = np.cumsum(steps, axis=0)

    def spans(self, role: int, least: float, longest: int = FARTHEST) -> list[Found]:
        """Every span of a role whose probability is at least ``least``, in order."""
        begin, inner, last, single = (label(role, place) for place in "BIES")
        found = [
            Found(int(i), int(i) + 1, float(self.marginals[i, single]))
            for i in np.flatnonzero(self.marginals[:, single] >= least)
        ]
        ends = np.flatnonzero(self.marginals[:, last] >= least)
        for start in np.flatnonzero(self.marginals[:, begin] >= least):
            near = ends[np.searchsorted(ends, start, "right") : np.searchsorted(ends, start + longest)]
            if not len(near):
                continue
            with np.errstate(divide="ignore"):
                short = np.log(self.moves[begin, last])
                long = np.log(self.moves[begin, inner] * self.moves[inner, last] / self.moves[inner, inner])
                long = long + self.within[near - 1, role] - self.within[start, role]
                rest = np.log(self.seen[near, last]) + np.log(self.backward[near, last]) - np.log(self.scale[near])
                score = np.log(self.forward[start, begin]) + np.where(near == start + 1, short, long) + rest
            probability = np.exp(np.minimum(score, 0.0))
            found += [
                Found(int(start), int(end) + 1, float(p))
                for end, p in zip(near, probability, strict=True)
                if p >= least
            ]
        return sorted(found, key=lambda span: (span.start, span.end))


def overlapped(spans: Sequence[Found]) -> list[Found]:
    """The same spans (of one role, in order of their starts) with their expected overlap."""
    totals = [span.probability for span in spans]
    open_: list[int] = []  # numbers of the spans before that reach this far
    for number, one in enumerate(spans):
        open_ = [other for other in open_ if spans[other].end > one.start]
        for other in open_:
            before = spans[other]
            share = (min(one.end, before.end) - one.start) / (max(one.end, before.end) - before.start)
            totals[number] += before.probability * share
            totals[other] += one.probability * share
        open_.append(number)
    return [replace(span, overlap=min(1.0, total)) for span, total in zip(spans, totals, strict=True)]


def choose(candidates: Sequence[tuple[tuple[int, Found], float]]) -> list[tuple[int, Found]]:
    """The (role, span) pairs, none overlapping another, whose worths add up to the most (interval scheduling)."""
    ordered = sorted((one for one in candidates if one[1] > 0), key=lambda one: (one[0][1].end, one[0][1].start))
    ends = [span.end for (_, span), _ in ordered]
    best = [0.0]
    taken: list[bool] = []
    before: list[int] = []
    for (_, span), worth in ordered:
        before.append(bisect_right(ends, span.start))
        with_it = best[before[-1]] + worth
        taken.append(with_it > best[-1])
        best.append(max(with_it, best[-1]))
    chosen, number = [], len(ordered)
    while number:
        if taken[number - 1]:
            chosen.append(ordered[number - 1][0])
            number = before[number - 1]
        else:
            number -= 1
    return chosen[::-1]


class Links:
    """Link probabilities of one article, worked out word by word as they are asked for."""

    def __init__(self, scores: Scores, words: Words):
        self.scores = scores
        self._known: dict[tuple[int, int], tuple[int, np.ndarray]] = {}
        self.place, self.paragraph, self.sentence = np.arange(len(words)), words.paragraph, words.sentence

    def logs(self, link: int, word: int) -> tuple[int, np.ndarray]:
        """Log-probabilities of the words from an offset on that ``word`` links to; the last of them is for none."""
        if (link, word) not in self._known:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[link, word] = self._logs(link, word)
        return self._known[link, word]

    def _logs(self, link: int, word: int) -> tuple[int, np.ndarray]:
        low, high = max(0, word - REACH), min(len(self.place), word + REACH + 1)
        near = buckets(
            self.place[low:high] - word,
            self.paragraph[low:high] - self.paragraph[word],
            self.sentence[low:high] - self.sentence[word],
        )
        liked = self.scores.likes[word, link]
        fit = self.scores.offers[low:high, link] @ self.scores.seeks[word, link] + liked[near].sum(axis=1)
        fit = np.append(fit, liked[BUCKETS]).astype(np.float64)
        fit -= fit.max()
        return low, fit - np.log(np.exp(fit).sum())

    def to(self, link: int, word: int, others: np.ndarray) -> np.ndarray:
        """Log-probabilities that ``word`` links to each of ``others``, word numbers within reach."""
        low, logs = self.logs(link, word)
        return logs[others - low]

    def to_none(self, link: int, word: int) -> float:
        return float(self.logs(link, word)[1][-1])


def decode(words: Words, scores: Scores, settings: Settings) -> list[Linked]:
    """The attributions of an article, in order of their cues.

    Each content belongs to the cue that it links to best, each cue takes the source that it links to best, or none.
    A cue without content and a content without a cue are left out.
    """
    if not len(words):
        return []
    links = Links(scores, words)
    cues, sources, contents = chosen(Chain(scores.labels, settings.transitions), links, settings)
    held: dict[Found, list[tuple[Found, float]]] = {}
    starts = np.array([cue.start for cue in cues], dtype=int)
    for content in contents:
        near = _within(starts, content.start, content.end - 1)
        if len(near):
            fits = _fits(content, starts[near], links)
            best = int(np.argmax(fits))
            held.setdefault(cues[near[best]], []).append((content, float(fits[best])))
    said = []
    for cue in cues:
        if cue not in held:
            continue
        source, fit = _source(cue, sources, links)
        parts = tuple(content for content, _ in held[cue])
        evidence = {
            "cue": _odds(cue.overlap),
            "content": _odds(min(content.overlap for content in parts)),
            "content link": _odds(np.exp(min(link for _, link in held[cue]))),
            "source": _odds(source.overlap) if source else 0.0,
            "source link": _odds(np.exp(fit)),
            "sourceless": float(source is None),
            "contents": float(len(parts) - 1),
        }
        said.append(Linked(cue, source, parts, evidence, settings.probability(evidence)))
    return said


def chosen(chain: Chain, links: Links, settings: Settings) -> list[list[Found]]:
    """The cues, sources and contents that stand: no two spans overlap, whatever their roles."""
    spans = [overlapped(chain.spans(role, LEAST)) for role in range(len(ROLES))]
    linked = backed(spans, links)
    worth = {}
    for role, name in enumerate(ROLES):
        blend, backing = settings.blend[name], settings.backing[name]
        for span in spans[role]:
            mixed = (1 - blend - backing) * span.probability + blend * span.overlap
            worth[role, span] = mixed + backing * linked.get((role, span), 0.0) - settings.thresholds[name]
    best = choose(list(worth.items()))
    return [[span for role, span in best if role == number] for number in range(len(ROLES))]


def backed(spans: Sequence[Sequence[Found]], links: Links) -> dict[tuple[int, Found], float]:
    """What the links make of spans (by role): how probable it is, at the most, that another is there and linked to it.

    For a source and for a content the other is a cue, for a cue it is a content, by its expected overlap.
    """
    cues, sources, contents = spans
    starts: dict[int, float] = {}
    for cue in cues:
        starts[cue.start] = starts.get(cue.start, 0.0) + cue.probability
    likely = {start: probability for start, probability in starts.items() if probability >= LIKELY}
    found: dict[tuple[int, Found], float] = {}
    firsts, lasts = _ends(sources)
    for start, probability in likely.items():
        near = _reached(firsts, lasts, start)
        fits = probability * np.exp(links.to(0, start, firsts[near]) + links.to(1, start, lasts[near]))
        for number, fit in zip(near, fits, strict=True):
            key = SOURCE, sources[number]
            found[key] = max(found.get(key, 0.0), float(fit))
    places, probabilities = np.array(list(starts), dtype=int), np.array(list(starts.values()))
    probabilities = np.where(probabilities >= LIKELY, probabilities, 0.0)
    begun = dict.fromkeys(starts, 0.0)
    for content in contents:
        near = _within(places, content.start, content.end - 1)
        if len(near):
            fits = np.exp(_fits(content, places[near], links))
            found[CONTENT, content] = float((fits * probabilities[near]).max())
            for start, fit in zip(places[near].tolist(), (fits * content.overlap).tolist(), strict=True):
                begun[start] = max(begun[start], fit)
    return found | {(CUE, cue): begun[cue.start] for cue in cues}


def _fits(content: Found, starts: np.ndarray, links: Links) -> np.ndarray:
    """Log-probabilities, the mean of its two links', that a content belongs to the cues with these first words."""
    return (links.to(2, content.start, starts) + links.to(3, content.end - 1, starts)) / 2


def _ends(spans: Sequence[Found]) -> tuple[np.ndarray, np.ndarray]:
    """The first and the last words of spans."""
    firsts = np.array([span.start for span in spans], dtype=int)
    return firsts, np.array([span.end - 1 for span in spans], dtype=int)


def _source(cue: Found, sources: Sequence[Found], links: Links) -> tuple[Found | None, float]:
    """The source that a cue links to best, or none, and the mean log-probability of its two links."""
    firsts, lasts = _ends(sources)
    near = _reached(firsts, lasts, cue.start)
    fits = np.append(
        links.to(0, cue.start, firsts[near]) + links.to(1, cue.start, lasts[near]),
        links.to_none(0, cue.start) + links.to_none(1, cue.start),
    )
    best = int(np.argmax(fits))
    return (sources[near[best]] if best < len(near) else None), float(fits[best]) / 2


def _within(places: np.ndarray, *words: int) -> np.ndarray:
    """Numbers of the places, given in order, that lie within a link's reach of all the words."""
    low = np.searchsorted(places, max(words) - REACH)
    return np.arange(low, max(low, np.searchsorted(places, min(words) + REACH, "right")))


def _reached(firsts: np.ndarray, lasts: np.ndarray, word: int) -> np.ndarray:
    """Numbers of the spans, in order of their first words, whose ends both lie within a link's reach of a word."""
    near = _within(firsts, word)
    return near[np.abs(lasts[near] - word) <= REACH]


def _odds(probability: float) -> float:
    """Log-odds, kept within what a probability of this model can mean."""
    inner = min(max(float(probability), 0.001), 0.999)
    return float(np.log(inner / (1 - inner)))
