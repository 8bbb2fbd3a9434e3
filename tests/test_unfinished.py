"""Quotations that break off."""

from __future__ import annotations

import pytest

from quotes.detect.unfinished import completed
from quotes.records import Analysis, Article, Attribution, Span

BROKEN = "“We will rebuild this harbour. The har\n\nThe mayor spoke on Monday."


def said(text: str, content: str, source: str = "") -> Attribution:
    def spans(words: str) -> tuple[Span, ...]:
        return (Span(text.index(words), text.index(words) + len(words), words),) if words else ()

    return Attribution(spans(content), (), spans(source), "direct")


def test_the_last_words_of_a_broken_quotation_are_the_speakers() -> None:
    one = said(BROKEN, "“We will rebuild this harbour.")
    (made,) = completed(Analysis(Article("a", BROKEN), ()), [one])
    assert [span.text for span in made.contents] == ["“We will rebuild this harbour. The har"]
    assert completed(Analysis(Article("a", BROKEN), ()), [made]) == (made,)


@pytest.mark.parametrize(
    ("text", "content", "source"),
    [
        ("“We will rebuild this harbour.” The har", "“We will rebuild this harbour.”", ""),
        ("“We will rebuild this harbour, said Ada Berg", "“We will rebuild this harbour,", "Ada Berg"),
        ("“We will rebuild this harbour. The mayor left.", "“We will rebuild this harbour.", ""),
        ("“We will rebuild this harbour. The mayor left. She took the har", "“We will rebuild this harbour.", ""),
    ],
)
def test_other_words_stay_whose_they_are(text: str, content: str, source: str) -> None:
    one = said(text, content, source)
    assert completed(Analysis(Article("a", text), ()), [one]) == (one,)
