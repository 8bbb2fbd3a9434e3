"""Quotations that go on in the words of another."""

from __future__ import annotations

import pytest

from quotes.detect.echoes import echoes, runs, seams
from quotes.marks import quoted
from quotes.records import Analysis, Article, Evidence, Span

MAYOR = "“We will rebuild the pier before the winter storms come,” said the mayor."
GLUED = "“I never saw a boat like rebuild the pier before the winter storms come,” said Rudd."


def found(text: str, **doubts: float) -> list[tuple[str, float]]:
    """What is found where the network doubts words, each named by what stands before it."""
    low = text.lower()
    places = {low.index(before.replace("_", " ")) + len(before) + 1: doubt for before, doubt in doubts.items()}
    evidence = [
        Evidence("word missing", (Span(start, start + 1, text[start]),), doubt) for start, doubt in places.items()
    ]
    made = echoes(Analysis(Article("a", text), ()), runs(text, quoted(text)), evidence)
    return [(one.spans[0].text, one.probability) for one in made]


def test_what_was_glued_on_is_found_where_the_network_doubts_the_seam() -> None:
    text = f"{MAYOR}\n\n{GLUED}"
    run = "rebuild the pier before the winter storms come"
    assert found(text, a_boat_like=0.4) == [(run, 0.85)]
    assert found(text, a_boat_like=0.03) == [(run, 0.85)]
    assert found(text) == []
    assert found(f"{GLUED}\n\n{MAYOR}", a_boat_like=0.4) == [(run, 0.85)]


def test_a_sentence_told_twice_a_name_and_small_words_take_more_doubt() -> None:
    told = "“They hoped we would bury our secret.”\n\n“Maybe they hoped that we would bury our secret,” he said."
    assert found(told, they_hoped_that=0.07) == [("we would bury our secret", 0.5)]
    assert found(told, they_hoped_that=0.04) == []
    name = "“I went to see Queen Anne of Old Orkney,” she said.\n\n“He ran by Queen Anne of Old Orkney,” he said."
    assert found(name, ran_by=0.04) == []
    small = "“We now are where we need to be,” she said.\n\n“Nobody told us where we need to be,” he said."
    assert found(small, told_us=0.07) == [("where we need to be", 0.5)]
    assert found(small, told_us=0.04) == []
    goes_on = f"{MAYOR}\n\n{GLUED.replace('come,', 'come to us,')}"
    assert [probability for _, probability in found(goes_on, a_boat_like=0.07)] == [0.5]
    assert found(goes_on, a_boat_like=0.04) == []


def test_the_seam_that_is_doubted_more_is_it() -> None:
    text = f"{MAYOR}\n\n{GLUED}"
    assert [one[1] for one in found(text, a_boat_like=0.4, we_will=0.6)] == [0.85]
    (start,) = [text.index(one[0]) for one in found(text, a_boat_like=0.4, we_will=0.6)]
    assert start == text.index("rebuild")


@pytest.mark.parametrize(
    "text",
    [
        f"{MAYOR}\n\n“A boat like this: rebuild the pier before the winter storms come,” said Rudd.",  # after a stop
        f"{MAYOR}\n\n{MAYOR} “A boat like that,” said Rudd.",  # from the start
        f"{GLUED} “Rebuild the pier before the winter storms come, or I do,” he said.",  # his own words
        f"{MAYOR}\n\n“Yes, a boat like rebuild the pier before,” said Rudd.",  # too short
        "He said a boat like rebuild the pier before the winter storms come.",  # nobody's
        "“A boat like rebuild the pier before the winter, a boat like rebuild the pier before the winter,” he said.",
    ],
)
def test_what_is_said_twice_for_other_reasons_is_none(text: str) -> None:
    assert found(text, a_boat_like=0.9) == []


def test_what_ends_with_another_quotations_words_is_read_by_both_networks() -> None:
    text = f"{MAYOR}\n\n{GLUED}"
    starts = {text.index("rebuild"), text.rindex("rebuild")}
    assert set(seams(runs(text, quoted(text)))) == starts
    assert seams(runs(text.replace("come,” said Rudd", "come again,” said Rudd"), quoted(text))) != []
    goes_on = text.replace("winter storms come,", "winter storms come to us,", 1).replace("come,”", "came,”")
    assert seams(runs(goes_on, quoted(goes_on))) == []
    assert seams(runs(MAYOR, quoted(MAYOR))) == []


def test_an_endless_refrain_is_read_once() -> None:
    text = "“a boat like " + "la " * 30_000 + "” he said.\n\n" + "“la la la la la la la” she sang.\n\n" * 300
    assert found(text, a_boat_like=0.9) == [("la la la la la la la", 0.85)]
