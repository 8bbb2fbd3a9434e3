"""Quotations that break off."""

from __future__ import annotations

import pytest

from quotes.detect.unfinished import completed, stretches
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


def test_a_broken_quotation_goes_to_the_speaker_before_it() -> None:
    text = "The ferry sank.\n\n“We saw it go,” said Ada Berg. “It was like the\n\nThe mayor wept."
    one = said(text, "“We saw it go,”", "Ada Berg")
    (made,) = completed(Analysis(Article("a", text), ()), [one])
    assert [span.text for span in made.contents] == ["“We saw it go,”", "“It was like the"]
    other = said(text, "The mayor wept")
    assert completed(Analysis(Article("a", text), ()), [other]) == (other,)


@pytest.mark.parametrize(
    "broken",
    [
        "The council said the bill would be sent to",
        "Nobody was hurt. The bridge will be closed for the sum",
        "“It was late,” she said. “We had the",
        "They said it was “sorry but not",
    ],
)
def test_a_paragraph_that_breaks_off_ends_a_stretch(broken: str) -> None:
    text = f"{broken}\n\n“We wanted to keep it,” said Ada Berg."
    assert [(text[start:end].strip(), cut) for start, end, cut in stretches(text)] == [
        (block, block == broken) for block in text.split("\n\n")
    ]


def test_copy_may_break_off_at_its_end() -> None:
    text = "The council said the farm was closed.\n\nThe bill, it said, would be sent to"
    assert list(stretches(text)) == [(0, len(text), True)]


@pytest.mark.parametrize(
    "text",
    [
        "Runaway ostrich stops traffic on the ring road\n\nAn ostrich ran.",
        "The council said the bill would be sent to\n\nthe farm.",
        "She said this:\n\n“We wanted to keep it.”",
        "“We wanted to keep it,” she said.\n\n“But not for long.”",
        "",
    ],
)
def test_whole_copy_is_one_stretch(text: str) -> None:
    assert list(stretches(text)) == [(0, len(text), False)]
