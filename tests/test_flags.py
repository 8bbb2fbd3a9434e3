"""Flags: what is raised, with which words and which reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from quotes.flags import CODES, flags, moved
from quotes.records import (
    Analysis,
    Article,
    Assessment,
    Attribution,
    Candidate,
    Evidence,
    Flag,
    Link,
    Quality,
    Resolution,
    Source,
    Span,
)

CASES = json.loads((Path(__file__).parent / "cases" / "flags.json").read_text(encoding="utf-8"))


def span(text: str, words: str) -> Span:
    start = text.index(words)
    return Span(start, start + len(words), words)


def raised(case: dict) -> tuple[Flag, ...]:
    text = case["text"]
    said = Attribution(
        tuple(span(text, words) for words in case["contents"]),
        (),
        tuple(span(text, words) for words in case.get("source", [])),
        case.get("speech", "direct"),
    )
    names = case.get("names", {})
    sources = tuple(Source(name, name) for name in names)
    candidates = tuple(Candidate(name, odds) for name, odds in names.items())
    link = Link(case.get("source_id"), candidates, said.source[0] if said.source else None)
    evidence = tuple(
        Evidence(
            trace["sign"],
            tuple(span(text, words) for words in trace["words"]),
            trace["probability"],
            trace.get("reason", ""),
        )
        for trace in case.get("evidence", [])
    )
    assessment = Assessment(Quality(0.5, 0.5, 0.5), case["probabilities"], evidence)
    analysis = Analysis(Article("a", text), ())
    return flags(analysis, [said], Resolution(sources, (link,)), [assessment], case.get("thresholds"))[0]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_cases(case: dict) -> None:
    shown = [
        {"code": flag.code, "variety": flag.variety, "spans": [one.text for one in flag.spans], "reason": flag.reason}
        for flag in raised(case)
    ]
    assert shown == case["flags"]
    assert all(flag.code in CODES for flag in raised(case))


def test_flags_point_into_the_text() -> None:
    for case in CASES:
        for flag in raised(case):
            assert flag.spans
            for one in flag.spans:
                assert case["text"][one.start : one.end] == one.text


def test_a_user_moves_all_varieties_or_one() -> None:
    chosen = {"garbled/spun": 0.4, "garbled/marks": 0.3, "orphaned": 0.6}
    assert moved(chosen, {}) == chosen
    assert moved(chosen, {"garbled": 0.9}) == {"orphaned": 0.6, "garbled": 0.9}
    assert moved(chosen, {"garbled/spun": 0.9}) == chosen | {"garbled/spun": 0.9}
