"""The features of an attribution, on analyses made by hand."""

from __future__ import annotations

import re

import pytest

from quotes.features import (
    NAMES_OF_ORPHANS,
    NAMES_OF_SOURCES,
    OCCASION,
    extract,
    impersonal,
    names_of_words,
    reach,
    secondhand,
)
from quotes.records import (
    Analysis,
    Article,
    Attribution,
    Candidate,
    Evidence,
    Link,
    Resolution,
    Sentence,
    Source,
    Span,
)


def analysis(text: str) -> Analysis:
    """Sentences by full stops and line breaks: enough for what is tested here."""
    sentences = [Sentence(m.start(), m.end(), ()) for m in re.finditer(r"[^\s][^.\n]*[.”\"]*", text)]
    return Analysis(Article("a", text), tuple(sentences))


def span(text: str, words: str, after: int = 0) -> Span:
    start = text.index(words, after)
    return Span(start, start + len(words), words)


TEXT = "Rates will rise. “We are ready to act,” said Ada Berg, the minister.\nNobody else spoke about it."
SAID = Attribution(
    (span(TEXT, "“We are ready to act,”"),), (span(TEXT, "said"),), (span(TEXT, "Ada Berg, the minister"),), "direct"
)
BERG = Source("s1", "Ada Berg", "person", "named", "minister", None, (span(TEXT, "Ada Berg"),))
SURE = Resolution((BERG,), (Link("s1", (Candidate("s1", 0.95), Candidate(None, 0.05)), SAID.source[0]),))


def test_reach_is_the_sentences_of_the_spans() -> None:
    assert [TEXT[start:end] for start, end in reach(analysis(TEXT), SAID)] == [
        "“We are ready to act,” said Ada Berg, the minister."
    ]


def test_every_name_has_a_figure() -> None:
    (features,) = extract(analysis(TEXT), [SAID], SURE)
    for name in (*names_of_words(), *NAMES_OF_SOURCES, *NAMES_OF_ORPHANS):
        assert isinstance(features.values[name], float)
    assert features.evidence == ()


def test_figures_about_the_source() -> None:
    (features,) = extract(analysis(TEXT), [SAID], SURE)
    values = features.values
    assert values["named"] == values["person"] == values["role"] == values["has source"] == 1.0
    assert (values["first"], values["nobody"]) == (0.95, 0.05)
    assert values["known earlier"] == values["affiliation"] == values["pronoun"] == 0.0


def test_evidence_counts_where_it_stands() -> None:
    here = Evidence("stray", (span(TEXT, "ready"),), 0.9, "debris")
    beside = Evidence("word spun", (span(TEXT, "Nobody"),), 0.9)
    words = [Evidence("word spun", (span(TEXT, word),), odds) for word, odds in (("ready", 0.8), ("act", 0.6))]
    (features,) = extract(analysis(TEXT), [SAID], SURE, (here, beside, *words))
    values = features.values
    assert values["stray.here"] == 0.9
    assert (values["word spun.first"], values["word spun.second"], values["word spun.third"]) == (0.8, 0.6, 0.0)
    assert values["word spun.sum"] == pytest.approx(1.4)
    assert beside not in features.evidence
    assert features.evidence[0] == here


def test_words_swapped_beside_a_quote_are_not_its_own() -> None:
    text = "A gathering of the regime was held, and “it was late,” said Berg."
    said = Attribution((span(text, "“it was late,”"),), (span(text, "said"),), (span(text, "Berg"),), "direct")
    words = [Evidence("word spun", (span(text, word),), odds) for word, odds in (("gathering", 0.9), ("late", 0.2))]
    (features,) = extract(analysis(text), [said], SURE, words)
    assert (features.values["word spun.first"], features.values["own spun"]) == (0.9, 0.2)


def test_damage_in_anothers_words_is_the_others() -> None:
    text = "Berg promised an inquiry, saying “it must not happen ag"
    promised = Attribution((span(text, "an inquiry"),), (span(text, "promised"),), (span(text, "Berg"),))
    saying = Attribution(
        (span(text, "“it must not happen ag"),), (span(text, "saying"),), (span(text, "Berg"),), "mixed"
    )
    link = Link("s1", (Candidate("s1", 1.0),))
    cut = Evidence("stump", (span(text, "ag", text.index("happen")),), 0.9, "ends mid-word")
    first, second = extract(analysis(text), [promised, saying], Resolution((BERG,), (link, link)), (cut,))
    assert (first.evidence, second.evidence) == ((), (cut,))


def test_debris_between_the_parts_of_a_quote_is_in_it() -> None:
    text = "“We left,” Berg said. Advertisement “and we came back.”"
    halves = Attribution(
        (span(text, "“We left,”"), span(text, "“and we came back.”")),
        (span(text, "said"),),
        (span(text, "Berg"),),
        "direct",
    )
    trace = Evidence("stray", (span(text, "Advertisement"),), 0.9, "debris")
    (features,) = extract(analysis(text), [halves], SURE, (trace,))
    assert (features.values["stray.here"], features.values["stray.near"]) == (0.9, 0.0)


def test_a_stray_mark_outside_goes_to_the_nearest_quote_of_its_paragraph() -> None:
    trace = Evidence("stray", (span(TEXT, "rise"),), 0.9, "debris")
    far = Evidence("stray", (span(TEXT, "spoke"),), 0.9, "debris")
    (features,) = extract(analysis(TEXT), [SAID], SURE, (trace, far))
    assert features.evidence == (trace,)
    assert features.values["stray.near"] == 0.9


def test_no_source_at_all() -> None:
    bare = Attribution(SAID.contents, speech="direct")
    (features,) = extract(analysis(TEXT), [bare], Resolution((), (Link(None, (Candidate(None, 1.0),)),)))
    assert features.values["nobody"] == 1.0
    assert features.values["has source"] == features.values["first"] == 0.0


@pytest.mark.parametrize(
    "words",
    ["told AFP", "in a statement", "during Senate testimony", "in an interview", "at a press briefing", "on Twitter",
     "wrote in a blog post", "according to a report", "told reporters"],
)  # fmt: skip
def test_occasions(words: str) -> None:
    assert OCCASION.search(f"the minister {words} on Monday")


@pytest.mark.parametrize("words", ["told her that it was late", "said it on a whim", "in the garden"])
def test_no_occasion(words: str) -> None:
    assert not OCCASION.search(f"the minister {words}")


def test_second_hand_is_words_inside_anothers() -> None:
    text = "Berg said that Dahl told her that rates will rise."
    outer = Attribution(
        (span(text, "that Dahl told her that rates will rise"),), (span(text, "said"),), (span(text, "Berg"),)
    )
    inner = Attribution((span(text, "that rates will rise"),), (span(text, "told"),), (span(text, "Dahl"),))
    assert secondhand(analysis(text), 1, [outer, inner])
    assert not secondhand(analysis(text), 0, [outer, inner])


def test_empty_analysis() -> None:
    assert extract(analysis(""), [], Resolution()) == ()


@pytest.mark.parametrize(
    ("text", "cue", "told"),
    [
        ("It is widely believed that the dam will hold.", "is widely believed", True),
        ("The mayor was accused of taking the keys.", "was accused of", True),
        ("The mayor was accused by Ada Berg of taking the keys.", "was accused", False),
        ("It emerged that the dam leaks.", "It emerged", True),
        ("There are rumours that the dam leaks.", "rumours", True),
        ("His claims that the dam leaks were read out.", "claims", False),
        ("Asked whether the dam leaks, she laughed.", "Asked", True),
        ("Divers went down with the aim of closing the gates.", "the aim of", False),
        ("Sales rose after fears of a flood.", "fears of", False),
        ("The mayor’s pledge to stay was kept.", "pledge", False),
        ("The gates were designed to close.", "were designed", False),
        ("The work is expected to end by 2040.", "is expected", True),
    ],
)
def test_hearsay_is_what_is_told_by_nobody(text: str, cue: str, told: bool) -> None:
    said = Attribution((span(text, text.split(cue)[1].strip() or text),), (span(text, cue),))
    assert impersonal(text, said) is told


def test_a_rival_is_another_of_its_kind() -> None:
    text = "“We are ready,” the diplomat said."
    said = Attribution((span(text, "“We are ready,”"),), (span(text, "said"),), (span(text, "the diplomat"),), "direct")

    def rival(first: Source, second: Source) -> float:
        link = Link(None, (Candidate("s1", 0.45), Candidate("s2", 0.4)))
        return extract(analysis(text), [said], Resolution((first, second), (link,)))[0].values["rival"]

    mention = (span(text, "the diplomat"),)
    here = Source("s1", "the diplomat", "person", "described", mentions=mention)
    assert rival(here, Source("s2", "a Western diplomat", "person", "described", mentions=mention)) == 0.0
    assert rival(here, Source("s2", "the county", "organization", "described", mentions=mention)) == 0.0
    assert rival(here, Source("s2", "Ada Berg", "person", "named", mentions=mention)) == 0.4


@pytest.mark.parametrize(
    ("words", "heads"),
    [
        ("“The nights were long”", 1.0),
        ("“The nights were long.”", 0.0),
        ("“The nights were long,”", 0.0),
        ("“The nights were long", 0.0),
        ("“The nights were long and cold and we had nothing left to burn”", 0.0),
    ],
)
def test_a_few_words_in_marks_head_a_section(words: str, heads: float) -> None:
    text = f"Harbour plans are late.\n{words}\nThe harbour was dug in 1911."
    alone = Attribution((span(text, words),), speech="direct")
    (found,) = extract(analysis(text), [alone], Resolution((), (Link(None, (Candidate(None, 1.0),)),)))
    assert found.values["headline"] == heads


@pytest.mark.parametrize(
    ("heading", "again"), [("“We are ready to act”", 1.0), ("“We are here to act”", 0.0), ("“Ready”", 0.0)]
)
def test_a_heading_may_be_made_of_a_quote(heading: str, again: float) -> None:
    text = f"{heading}\n{TEXT}"
    below = Attribution(
        (span(text, "“We are ready to act,”"),),
        (span(text, "said"),),
        (span(text, "Ada Berg, the minister"),),
        "direct",
    )
    above = Attribution((Span(0, len(heading), heading),), speech="direct")
    links = (Link(None, (Candidate(None, 1.0),)), SURE.links[0])
    first, second = extract(analysis(text), [above, below], Resolution((BERG,), links))
    assert (first.values["said again"], second.values["said again"]) == (again, 0.0)
