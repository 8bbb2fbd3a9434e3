"""How many damaged quotes are found and named, and how often clean copy is suspected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np

from quotes.evaluate.damage import VARIETIES, Said, Site, damaged
from quotes.marks import paragraphs
from quotes.records import Article, Attribution, Quote, Record

Score = Callable[[Sequence[Article]], Iterable[Record]]


@dataclass(frozen=True, slots=True)
class Alarm:
    """A flag on a quote that should have none, for reading."""

    article: str
    code: str
    variety: str | None
    probability: float
    reason: str
    words: str


@dataclass(frozen=True, slots=True)
class FalseAlarms:
    """Flags on clean copy, per direct or mixed quote."""

    quotes: int
    counts: Mapping[str, int]
    alarms: tuple[Alarm, ...]

    def rate(self, code: str) -> float:
        return self.counts.get(code, 0) / max(1, self.quotes)


@dataclass(frozen=True, slots=True)
class Found:
    """Of the sites of one variety: how many some quote lies on, how many are flagged, and with the right variety."""

    sites: int
    quoted: int
    flagged: int
    named: int

    @property
    def recall(self) -> float:
        return self.flagged / max(1, self.sites)

    @property
    def right(self) -> float:
        return self.named / max(1, self.flagged)


def false_alarms(records: Iterable[Record]) -> FalseAlarms:
    """Count the quotes of clean articles that are flagged garbled or orphaned (a quote once for each)."""
    quotes, counts, alarms = 0, Counter[str](), []
    for record in records:
        for quote in record.quotes:
            if quote.attribution.speech == "indirect":
                continue
            quotes += 1
            for code in ("garbled", "orphaned"):
                raised = [flag for flag in quote.flags if flag.code == code]
                counts[code] += bool(raised)
                words = " … ".join(span.text for span in quote.attribution.contents)
                alarms += [
                    Alarm(record.article.id, code, flag.variety, flag.probability, flag.reason, words)
                    for flag in raised
                ]
    return FalseAlarms(quotes, dict(counts), tuple(alarms))


def quoted_paragraphs(text: str, attributions: Sequence[Attribution]) -> tuple[list[str], dict[int, Said]]:
    """A text's paragraphs, and those that hold one direct quotation in double marks with its named source."""
    blocks, said = paragraphs(text), {}
    for number, (start, end) in enumerate(blocks):
        inside = [one for one in attributions if one.start < end and start < one.end]
        direct = [one for one in inside if one.speech == "direct" and one.source]
        if len(direct) == 1 and start <= direct[0].start and direct[0].end <= end:
            words = max(direct[0].contents, key=len)
            if words.text[0] in '"“' and words.text[-1] in '"”':
                source = " ".join(span.text for span in direct[0].source)
                said[number] = Said(words.start - start, words.end - start, source)
    return [text[start:end] for start, end in blocks], said


def recall(
    score: Score,
    articles: Sequence[tuple[str, Sequence[Attribution]]],
    varieties: Sequence[str] = VARIETIES,
    seed: int = 1,
) -> dict[str, Found]:
    """Damage each ``(text, attributions)`` anew for each variety, and count what is found."""
    random = Random(seed)
    made: dict[str, Found] = {}
    for variety in varieties:
        copies = [damaged(*quoted_paragraphs(*article), (variety,), random) for article in articles]
        struck = [(text, sites) for text, sites in copies if sites]
        records = score([Article(str(number), text) for number, (text, _) in enumerate(struck)])
        outcomes = [outcome(site, record) for (_, sites), record in zip(struck, records, strict=True) for site in sites]
        made[variety] = Found(len(outcomes), *(sum(column) for column in zip(*outcomes, strict=True)))
    return made


def outcome(site: Site, record: Record) -> tuple[bool, bool, bool]:
    """Whether a quote lies on the site, whether it is flagged, and whether its first flag names the variety."""
    here = [quote for quote in record.quotes if _touches(quote, site)]
    code = "orphaned" if site.variety == "orphaned" else "garbled"
    flags = [flag for quote in here for flag in quote.flags if flag.code == code]
    first = max(flags, key=lambda flag: flag.probability, default=None)
    return bool(here), first is not None, first is not None and first.variety in (site.variety, None)


def _touches(quote: Quote, site: Site) -> bool:
    said = quote.attribution
    spans = said.contents if site.variety == "orphaned" else (*said.contents, *said.cue, *said.source)
    return any(span.start < site.end + 1 and site.start < span.end + 1 for span in spans)


def reliability(
    odds: np.ndarray, truth: np.ndarray, weights: np.ndarray, bins: int = 10
) -> list[tuple[float, float, float]]:
    """A reliability diagram: ``(mean probability, frequency, share of all)`` for each bin that is not empty."""
    place = np.minimum((odds * bins).astype(int), bins - 1)
    rows = []
    for number in range(bins):
        here = place == number
        if weight := float(weights[here].sum()):
            mean = float((weights[here] * odds[here]).sum() / weight)
            rows.append((mean, float((weights[here] * truth[here]).sum() / weight), weight / float(weights.sum())))
    return rows


def calibration_error(odds: np.ndarray, truth: np.ndarray, weights: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error over bins of equal width (Guo et al. 2017)."""
    return sum(abs(mean - rate) * share for mean, rate, share in reliability(odds, truth, weights, bins))
