"""The rule detector on analyses built by hand: who says what in every order that news copy has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quotes.detect.rules import RuleDetector, uncovered
from quotes.records import Analysis, Article, Attribution, Entity, Sentence, Span, Token

CASES = json.loads((Path(__file__).parent / "cases" / "rules.json").read_text(encoding="utf-8"))
WORDS = [
    ("“", "PUNCT", "``"), ("”", "PUNCT", "''"), ("said", "VERB", "VBD"), ("Poe", "PROPN", "NNP"), ("the", "DET", "DT"),
    (",", "PUNCT", ","), (".", "PUNCT", "."), ("bridge", "NOUN", "NN"), ("to", "PART", "TO"), ("called", "VERB", "VBN"),
    ("and", "CCONJ", "CC"), ("who", "PRON", "WP"), ("according", "VERB", "VBG"), ("seems", "VERB", "VBZ"),
    (":", "PUNCT", ":"), ("adding", "VERB", "VBG"), ("is", "AUX", "VBZ"), ("—", "PUNCT", ":"), ("safe", "ADJ", "JJ"),
    ("(", "PUNCT", "-LRB-"), (")", "PUNCT", "-RRB-"), ("'s", "PART", "POS"), ("that", "SCONJ", "IN"),
    ("Mr", "PROPN", "NNP"),
]  # fmt: skip


def analysis(text: str, tags: list[str], entities: list[list[Any]] | None = None) -> Analysis:
    """``tags``: for each sentence its words as ``word|lemma|UPOS|XPOS``."""
    article = Article("case", text)
    sentences, at = [], 0
    for line in tags:
        tokens = []
        for tagged in line.split():
            word, lemma, upos, xpos = tagged.split("|")
            at = text.index(word, at)
            tokens.append(Token(at, at + len(word), word, lemma, upos, xpos))
            at += len(word)
        sentences.append(Sentence(tokens[0].start, tokens[-1].end, tuple(tokens)))
    named = tuple(Entity(start, end, text[start:end], kind) for start, end, kind in entities or ())
    return Analysis(article, tuple(sentences), named)


def told(said: Attribution) -> dict[str, Any]:
    return {
        "source": " + ".join(span.text for span in said.source),
        "cue": " ".join(span.text for span in said.cue),
        "contents": [span.text for span in said.contents],
        "speech": said.speech,
    }


def check(case: dict[str, Any]) -> None:
    found = RuleDetector()(analysis(case["text"], case["tags"], case["entities"]))
    key = json.dumps
    assert sorted(map(told, found), key=key) == sorted(case["attributions"], key=key)


@pytest.mark.parametrize("case", CASES["in_the_wild"] + CASES["negative"], ids=lambda case: case["text"][:40])
def test_case(case: dict[str, Any]) -> None:
    check(case)


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, marks=pytest.mark.xfail(strict=True, reason=case["reason"]))
        for case in CASES["known_failures"]
    ],
    ids=lambda case: case["text"][:40],
)
def test_known_failure(case: dict[str, Any]) -> None:
    check(case)


def plain(text: str) -> Analysis:
    return Analysis(Article("x", text), ())


def test_uncovered_finds_what_a_detector_lost() -> None:
    text = "“The bridge is safe to cross,” Poe said. She left.\n\n“We checked every bolt of it twice.”"
    first = Span(0, 30, text[:30])
    assert first.text == "“The bridge is safe to cross,”"
    found = uncovered(plain(text), (Attribution((first,)),))
    assert [told(said) for said in found] == [
        {"source": "", "cue": "", "contents": ["“We checked every bolt of it twice.”"], "speech": "direct"}
    ]


def test_uncovered_takes_paragraphs_of_one_quote_together() -> None:
    text = "“The bridge is safe to cross.\n\n“We checked every bolt of it twice.”"
    (said,) = uncovered(plain(text), ())
    assert [span.text for span in said.contents] == [
        "“The bridge is safe to cross.",
        "“We checked every bolt of it twice.”",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "She wrote “The Long Way Home Again”.",
        "The so-called “march of the bridge builders” ended.",
        "They want “safe bridges”.",
        "The workers' union met at the bosses' club.",
    ],
)
def test_uncovered_leaves_titles_phrases_and_scraps(text: str) -> None:
    assert uncovered(plain(text), ()) == ()


def test_a_quotation_covered_by_half_is_covered() -> None:
    text = "“The bridge is safe to cross and new,” Poe said."
    assert uncovered(plain(text), (Attribution((Span(1, 25, text[1:25]),)),)) == ()
    assert len(uncovered(plain(text), (Attribution((Span(1, 9, text[1:9]),)),))) == 1


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=14), max_size=4), st.sampled_from([" ", "\n\n"]))
def test_any_tags(lines: list[list[tuple[str, str, str]]], gap: str) -> None:
    """Whatever the tagger says, the spans hold their words and stand in order."""
    text, sentences = "", []
    for line in lines:
        tokens = []
        for word, upos, xpos in line:
            tokens.append(Token(len(text), len(text) + len(word), word, word, upos, xpos))
            text += word + " "
        sentences.append(Sentence(tokens[0].start, tokens[-1].end, tuple(tokens)))
        text = text[:-1] + gap
    read = Analysis(Article("x", text), tuple(sentences))
    found = RuleDetector()(read)
    assert found == RuleDetector()(read)
    assert [said.start for said in found] == sorted(said.start for said in found)
    for said in found:
        assert said.contents
        for span in said.contents + said.cue + said.source:
            assert span.text == text[span.start : span.end] == span.text.strip() != ""
