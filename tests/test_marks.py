"""Quotation marks: every convention, and any damage to them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quotes.marks import (
    IN_DOUBLE,
    IN_SINGLE,
    OUTSIDE,
    Quoted,
    levels,
    paragraphs,
    quoted,
    sentence_ends,
    speech,
)
from quotes.records import Span

CASES = json.loads((Path(__file__).parent / "cases" / "marks.json").read_text(encoding="utf-8"))
PIECES = [
    "“", "”", "‘", "’", '"', "'", "''", "``", "«", "»", "„", "‹", "›", "「", "」", "‘’", " ", "\n", "\n\n", "\r\n",
    ".", ",", "!", "a", "He said ", "12", "s", "workers", ". The ", ", she said", "The ", "(", ")", "—", "\u2028",
    "\u202a", "n", "=",
]  # fmt: skip


def shown(text: str, one: Quoted) -> list[Any]:
    told: list[Any] = [text[one.start : one.end], one.level, one.depth, one.problem, one.role]
    return told + ["continues"] * one.continues + ["continued"] * one.continued


@pytest.mark.parametrize(
    "case",
    [case for kind in ("in_the_wild", "negative", "synthetic") for case in CASES[kind]],
    ids=lambda c: c["text"][:40],
)
def test_case(case: dict[str, Any]) -> None:
    assert [shown(case["text"], one) for one in quoted(case["text"])] == case["quoted"]


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, marks=pytest.mark.xfail(strict=True, reason=case["reason"]))
        for case in CASES["known_failures"]
    ],
    ids=lambda c: c["text"][:40],
)
def test_known_failure(case: dict[str, Any]) -> None:
    assert [shown(case["text"], one) for one in quoted(case["text"])] == case["quoted"]


def hold(text: str) -> None:
    """What is true of the quotations of any text."""
    found = quoted(text)
    blocks = paragraphs(text)
    around: list[Quoted] = []
    for one in found:
        assert 0 <= one.start < one.end <= len(text)
        assert one.start <= one.inner_start <= one.inner_end <= one.end
        assert one.open is not None or one.close is not None
        for mark in (one.open, one.close):
            assert mark is None or text[mark.start : mark.end] == mark.text
        assert one.open is None or one.open.start == one.start
        assert one.close is None or one.close.end == one.end
        assert any(start <= one.start and one.end <= end for start, end in blocks)
        while around and around[-1].end <= one.start:
            around.pop()
        assert one.depth == len(around)
        assert not around or (around[-1].inner_start <= one.start and one.end <= around[-1].inner_end)
        around.append(one)
    order = [(one.start, -one.end) for one in found]
    assert order == sorted(set(order))
    view = levels(text, found)
    assert len(view) == len(text)
    assert all(view[one.start] != OUTSIDE for one in found)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_any_marks(text: str) -> None:
    hold(text)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=80))
def test_any_text(text: str) -> None:
    hold(text)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=20).map("".join))
def test_damage_stays_in_its_paragraph(broken: str) -> None:
    """Whatever one paragraph holds, what is quoted two paragraphs on stays as it is."""
    after = "Plain words stand here.\n\nShe said: “We are well,” and left."
    text = broken + "\n\n" + after
    shift = len(broken) + 2
    there = [(one.start - shift, one.end - shift, one.problem) for one in quoted(text) if one.start >= shift + 24]
    assert there == [(one.start, one.end, one.problem) for one in quoted(after)]


@pytest.mark.parametrize(
    "unit", ["“a b” ", '"a, b" ', "“abc ", "abc.” ", "'abc' ", "‘a “b ", "« ", "workers' ", "\"'", "“'", "“a\n", ". "]
)
def test_many_marks(unit: str) -> None:
    """Work grows with the text and not faster: forty thousand characters of marks come to an end."""
    text = unit * (40_000 // len(unit))
    found = quoted(text)
    assert len(found) <= len(text)
    assert len(levels(text, found)) == len(text)


def spans(text: str, *words: str) -> tuple[Span, ...]:
    return tuple(Span(text.index(one), text.index(one) + len(one), one) for one in words)


@pytest.mark.parametrize(
    ("text", "contents", "expected"),
    [
        ("“We go,” she said.", ["“We go,”"], "direct"),
        ("“We go,” she said. “Now.”", ["“We go,”", "“Now.”"], "direct"),
        ("She said they go.", ["they go"], "indirect"),
        ("She said they “go now”.", ["they “go now”"], "mixed"),
        ("She said she had read “The Long Way Home”.", ["she had read “The Long Way Home”"], "indirect"),
        ("“We go, she said.", ["“We go,"], "direct"),
        ("She said nothing.", [], "indirect"),
        ("He said “so” and “that” and so on.", ["“so” and “that” and so on"], "mixed"),
    ],
)
def test_speech(text: str, contents: list[str], expected: str) -> None:
    assert speech(text, spans(text, *contents), quoted(text)) == expected


def test_levels() -> None:
    text = "a “b ‘c’ d” e"
    view = levels(text, quoted(text))
    assert [view[text.index(letter)] for letter in "abcde"] == [OUTSIDE, IN_DOUBLE, IN_SINGLE, IN_DOUBLE, OUTSIDE]


def test_sentence_ends_pass_over_abbreviations() -> None:
    text = "Mr. Lee met Gov. Ann J. Poe. “It rained.” They left! Then?"
    assert [text[:end].split()[-1] for end in sentence_ends(text, 0, len(text))] == ["Poe.", "rained.”", "left!"]


def test_paragraphs_of_wrapped_text() -> None:
    text = "one line\ngoes on here\nand here\n\nnext paragraph"
    assert [text[start:end] for start, end in paragraphs(text)] == [
        "one line\ngoes on here\nand here",
        "next paragraph",
    ]
    lines = "One line.\nNext line.\nThird."
    assert len(paragraphs(lines)) == 3
