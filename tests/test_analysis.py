"""Paragraphs and offsets without models; what the shipped pack makes of real copy where it is there."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quotes import artifacts
from quotes.analysis import PARAGRAPH, Analyser, paragraphs, plain
from quotes.records import Analysis, Article

COPY = st.text(alphabet=st.sampled_from("aB. ,\"'“”’\n\r\t\u00a0\u2028\x85\x00é👍"), max_size=300)

ODD = {
    "empty": "",
    "white space": " \t\n\u00a0\r\n\u3000",
    "control characters": "A\x00man\x07 said\x97 so.\x1f\x85Then he left.\x7f",
    "emoji": "He said 👍🏽 and left. Fine 🇬🇧!",
    "no spaces": "x" * 20_000,
    "one mark after another": '"' * 400,
    "a lone surrogate": "The \ud800 mayor said no.",
    "combining marks": "e\u0301" * 800,
    "invisible characters": "\ufeffThe mayor\u200b said\u00ad no.",
    "right to left": "He said \u0645\u0631\u062d\u0628\u0627 to them.",
}


def shown(text: str) -> list[str]:
    return [text[start:end] for start, end in paragraphs(plain(text))]


@given(COPY)
def test_plain_keeps_the_length_and_is_plain_already(text: str) -> None:
    assert len(plain(text)) == len(text)
    assert plain(plain(text)) == plain(text)


def test_plain_makes_marks_straight_and_spaces_ordinary() -> None:
    assert plain("“We don’t,”\u00a0he said. ‹‘No’›") == "\"We don't,\" he said. ‹'No'›"


@given(COPY)
def test_paragraphs_hold_everything_but_white_space_in_order(text: str) -> None:
    text = plain(text)
    found = paragraphs(text)
    assert all(start < end and text[start:end] == text[start:end].strip() for start, end in found)
    assert all(before[1] <= after[0] for before, after in pairwise(found))
    gaps = [
        text[a:b] for a, b in zip([0, *(end for _, end in found)], [*(s for s, _ in found), len(text)], strict=True)
    ]
    assert not "".join(gaps).strip()


def test_a_line_break_ends_a_paragraph() -> None:
    assert shown("MAYOR RESIGNS\nBy A Writer\r\nThe mayor resigned.\n\nHe left.\u2028Home | News") == [
        "MAYOR RESIGNS",
        "By A Writer",
        "The mayor resigned.",
        "He left.",
        "Home | News",
    ]


def test_a_line_that_goes_on_in_lower_case_is_one_with_the_line_above() -> None:
    assert shown("The mayor said that he\nwould resign.\nhe left") == [
        "The mayor said that he\nwould resign.",
        "he left",
    ]
    assert len(shown("The mayor said that he\n\nwould resign")) == 2


def test_lines_of_a_wrapped_text_go_on_before_names_too() -> None:
    wrapped = (
        "The council of the small town on the river said on\n"
        "the last day of the month that the mayor, who is ill,\n"
        "and the judge of the court would both be going to\n"
        "stay where they were until somebody could be found in\n"
        "Rivertown to take over. Nobody was.\n"
        "Home | News"
    )
    assert shown(wrapped) == [wrapped.removesuffix("\nHome | News"), "Home | News"]


def test_long_lines_are_cut_between_sentences_else_between_words_else_anywhere() -> None:
    sentence = "The mayor of the town said that he would not resign. "
    assert all(piece.endswith(".") and len(piece) <= PARAGRAPH for piece in shown(sentence * 200))
    assert all(piece.split()[-1] == "mayor" for piece in shown("mayor " * 2000))
    assert [len(piece) for piece in shown("x" * (2 * PARAGRAPH + 1))] == [PARAGRAPH, PARAGRAPH, 1]


@pytest.fixture(scope="module")
def analyse() -> Analyser:
    try:
        artifacts.find("stanza-en")
    except artifacts.ArtifactError as error:
        pytest.skip(f"no Stanza pack here: {error}")
    return Analyser()


def holds(analysis: Analysis) -> bool:
    text, tokens = analysis.text, analysis.tokens
    ends = [0, *(token.end for token in tokens)]
    return (
        all(text[token.start : token.end] == token.text and token.text.strip() for token in tokens)
        and all(end <= token.start for end, token in zip(ends, tokens, strict=False))
        and all(text[entity.start : entity.end] == entity.text for entity in analysis.entities)
        and all(
            (sentence.start, sentence.end) == (sentence.tokens[0].start, sentence.tokens[-1].end)
            for sentence in analysis.sentences
        )
    )


@pytest.mark.parametrize("text", ODD.values(), ids=ODD.keys())
def test_odd_texts_are_analysed_with_their_offsets(analyse: Analyser, text: str) -> None:
    assert holds(analyse(Article("odd", text)))


def test_real_copy(analyse: Analyser) -> None:
    text = (
        "RIVERTOWN\u00a0—\u00a0“We don’t know,” said the mayor’s spokesman, Martin Hale. “It’s too early.”\r\n\r\n"
        "Photo: the town hall\r\nRead more\r\nHe spoke on Monday."
    )
    analysis = analyse(Article("copy", text))
    assert holds(analysis)
    words = {token.text: token for token in analysis.tokens}
    assert {"do", "n’t", "mayor", "’s", "“", "”"} <= words.keys()
    assert (words["said"].lemma, words["said"].upos) == ("say", "VERB")
    assert "Read more" in [text[sentence.start : sentence.end] for sentence in analysis.sentences]
    assert ("Martin Hale", "PERSON") in [(entity.text, entity.type) for entity in analysis.entities]


def test_an_analysis_does_not_depend_on_its_batch(analyse: Analyser) -> None:
    texts = [
        "The minister, Ana Silva, said the plan was dead. “It is over,” she told reporters in Lisbon.",
        "",
        "Officials denied it.\nThe report was published in 2014 by the United Nations.",
        "“No,” he said.",
    ]
    articles = [Article(str(number), text) for number, text in enumerate(texts * 3)]
    together = list(analyse.pipe(articles, len(articles)))
    assert together == [analyse(article) for article in articles] == list(analyse.pipe(articles, 5))


def test_loading_the_models_imports_no_compiler(analyse: Analyser) -> None:
    loaded = "from quotes.analysis import Analyser; Analyser(); import sys; print('torch._dynamo' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert shown.stdout == "False\n"


def test_a_folder_without_models_says_so(tmp_path: Path) -> None:
    with pytest.raises(artifacts.ArtifactError, match="no Stanza models"):
        Analyser(tmp_path)
