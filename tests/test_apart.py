"""Quotations in paragraphs of their own: whose they may be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from quotes.detect.apart import apart
from quotes.records import Analysis, Article, Attribution, Span

QUOTE = "“There is nothing left of the harbour.”"
LEAD = "Ada Berg said the town was ready."


def attributed(text: str) -> tuple[Analysis, Attribution]:
    """The sentence and the quotation as one attribution by Ada Berg."""

    def span(words: str) -> Span:
        start = text.index(words)
        return Span(start, start + len(words), words)

    said = Attribution((span("the town was ready"), span(QUOTE)), (span("said"),), (span("Ada Berg"),), "mixed")
    return Analysis(Article("a", text), ()), said


@pytest.mark.parametrize("before", [LEAD, f"{LEAD}\n\nThe region pays.", f"{LEAD} “So be it.”\n\nThe region pays."])
def test_a_far_quotation_stands_by_itself(before: str) -> None:
    analysis, said = attributed(f"{before}\n\n{QUOTE}")
    first, second = apart(analysis, [said])
    assert [span.text for span in first.contents] == ["the town was ready"]
    assert first.speech == "indirect"
    assert [span.text for span in second.contents] == [QUOTE]
    assert (second.cue, second.source, second.speech) == ((), (), "direct")


@pytest.mark.parametrize("text", [f"{LEAD} {QUOTE}", f"{LEAD} She went on:\n\n{QUOTE}"])
def test_a_quotation_with_a_reason_to_belong_stays(text: str) -> None:
    analysis, said = attributed(text)
    assert apart(analysis, [said]) == (said,)


def test_a_quotation_stays_with_one_by_the_same_speaker_in_the_paragraph_before() -> None:
    analysis, said = attributed(f"{LEAD} “So be it.”\n\n{QUOTE}")
    start = analysis.text.index("“So be it.”")
    mine = Span(start, start + 11, "“So be it.”")
    both = replace(said, contents=tuple(sorted((*said.contents, mine))))
    assert apart(analysis, [both]) == (both,)
    assert len(apart(analysis, [said])) == 2


def test_a_quotation_over_paragraphs_stays_whole() -> None:
    text = "Ada Berg said: “One thing.\n\n“Another thing.”"
    contents = tuple(
        Span(text.index(words), text.index(words) + len(words), words) for words in ("“One thing.", "“Another thing.”")
    )
    said = Attribution(contents, (Span(9, 13, "said"),), (Span(0, 8, "Ada Berg"),), "direct")
    assert apart(Analysis(Article("a", text), ()), [said]) == (said,)


def test_nothing_to_do() -> None:
    assert apart(Analysis(Article("a", ""), ()), []) == ()
