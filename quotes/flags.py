"""From probabilities to flags: a code, the words that show it, and a reason that an editor reads once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from quotes.records import Analysis, Article, Assessment, Attribution, Evidence, Flag, Link, Resolution, Source, Span

VARIETIES = ("truncated", "marks", "stray", "spliced", "repeated", "missing", "spun")
CODES = (
    "orphaned", "garbled", "vague_source", "ambiguous_source", "unresolved_reference", "secondhand", "unsourced",
)  # fmt: skip

#: Used where neither the model nor the user sets one.
DEFAULTS: Mapping[str, float] = {
    "orphaned": 0.5, "garbled": 0.5, "vague_source": 0.5, "ambiguous_source": 0.5, "unresolved_reference": 0.5,
    "secondhand": 0.5, "unsourced": 0.5,
}  # fmt: skip

_WORTH_TELLING = 0.3  # a candidate below this is no help to an editor
_SLIGHT, _BEHIND = 0.15, 0.4  # a word less suspect, or so far behind the most suspect one, is not shown

_SIGNS: Mapping[str, tuple[str, ...]] = {
    "truncated": ("stump", "hanging", "stump inside", "hanging inside", "open end", "word truncated"),
    "marks": ("unclosed", "unopened", "mismatched", "doubled", "typography"),
    "stray": ("stray", "word stray"),
    "spliced": ("word spliced", "echo"),
    "repeated": ("repeated", "word repeated"),
    "missing": ("word missing",),
    "spun": ("word spun",),
}


def flags(
    analysis: Analysis,
    attributions: Sequence[Attribution],
    resolution: Resolution,
    assessments: Sequence[Assessment],
    thresholds: Mapping[str, float] | None = None,
) -> tuple[tuple[Flag, ...], ...]:
    """The flags of each attribution: in the order of CODES, a code's varieties by falling probability.

    ``thresholds`` go by code, or by ``garbled/<variety>``, which goes before ``garbled``.
    """
    limits = {**DEFAULTS, **(thresholds or {})}
    sources = {source.id: source for source in resolution.sources}
    return tuple(
        _flags(analysis, said, link, assessment, limits, sources)
        for said, link, assessment in zip(attributions, resolution.links, assessments, strict=True)
    )


def moved(chosen: Mapping[str, float], wanted: Mapping[str, float]) -> dict[str, float]:
    """The thresholds that were chosen, moved as a user wants: one for ``garbled`` counts for its varieties too."""
    kept = {name: limit for name, limit in chosen.items() if "garbled" not in wanted or not name.startswith("garbled/")}
    return {**kept, **wanted}


def _flags(
    analysis: Analysis,
    said: Attribution,
    link: Link,
    assessment: Assessment,
    limits: Mapping[str, float],
    sources: Mapping[str, Source],
) -> tuple[Flag, ...]:
    odds = assessment.probabilities
    raised: list[Flag] = []
    for code in CODES:
        if code == "garbled":
            raised += _garbled(analysis.article, said, assessment, limits)
        elif odds.get(code, 0.0) >= limits[code]:
            spans = said.contents if code in ("orphaned", "unsourced") and not said.source else said.source or said.cue
            raised.append(Flag(code, odds[code], spans or said.contents, _reason(code, said, link, sources)))
    codes = {flag.code for flag in raised}
    if "orphaned" in codes:  # says the same, and more
        raised = [flag for flag in raised if flag.code != "unresolved_reference"]
    if "ambiguous_source" in codes:
        raised = [flag for flag in raised if flag.code not in ("orphaned", "unresolved_reference")]
    return tuple(raised)


def _garbled(article: Article, said: Attribution, assessment: Assessment, limits: Mapping[str, float]) -> list[Flag]:
    found = []
    for variety in VARIETIES:
        probability = assessment.probabilities.get(variety, 0.0)
        if probability >= limits.get(f"garbled/{variety}", limits["garbled"]):
            mine = [trace for trace in assessment.evidence if trace.sign in _SIGNS[variety]]
            spans, reason = _damage(article, variety, said, mine)
            found.append(Flag("garbled", probability, spans, reason, variety))
    return sorted(found, key=lambda flag: (-flag.probability, VARIETIES.index(flag.variety or "")))


def _suspects(evidence: Sequence[Evidence]) -> list[Evidence]:
    """The words that are shown where a variety shows in single words: those not far behind the most suspect one."""
    most = max((trace.probability for trace in evidence), default=0.0)
    return [trace for trace in evidence if trace.probability >= max(_SLIGHT, _BEHIND * most)]


def _damage(
    article: Article, variety: str, said: Attribution, mine: Sequence[Evidence]
) -> tuple[tuple[Span, ...], str]:
    """The words that show a variety by its own signs, and what is wrong with them."""
    if not mine:
        return said.contents, f"the words look {variety}"
    told = [trace for trace in mine if trace.reason]
    best = max(mine, key=lambda trace: (trace.probability, -trace.spans[0].start))
    if told and variety not in ("spliced", "missing", "spun"):
        strong = [trace for trace in told if trace.probability >= 0.3] or told[:1]
        first = max(strong, key=lambda trace: (trace.probability, -trace.spans[0].start))
        return tuple(sorted({span for trace in strong for span in trace.spans})), first.reason
    if variety == "spliced" and best.reason:
        return best.spans, best.reason
    if variety in ("missing", "spliced", "truncated"):
        words = best.spans[0].text
        said_of = {
            "missing": f"a word is missing before “{words}”",
            "spliced": f"from “{words}” on it is another sentence",
            "truncated": f"stops mid-sentence after “{words}”",
        }
        return best.spans, said_of[variety]
    spans = _joined(article, sorted({span for trace in _suspects(mine) for span in trace.spans}))
    listed = ", ".join(f"“{span.text}”" for span in spans[:4])
    if variety == "spun":
        return spans, f"reads as if a machine had swapped words: {listed}"
    if variety == "repeated":
        return spans, f"stands twice: {listed}"
    return spans, f"does not belong here: {listed}"


def _joined(article: Article, spans: Sequence[Span]) -> tuple[Span, ...]:
    """Words with a blank between them are one phrase to an editor: “the USA”."""
    made: list[Span] = []
    for span in spans:
        if made and article.text[made[-1].end : span.start] == " ":
            span = article.span(made.pop().start, span.end)
        made.append(span)
    return tuple(made)


def _reason(code: str, said: Attribution, link: Link, sources: Mapping[str, Source]) -> str:
    words = " ".join(span.text for span in said.source)
    named = [
        (f"{sources[candidate.source_id].name} ({candidate.probability:.2f})", candidate.probability)
        for candidate in link.candidates
        if candidate.source_id is not None and candidate.source_id in sources
    ][:2]
    likely = [name for name, probability in named if probability >= _WORTH_TELLING]
    if code == "ambiguous_source":
        return f"“{words}” could be {' or '.join(name for name, _ in named)}"
    if code == "unresolved_reference":
        near = f"; perhaps {' or '.join(likely)}" if likely else ""
        return f"“{words}” stands for nobody that the article names{near}"
    if code == "orphaned":
        if not words:
            return f"no speaker is given; perhaps {likely[0]}" if likely else "no speaker in the article"
        return f"“{words}” was never introduced"
    if code == "vague_source":
        return f"“{words}” names nobody" if words else "the source names nobody"
    if code == "secondhand":
        return "reported at second hand" + (f": {words} speaks through another" if words else "")
    return "reported without a source"
