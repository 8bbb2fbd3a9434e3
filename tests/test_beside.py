"""What a network leaves out beside a cue, on analyses built by hand."""

from __future__ import annotations

import pytest

from quotes.detect.beside import beside
from quotes.detect.rules import missed
from quotes.records import Analysis, Article, Attribution, Sentence, Span, Token


def analysis(*sentences: str) -> Analysis:
    """Each sentence as words ``word/UPOS/XPOS`` with an optional lemma; ``~`` joins a word to the one before."""
    text, made = "", []
    for sentence in sentences:
        tokens = []
        for tagged in sentence.split():
            word, upos, xpos, *lemma = tagged.removeprefix("~").split("/")
            text += " " if text and not tagged.startswith("~") else ""
            tokens.append(Token(len(text), len(text) + len(word), word, (lemma or [word])[0], upos, xpos))
            text += word
        made.append(Sentence(tokens[0].start, tokens[-1].end, tuple(tokens)))
    return Analysis(Article("a", text), tuple(made))


def attribution(of: Analysis, source: str, cue: str, content: str) -> Attribution:
    def span(words: str) -> tuple[Span, ...]:
        start = of.text.index(words)
        return (Span(start, start + len(words), words),) if words else ()

    return Attribution(span(content), span(cue), span(source), "indirect")


def mended(of: Analysis, source: str, cue: str, content: str) -> tuple[list[str], list[str], list[str]]:
    (found,) = beside(of, [attribution(of, source, cue, content)])
    assert all(of.text[span.start : span.end] == span.text for span in (*found.source, *found.cue, *found.contents))
    return tuple([span.text for span in spans] for spans in (found.source, found.cue, found.contents))  # type: ignore


CLAIMS = "claiming/VERB/VBG/claim that/SCONJ/IN it/PRON/PRP rained/VERB/VBD ~./PUNCT/."
RUNS = "who/PRON/WP ran/VERB/VBD here/ADV/RB"
POLL = "The/DET/DT poll/NOUN/NN"
MAY = "which/PRON/WDT was/AUX/VBD/be taken/VERB/VBN/take in/ADP/IN May/PROPN/NNP"
BOAT = "they/PRON/PRP found/VERB/VBD the/DET/DT boat/NOUN/NN"
LEFT = "which/PRON/WDT was/AUX/VBD left/VERB/VBN at/ADP/IN the/DET/DT quay/NOUN/NN"


def test_a_pronoun_that_is_joined_to_the_cue_is_its_source() -> None:
    one = analysis(f"He/PRON/PRP ~’s/AUX/VBZ/be {CLAIMS}")
    assert mended(one, "", "He’s claiming", "that it rained") == (["He"], ["’s claiming"], ["that it rained"])


@pytest.mark.parametrize(("cue", "source"), [("It’s saying", ["It"]), ("It’s obvious", [])])
def test_it_speaks_only_with_a_verb(cue: str, source: list[str]) -> None:
    word = "saying/VERB/VBG/say" if "saying" in cue else "obvious/ADJ/JJ"
    one = analysis(f"It/PRON/PRP ~’s/AUX/VBZ/be {word} that/SCONJ/IN it/PRON/PRP rained/VERB/VBD ~./PUNCT/.")
    assert mended(one, "", cue, "that it rained")[0] == source


def test_according_to_is_followed_by_its_source() -> None:
    one = analysis(
        "According/VERB/VBG to/ADP/IN the/DET/DT ministry/NOUN/NN of/ADP/IN health/NOUN/NN ~,/PUNCT/, it/PRON/PRP "
        "rained/VERB/VBD ~./PUNCT/."
    )
    assert mended(one, "", "According to", "it rained")[0] == ["the ministry of health"]


def test_the_second_verb_of_a_relative_clause_has_its_subject() -> None:
    one = analysis(
        "He/PRON/PRP met/VERB/VBD the/DET/DT owners/NOUN/NNS ~,/PUNCT/, who/PRON/WP were/AUX/VBD/be silent/ADJ/JJ "
        "but/CCONJ/CC vowed/VERB/VBD/vow to/PART/TO fight/VERB/VB ~./PUNCT/."
    )
    assert mended(one, "", "vowed", "to fight")[0] == ["who"]


def test_a_source_has_its_relative_clause() -> None:
    one = analysis(f"{POLL} ~,/PUNCT/, {MAY} ~,/PUNCT/, showed/VERB/VBD/show rain/NOUN/NN ~./PUNCT/.")
    assert mended(one, "The poll", "showed", "rain")[0] == ["The poll, which was taken in May,"]


def test_a_clause_has_its_predicate() -> None:
    text = "contended/VERB/VBD/contend this/DET/DT fair/NOUN/NN is/AUX/VBZ/be expected/VERB/VBN to/PART/TO grow/VERB/VB"
    one = analysis(f"Poe/PROPN/NNP {text} ~./PUNCT/.")
    assert mended(one, "Poe", "contended", "this fair")[2] == ["this fair is expected to grow"]


def test_what_a_relative_clause_says_is_no_predicate_of_its_object() -> None:
    text = f"People/NOUN/NNS {RUNS} who/PRON/WP mentioned/VERB/VBD/mention the/DET/DT fair/NOUN/NN left/VERB/VBD"
    one = analysis(f"{text} ~./PUNCT/.")
    assert mended(one, "who", "mentioned", "the fair")[2] == ["the fair"]


@pytest.mark.parametrize("aside", [LEFT, f"{LEFT} ~,/PUNCT/, and/CCONJ/CC sank/VERB/VBD", RUNS])
def test_a_reported_clause_says_what_its_last_noun_did(aside: str) -> None:
    one = analysis(f"Police/NOUN/NNS said/VERB/VBD/say {BOAT} ~,/PUNCT/, {aside} ~./PUNCT/.")
    end = ", which was left at the quay" if aside == LEFT else ""
    assert mended(one, "Police", "said", "they found the boat")[2] == ["they found the boat" + end]


def told(found: tuple[Attribution, ...]) -> list[tuple[str, str, str]]:
    return [(one.source[0].text, one.cue[0].text, one.contents[0].text) for one in found]


RAINED = "It/PRON/PRP rained/VERB/VBD for/ADP/IN a/DET/DT week/NOUN/NN"
ACCORDING = "according/VERB/VBG to/ADP/IN estimates/NOUN/NNS from/ADP/IN Marlin/PROPN/NNP"


def test_according_to_that_was_missed() -> None:
    one = analysis(f"{RAINED} ~,/PUNCT/, {ACCORDING} ~./PUNCT/.")
    assert told(missed(one, ())) == [("estimates from Marlin", "according to", "It rained for a week")]


def test_according_to_is_left_alone_where_something_was_found_or_is_reported() -> None:
    one = analysis(f"{RAINED} ~,/PUNCT/, {ACCORDING} ~./PUNCT/.")
    assert missed(one, [attribution(one, "estimates", "according to", "rained")]) == ()
    two = analysis(f"They/PRON/PRP asked/VERB/VBD/ask to/PART/TO leave/VERB/VB ~,/PUNCT/, {ACCORDING} ~./PUNCT/.")
    assert missed(two, ()) == ()


QUOTATION = (
    "“/PUNCT/`` ~would/AUX/MD never/ADV/RB pay/VERB/VB a/DET/DT single/ADJ/JJ penny/NOUN/NN ~./PUNCT/. ~”/PUNCT/''"
)
LETTER = "It/PRON/PRP brought/VERB/VBD a/DET/DT letter/NOUN/NN that/PRON/WDT"


@pytest.mark.parametrize(("verb", "found"), [("stated/VERB/VBD/state", True), ("stating/VERB/VBG/state", False)])
def test_who_reports_a_quotation_that_nobody_was_given(verb: str, found: bool) -> None:
    one = analysis(f"{LETTER} {verb} he/PRON/PRP {QUOTATION}")
    want = [("that", "stated", "he “would never pay a single penny.”")] if found else []
    assert told(missed(one, ())) == want
