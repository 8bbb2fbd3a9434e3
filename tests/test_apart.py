"""Quotations in paragraphs of their own: whose they may be."""

from __future__ import annotations

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


@pytest.mark.parametrize(
    ("quote", "stays"),
    [
        (QUOTE, False),
        ("“And there is nothing left of the harbour.”", True),
        ("“… nothing left of the harbour.”", True),
        ("“Sonia lost her boat, and her house.”", False),
    ],
)
def test_after_a_closed_quotation_only_words_that_lean_on_it_go_on(quote: str, stays: bool) -> None:
    text = f"{LEAD} “So be it.”\n\n{quote}"
    first, second = (Span(text.index(words), text.index(words) + len(words), words) for words in ("“So be it.”", quote))
    both = Attribution((first, second), (Span(9, 13, "said"),), (Span(0, 8, "Ada Berg"),), "direct")
    found = apart(Analysis(Article("a", text), ()), [both])
    assert [one.contents for one in found] == ([(first, second)] if stays else [(first,), (second,)])
    assert [bool(one.source) for one in found] == ([True] if stays else [True, False])


@pytest.mark.parametrize(
    "broken", ["“We were told on the phone that the har", "“We were told that there was no water to"]
)
def test_a_content_does_not_run_from_a_cut_paragraph_into_the_next(broken: str) -> None:
    text = f"{broken}\n\n{QUOTE}\n\nThe region pays."
    whole = Attribution((Span(0, len(broken) + 2 + len(QUOTE), text[: len(broken) + 2 + len(QUOTE)]),), speech="direct")
    found = apart(Analysis(Article("a", text), ()), [whole])
    assert [[span.text for span in one.contents] for one in found] == [[broken], [QUOTE]]


def test_a_headline_is_no_part_of_the_words_below_it() -> None:
    text = "Picture: the quay in June\n\nThe town was ready, said Ada Berg."
    words = text[: text.index(", said")]
    cue = text.index("said")
    said = Attribution(
        (Span(0, len(words), words),), (Span(cue, cue + 4, "said"),), (Span(cue + 5, cue + 13, "Ada Berg"),)
    )
    (found,) = apart(Analysis(Article("a", text), ()), [said])
    assert [span.text for span in found.contents] == ["The town was ready"]
    quote = "The quay in June\n\n“The town was ready,” said Ada Berg."
    run = Span(0, quote.index(" said"), quote[: quote.index(" said")])
    cue = quote.index("said")
    said = Attribution((run,), (Span(cue, cue + 4, "said"),), (Span(cue + 5, cue + 13, "Ada Berg"),), "mixed")
    (found,) = apart(Analysis(Article("a", quote), ()), [said])
    assert ([span.text for span in found.contents], found.speech) == (["“The town was ready,”"], "direct")
    below = "Our reporter\n\nAda Berg said the town was ready."
    run = Span(0, below.index(" said"), below[: below.index(" said")])
    cue = below.index("said")
    said = Attribution((Span(cue + 5, cue + 23, below[cue + 5 : cue + 23]),), (Span(cue, cue + 4, "said"),), (run,))
    (found,) = apart(Analysis(Article("a", below), ()), [said])
    assert [span.text for span in found.source] == ["Ada Berg"]


def test_a_quotation_over_paragraphs_stays_whole() -> None:
    text = "Ada Berg said: “One thing.\n\n“Another thing.”"
    contents = tuple(
        Span(text.index(words), text.index(words) + len(words), words) for words in ("“One thing.", "“Another thing.”")
    )
    said = Attribution(contents, (Span(9, 13, "said"),), (Span(0, 8, "Ada Berg"),), "direct")
    assert apart(Analysis(Article("a", text), ()), [said]) == (said,)


def test_nothing_to_do() -> None:
    assert apart(Analysis(Article("a", ""), ()), []) == ()
