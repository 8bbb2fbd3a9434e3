"""Traces of damage, and the two generators of it."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quotes.detect.damage import CLASSES, DamageModel, lay, passages
from quotes.detect.traces import Vocabulary, notices, stump, traces
from quotes.detect.words import WORD, RunningReader, Words
from quotes.evaluate import damage as second
from quotes.marks import paragraphs, quoted
from quotes.records import Analysis, Article, Attribution, Evidence, Span
from quotes.train import damage as first

CASES = json.loads((Path(__file__).parent / "cases" / "flags-traces.json").read_text(encoding="utf-8"))
WORDS = """
we will rebuild the harbour mayor said on friday it is of and that to was at long first paragraph a speech
second progress made familiar but declined comment called programme tied denuclearisation denuclearization
talks went crowd sang enough waited minister over recalled workers own sites deal aide adding had works drives
limit played again agency told reporters bridge closed because traffic sent round despite reports appears plan
he she would be i've very so did not help
"""
KNOWN = Vocabulary.parse("50 " + " ".join(sorted(set(WORDS.split()))))


def found(text: str) -> tuple[Evidence, ...]:
    blocks = paragraphs(text)
    return (*traces(text, quoted(text), blocks, KNOWN), *notices(text, blocks))


def sure(text: str) -> list[Evidence]:
    return [trace for trace in found(text) if trace.probability >= 0.5 and not trace.sign.endswith("inside")]


@pytest.mark.parametrize("case", CASES["in the wild"] + CASES["synthetic"], ids=lambda case: case["text"][:40])
def test_damage_leaves_a_trace(case: dict) -> None:
    shown = [trace for trace in found(case["text"]) if trace.sign in case["signs"]]
    assert shown
    assert case["words"][0] in [span.text for trace in shown for span in trace.spans]
    assert all(trace.reason for trace in shown)


@pytest.mark.parametrize("case", CASES["negative"], ids=lambda case: case["text"][:40])
def test_correct_copy_leaves_none(case: dict) -> None:
    assert [trace.reason for trace in sure(case["text"])] == []


@pytest.mark.parametrize("case", CASES["known failures"], ids=lambda case: case["text"][:40])
@pytest.mark.xfail(strict=True, reason="a single odd word is for the model")
def test_known_failures(case: dict) -> None:
    assert [trace.sign for trace in sure(case["text"])] == case["signs"]


@given(st.text(alphabet="aA bt.,;:“”\"'‘’\n<p>&|…—-(1é\ufffd", max_size=120))
def test_traces_point_into_any_text(text: str) -> None:
    for trace in found(text):
        for span in trace.spans:
            assert text[span.start : span.end] == span.text
            assert span.text


def test_a_notice_between_two_halves_of_a_sentence_is_debris() -> None:
    text = "“We will rebuild the harbour\n\nAdvertisement\n\nof this town,” the mayor said."
    assert [trace.spans[0].text for trace in notices(text, paragraphs(text))] == ["Advertisement"]
    whole = "“We will rebuild it,” the mayor said.\n\nAdvertisement\n\nThe harbour was lost in 2010."
    assert list(notices(whole, paragraphs(whole))) == []


def test_a_stump_is_surer_where_the_article_completes_it() -> None:
    known = Vocabulary(["den", "denial", "denuclearization", "house"], [3, 20, 40, 500])
    assert stump("It relates to the den. Denuclearization is far.", "den", False, known) > 0.9
    assert stump("They found the den. The den was empty.", "den", False, known) == 0.0
    assert stump("They went into the house", "house", False, known) == 0.0


def test_vocabulary_counts_words_and_what_begins_so() -> None:
    known = Vocabulary.parse("3 able ably\n10 abroad\n")
    assert (known.count("able"), known.count("abl"), known.begun("ab")) == (3, 0, 16)


# --- the generators -----------------------------------------------------------------------------------------------

TEXT = (
    "Harbour to be rebuilt\n\n"
    "The council voted on Monday for a new harbour after years of difficult talks with the region.\n\n"
    "“We have made a very important decision for the people of this town, and it will take time,” "
    "said Ada Berg, the mayor.\n\n"
    "The region pays for most of it.\n\n"
    "“The government wants to see that its money is well spent before the first ship comes in,” "
    "Carl Dahl said on Friday.\n\n"
    "Work begins in the spring."
)


def article() -> first.Copy:
    said = []
    first_words = "“We have made a very important decision for the people of this town, and it will take time,”"
    other_words = "“The government wants to see that its money is well spent before the first ship comes in,”"
    for quote, cue, source in ((first_words, "said", "Ada Berg, the mayor"), (other_words, "said", "Carl Dahl")):
        at = TEXT.index(quote)
        starts = [TEXT.index(words, at) for words in (quote, cue, source)]
        content, mark, name = (
            (Span(start, start + len(words), words),) for start, words in zip(starts, (quote, cue, source), strict=True)
        )
        said.append(Attribution(content, mark, name, "direct"))
    return first.Copy(TEXT, tuple(said))


@pytest.mark.parametrize("variety", first.VARIETIES)
def test_every_variety_of_damage_is_done_and_recorded(variety: str) -> None:
    made = [first.damage(article(), variety, Random(seed), seed % 2) for seed in range(60)]
    hurt = [copy for copy in made if copy is not None]
    assert hurt
    for copy in hurt:
        assert copy.text != TEXT
        assert [wound.variety for wound in copy.wounds] == [variety]
        spans = [span for said in copy.attributions for span in (*said.contents, *said.cue, *said.source)]
        for span in (*spans, *(span for wound in copy.wounds for span in wound.spans)):
            assert copy.text[span.start : span.end] == span.text


def test_the_same_seed_does_the_same_damage() -> None:
    for variety in first.VARIETIES:
        assert first.damage(article(), variety, Random(7), 0) == first.damage(article(), variety, Random(7), 0)


def test_damage_adds_up_and_keeps_its_places() -> None:
    copy = article()
    for variety in ("repeated", "stray", "missing", "marks"):
        copy = first.damage(copy, variety, Random(3), 0) or copy
    assert len(copy.wounds) >= 2
    for wound in copy.wounds:
        assert all(copy.text[span.start : span.end] == span.text for span in wound.spans)


def test_a_dropped_clause_leaves_no_name_beside_the_quote() -> None:
    orphans = [copy for seed in range(40) if (copy := first.damage(article(), "orphaned", Random(seed), 1))]
    assert orphans
    for copy in orphans:
        said = copy.attributions[1]
        assert not said.source
        assert "Carl Dahl" not in copy.text
        assert said.contents[0].text.startswith("“The government wants")


def test_spinning_swaps_words_and_says_which() -> None:
    copy = first.spin(article(), Random(1), 0, len(TEXT), first.thesaurus(), 1.0)
    assert copy is not None
    swapped = copy.wounds[0].spans
    assert len(swapped) >= 5
    assert "important" not in copy.text


def test_thesaurus_offers_no_word_for_itself() -> None:
    entries = first.thesaurus()
    assert len(entries) > 500
    assert all(others and all(others) for others in entries.values())


@pytest.mark.parametrize("variety", second.VARIETIES)
def test_second_generator_says_where_it_struck(variety: str) -> None:
    blocks = TEXT.split("\n\n")
    said = {}
    for number in (2, 4):
        end = blocks[number].rindex("”") + 1
        said[number] = second.Said(0, end, blocks[number][end:].split(" ", 2)[1] + " Berg" * (number == 2))
    results = [second.damaged(blocks, said, (variety,), Random(seed)) for seed in range(60)]
    struck = [(text, sites) for text, sites in results if sites]
    assert struck
    for text, sites in struck:
        assert text != TEXT
        for site in sites:
            assert site.variety == variety
            assert 0 <= site.start < site.end <= len(text)


def test_a_lost_full_stop_is_no_wound() -> None:
    copy = first.stops_lost(article(), Random(1), rate=1.0)
    assert copy.wounds == ()
    assert not any(copy.text[end - 1] == "." for _, end in paragraphs(copy.text))
    assert copy.text.replace(".", "") == article().text.replace(".", "")
    assert first.stops_lost(article(), Random(1), rate=0.0) == article()


def test_a_splice_takes_its_second_half_from_elsewhere() -> None:
    donor = "Nobody had told the committee that seventeen elephants were grazing behind the old station."
    whole = article()
    made = [first.spliced(whole, whole.attributions[0], Random(seed), [donor]) for seed in range(60)]
    tails = [one.text for one in made if one is not None and "behind the old station" in one.text]
    assert tails
    assert not any("Nobody had told" in text for text in tails)
    for one in filter(None, made):
        content = one.attributions[0].contents[0].text
        assert (content[0], content[-2:]) == ("“", ",”")
        assert one.wounds[0].spans[0].text in content


def test_the_generators_share_no_swaps() -> None:
    ours = {(word, other) for word, others in first.thesaurus().items() for other in others}
    theirs = {(word, other) for word, others in second.SWAPS.items() for other in others}
    assert not ours & theirs


# --- the model of damaged words -----------------------------------------------------------------------------------


def byte_pairs(file: Path) -> RunningReader:
    """A reader that knows every byte, and one join: of a full stop and a straight closing mark."""
    from tokenizers import Tokenizer
    from tokenizers.models import BPE
    from tokenizers.pre_tokenizers import ByteLevel

    pieces = ["<begin>", *sorted(ByteLevel.alphabet()), '."']
    tokenizer = Tokenizer(BPE({piece: number for number, piece in enumerate(pieces)}, [(".", '"')]))
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False)
    tokenizer.save(str(file))
    return RunningReader(file)


@pytest.fixture
def reader(tmp_path: Path) -> RunningReader:
    return byte_pairs(tmp_path / "tokenizer.json")


@pytest.fixture(scope="module")
def steady_reader(tmp_path_factory: pytest.TempPathFactory) -> RunningReader:
    return byte_pairs(tmp_path_factory.mktemp("reader") / "tokenizer.json")


@given(st.text(max_size=300))
def test_every_word_of_any_text_has_a_last_piece(steady_reader: RunningReader, text: str) -> None:
    words = steady_reader(text)
    assert [text[a:b] for a, b in zip(words.starts, words.ends, strict=True)] == WORD.findall(text)
    assert (np.diff(words.first) >= 0).all()
    for start, end in passages(words, 20):
        pieces, last = lay(words, start, end)
        assert len(last) == end - start
        assert ((last >= 0) & (last < len(pieces))).all()


def test_a_run_without_a_blank_is_read_in_part(reader: RunningReader) -> None:
    words = reader("x" * 5000 + " " * 5000 + "y \ud800")
    assert len(words) == 3
    assert words.first[-1] == len(words.pieces) < 40


def test_passages_cover_a_text_and_end_with_paragraphs_or_sentences(reader: RunningReader) -> None:
    text = "a b c. d e f.\n\ng h i j. k l m n o p q r. s t.\n\nu v."
    words = reader(text)
    found = list(passages(words, 26))
    assert found[0][0] == 0
    assert found[-1][1] == len(words)
    assert all(end == start for (_, end), (start, _) in pairwise(found))
    ends = [text[: words.ends[end - 1]][-1] for _, end in found]
    assert set(ends) == {"."}
    assert all(words.first[end] - words.first[start] < 26 for start, end in found)


def test_paragraphs_that_nobody_wants_are_not_read(reader: RunningReader) -> None:
    text = "a b c. d e f.\n\ng h i j.\n\nk l m.\n\nn o p."
    words = reader(text)
    wanted = np.isin([text[start] for start in words.starts], ["e", "l", "o"])
    read = [text[words.starts[start] : words.ends[end - 1]] for start, end in passages(words, 99, wanted)]
    assert read == ["a b c. d e f.", "k l m.\n\nn o p."]
    assert not list(passages(words, 99, wanted & False))


def test_a_long_word_has_its_own_passage(reader: RunningReader) -> None:
    assert list(passages(reader("abcdefghij"), 5)) == [(0, 1)]
    assert list(passages(reader(""), 5)) == []


def test_laying_gives_each_word_its_last_piece(reader: RunningReader) -> None:
    words = reader('ab c." d')
    pieces, last = lay(words, 1, 5)
    shown = [reader.tokenizer.id_to_token(int(piece)) for piece in pieces]
    assert shown == ["<begin>", "Ġ", "c", '."', "Ġ", "d"]
    assert last.tolist() == [2, 3, 3, 5]  # the stop and the mark are one piece


def test_labels_of_a_damaged_passage_are_those_of_its_wounds(reader: RunningReader) -> None:
    torch = pytest.importorskip("torch")
    del torch
    from quotes.train.damage_model import labels

    copy = first.damage(article(), "repeated", Random(5), 0) or article()
    words = reader(copy.text)
    marked = [copy.text[a:b] for a, b, kind in zip(words.starts, words.ends, labels(copy, words), strict=True) if kind]
    assert marked == [span.text for wound in copy.wounds for span in wound.spans]
    assert marked


@pytest.mark.parametrize(("cause", "suspect", "reads"), [(False, "", False), (True, "", True), (False, "w3", True)])
def test_reports_are_read_where_there_is_cause(
    cause: bool, suspect: str, reads: bool, reader: RunningReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoken = " ".join(f"w{n}" for n in range(70))
    text = f"{spoken}\n\nHe reported that the w3 was late.\n\nNobody spoke."
    model = object.__new__(DamageModel)
    model.reader = reader
    read: list[str] = []

    def probabilities(self: DamageModel, words: Words, start: int, end: int) -> np.ndarray:
        some = [text[words.starts[n] : words.ends[n]] for n in range(start, end)]
        read.extend(some)
        sure = np.eye(len(CLASSES))
        return np.array([sure[CLASSES.index("spun") if word.startswith(suspect or "?") else 0] for word in some])

    monkeypatch.setattr(DamageModel, "probabilities", probabilities)
    report = text.index("the w3")
    said = [
        Attribution((Span(0, len(spoken), spoken),), speech="direct"),
        Attribution((Span(report, report + 6, text[report : report + 6]),)),
    ]
    model.suspects(Analysis(Article("a", text), ()), said, cause)
    assert ("reported" in read) == reads
    assert "w69" in read
    assert "Nobody" not in read


def test_the_graph_says_what_the_network_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnx")
    pytest.importorskip("gguf")
    import gzip

    import onnxruntime
    import torch

    from quotes.train import damage_export, damage_model, damage_network

    for module in (damage_export, damage_network):
        monkeypatch.setattr(module, "DEPTH", 2)
        monkeypatch.setattr(module, "BOTH_WAYS", 1)
    torch.manual_seed(1)
    network = damage_network.DamageNetwork(60)
    chance = np.random.default_rng(1)
    passage = Words(*(np.arange(30),) * 2, chance.integers(0, 60, 30), np.arange(31), *(np.zeros(30, dtype=int),) * 2)
    damage_model.export(network.state_dict(), tmp_path / "model.onnx.gz", [passage] * 4)
    session = onnxruntime.InferenceSession(gzip.decompress((tmp_path / "model.onnx.gz").read_bytes()))
    pieces, last = lay(passage, 0, 30)
    (scores,) = session.run(None, {"pieces": pieces, "index": last})
    with torch.inference_mode():
        there = torch.ones(1, len(pieces), dtype=torch.bool)
        exact = network(torch.from_numpy(pieces)[None], there, torch.from_numpy(last)).numpy()
    assert np.corrcoef(scores.ravel(), exact.ravel())[0, 1] > 0.99
    turned = network(torch.from_numpy(pieces)[None].flip(1), there, torch.from_numpy(last)).detach().numpy()
    assert np.corrcoef(turned.ravel(), exact.ravel())[0, 1] < 0.9


def test_a_line_that_goes_on_is_not_cut_off(reader: RunningReader, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "We will rebuild the\nharbour mayor said the\n\nThe talks went"
    model = object.__new__(DamageModel)
    model.reader = reader
    sure = np.eye(len(CLASSES))[CLASSES.index("truncated")]
    monkeypatch.setattr(
        DamageModel,
        "probabilities",
        lambda self, words, start, end: np.array(
            [sure if text[words.starts[n] : words.ends[n]] == "the" else 0 * sure for n in range(start, end)]
        ),
    )
    said = Attribution((Span(0, len(text), text),), speech="direct")
    (found_one,) = model.suspects(Analysis(Article("a", text), ()), [said], cause=False)
    assert (found_one.sign, found_one.spans[0].start) == ("word truncated", text.index("said the") + 5)
