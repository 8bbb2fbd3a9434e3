"""What stands around quotes that have no source words, in articles made by hand."""

from __future__ import annotations

import pytest

from quotes.marks import quoted
from quotes.records import Attribution, Candidate, Link, Source, Span
from quotes.surroundings import Surroundings


def span(text: str, words: str) -> Span:
    start = text.index(words)
    return Span(start, start + len(words), words)


def lone(
    before: str = "Ada Berg, the mayor, said that all was ready.",
    quote: str = "“Nobody told us about the water.”",
    after: str = "The council meets again on Friday.",
    kind: str = "person",
) -> dict[str, float]:
    """The figures of a quotation that follows a paragraph in which Ada Berg speaks, if she does."""
    text = f"Harbour plans are late.\n{before}\n{quote}\n{after}"
    alone = Attribution((span(text, quote.strip("-–—8. ")),), speech="direct", probability=0.5)
    nobody = Link(None, (Candidate(None, 0.6), Candidate("s1", 0.4)))
    if "Ada Berg" not in before:
        return Surroundings(text, [alone], [nobody], (), quoted(text)).values(0)
    contents = span(text, "“We are ready.”" if "“We are ready.”" in before else "that all was ready")
    speech = "direct" if contents.text[0] == "“" else "indirect"
    other = Attribution((contents,), (span(text, "said"),), (span(text, "Ada Berg"),), speech)
    berg = Source("s1", "Ada Berg", kind, "named", None, None, (span(text, "Ada Berg"),))  # type: ignore[arg-type]
    links = [Link("s1", (Candidate("s1", 0.9),)), nobody]
    return Surroundings(text, [other, alone], links, [berg], quoted(text)).values(1)


def test_who_spoke_in_the_paragraph_before() -> None:
    said = lone("“We are ready.” Ada Berg said")
    assert (said["beside"], said["after quote"], said["after report"], said["speaks"]) == (0, 1, 1, 1)
    assert said["after mark"] == said["after colon"] == said["leans"] == said["goes on"] == said["after end"] - 1 == 0
    assert lone("Ada Berg said: “We are ready.”")["after mark"] == 1
    assert lone("Ada Berg said that all was ready:")["after colon"] == 1
    assert lone("Ada Berg said that all was ready,")["after colon"] == 1
    assert lone(quote="“And nobody told us about the water.”")["leans"] == 1


def test_what_the_writer_asked_is_answered() -> None:
    assert lone("I asked Ida Holm what it was for.")["answers"] == 1
    assert lone("They asked Ida Holm what it was for.")["answers"] == 0


def test_where_somebody_spoke_stands_beside() -> None:
    said = lone("In a statement, Ada Berg said that all was ready.")
    assert (said["after statement"], said["before occasion"]) == (1, 0)
    assert lone(after="She spoke in an interview on Friday.")["before occasion"] == 1


def test_a_person_or_a_body_or_nobody_reported() -> None:
    person, body, none = lone(), lone(kind="organization"), lone("The harbour was built in 1910.")
    assert (person["after person"], person["after body"], person["after saying"]) == (1, 0, 1)
    assert (body["after person"], body["after body"], body["introduced"]) == (0, 1, 1)
    assert (none["after report"], none["after saying"], none["report before"], none["spoken of"]) == (0, 0, 6, 0)


@pytest.mark.parametrize(
    ("quote", "finished", "comma", "capitals"),
    [
        ("“Nobody told us about the water.”", 1, 0, 0),
        ("“Nobody told us about the water,”", 0, 1, 0),
        ("“Nobody told us about the water”.", 1, 0, 0),
        ("“The Water Nobody Told About”", 0, 0, 1),
    ],
)
def test_headings_and_titles_have_their_look(quote: str, finished: float, comma: float, capitals: float) -> None:
    found = lone(quote=quote)
    assert (found["finished"], found["comma"], found["capitals"], found["closes"]) == (finished, comma, capitals, 1)


def test_words_beside_a_quote_are_counted_without_quotations() -> None:
    text = "It was “the best of days,” in “a bad year”, for all."
    alone = Attribution((span(text, "“the best of days,”"),), speech="mixed")
    said = Surroundings(text, [alone], [Link(None)], (), quoted(text)).values(0)
    assert said["beside"] == 5


def test_words_that_were_moved_fit_better_elsewhere() -> None:
    here = lone("Ada Berg said that all was ready for the water.")
    moved = lone(after="Nobody drinks the water in the harbour; they were told about it.")
    assert here["shared words"] > moved["shared words"] == 0
    assert here["shared elsewhere"] < 0 < moved["shared elsewhere"]


def test_who_signs_a_quote_or_adds_to_it() -> None:
    assert lone(after="– Ada Berg, mayor")["signed"] == 1
    assert lone()["signed"] == lone()["added"] == 0


def test_an_article_of_one_quote_has_nothing_around_it() -> None:
    text = "“Nobody told us about the water.”"
    alone = Attribution((span(text, text),), speech="direct")
    found = Surroundings(text, [alone], [Link(None)], (), quoted(text)).values(0)
    assert found["last"] == found["after few"] == 1
    assert found["after report"] == found["shared words"] == found["speakers before"] == 0
