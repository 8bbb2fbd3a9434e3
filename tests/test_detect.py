"""The detector: words and windows, the chain's probabilities, decoding, variations of the training copy, the model."""

from __future__ import annotations

import gzip
import itertools
import json
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quotes import artifacts
from quotes.detect.decode import Chain, Found, Scores, Settings, choose, decode, overlapped
from quotes.detect.labels import (
    BUCKETS,
    LABELS,
    LINKS,
    REACH,
    ROLES,
    allowed,
    buckets,
    label,
    may_end,
    may_start,
)
from quotes.detect.words import GAPS, MARKS, MOST_PIECES, SHAPES, Reader, Words, windows
from quotes.records import Analysis, Article
from quotes.train.annotated import VARIATIONS, Document, Said, edited

OWN = ("said", "said", "was told")
SHARED = Path(__file__).parents[2] / "shared"
TEXT = "“We will go,” said Ann Lee, a pilot. ‘Never,’ he wrote.\n\nThe U.S. agreed, according to 38 North."


def model() -> Path:
    try:
        return artifacts.find("detector")
    except artifacts.ArtifactError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(model() / "tokenizer.json")


@pytest.fixture(scope="module")
def detector():
    from quotes.detect import Detector

    return Detector(model())


def article(text: str) -> Analysis:
    return Analysis(Article("a", text), ())


def named(words: Words, text: str) -> dict[str, tuple[str, str, str]]:
    return {
        text[start:end]: (SHAPES[shape], GAPS[gap], MARKS[mark])
        for start, end, shape, gap, mark in zip(
            words.starts, words.ends, words.shape, words.gap, words.mark, strict=True
        )
    }


def test_words_show_what_the_pieces_do_not(reader: Reader) -> None:
    shown = named(reader(TEXT), TEXT)
    assert shown["“"] == ("point", "paragraph", "opening")
    assert shown["will"] == ("lower", "space", "speech")
    assert shown["”"] == ("point", "glued", "closing")
    assert shown["Lee"] == ("title", "space", "outside")
    assert shown["Never"] == ("title", "glued", "speech")
    assert shown["The"] == ("title", "paragraph", "outside")
    assert shown["38"][0] == "digit"
    words = reader(TEXT)
    assert words.paragraph[-1] - words.paragraph[0] == 1
    assert [words.inside(1, 3), words.inside(2, 2 + 3)] == [(1, 2), (1, 3)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=()), max_size=300))
def test_any_text_has_words_with_pieces(reader: Reader, text: str) -> None:
    words = reader(text)
    assert all(text[start:end].strip() for start, end in zip(words.starts, words.ends, strict=True))
    assert (np.diff(words.first) >= 1).all()
    assert (np.diff(words.first) <= MOST_PIECES).all()
    assert len(words.pieces) == words.first[-1]


@given(st.lists(st.integers(1, MOST_PIECES), max_size=400), st.integers(90, 256))
@settings(max_examples=60, deadline=None)
def test_cores_cover_the_text_once_and_windows_keep_their_size(counts: list[int], longest: int) -> None:
    n = len(counts)
    first = np.concatenate(([0], np.cumsum(counts))).astype(int)
    none = np.zeros(n, dtype=int)
    words = Words(none, none, np.zeros(first[-1], dtype=int), first, none, none, none, none.astype(bool))
    covered = []
    for start, end, core_start, core_end in windows(words, longest, 30):
        assert start <= core_start < core_end <= end
        assert first[end] - first[start] <= longest
        covered += range(core_start, core_end)
    assert covered == list(range(n))


def brute(scores: np.ndarray, moves: np.ndarray) -> dict[tuple[int, ...], float]:
    """Every labelling of a short text with its probability."""
    found = {}
    for path in itertools.product(range(len(LABELS)), repeat=len(scores)):
        if may_start()[path[0]] and may_end()[path[-1]] and all(allowed()[a, b] for a, b in itertools.pairwise(path)):
            score = sum(scores[i, name] for i, name in enumerate(path))
            found[path] = np.exp(score + sum(moves[a, b] for a, b in itertools.pairwise(path)))
    total = sum(found.values())
    return {path: value / total for path, value in found.items()}


def test_span_probabilities_are_those_of_all_labellings() -> None:
    random_ = np.random.default_rng(3)
    scores, moves = random_.normal(size=(4, len(LABELS))), random_.normal(size=(len(LABELS), len(LABELS)))
    paths, chain = brute(scores, moves), Chain(scores, moves)
    for role in range(len(ROLES)):
        begin, inner, last, single = (label(role, place) for place in "BIES")
        for span in chain.spans(role, 0.0):
            wanted = [begin, *[inner] * (span.end - span.start - 2), last] if span.end - span.start > 1 else [single]
            true = sum(p for path, p in paths.items() if list(path[span.start : span.end]) == wanted)
            assert span.probability == pytest.approx(true, abs=1e-9)
        assert len(chain.spans(role, 0.0)) == 4 + 3 + 2 + 1


def test_spans_are_chosen_for_the_most_worth_without_overlap() -> None:
    a, b, c, d = Found(0, 5, 0.6), Found(4, 6, 0.5), Found(6, 9, 0.4), Found(0, 9, 0.9)
    assert choose([((0, a), 0.3), ((1, b), 0.2), ((2, c), 0.1), ((2, d), 0.35)]) == [(0, a), (2, c)]
    assert choose([((0, a), -0.1)]) == []


def test_expected_overlap_counts_neighbours() -> None:
    both = overlapped([Found(0, 4, 0.5), Found(0, 5, 0.4), Found(20, 22, 0.1)])
    assert [round(span.overlap, 3) for span in both] == [0.82, 0.8, 0.1]


def test_buckets_tell_direction_and_distance() -> None:
    near = buckets(np.array([0, 1, -1, 400]), np.array([0, 0, -9, 9]), np.array([0, 1, -1, 9]))
    assert near.min() >= 0
    assert near.max() < BUCKETS
    assert len({tuple(row) for row in near}) == 4


def planted(reader: Reader, text: str, spans: dict[str, list[str]], links: list[tuple[int, str, str | None]]):
    """Words and scores that say for sure what stands where and what links to what."""
    words = reader(text)
    n = len(words)
    scores = Scores(
        np.zeros((n, len(LABELS))), np.zeros((n, len(LINKS), 128)), np.zeros((n, len(LINKS), 128)),
        np.zeros((n, len(LINKS), BUCKETS + 1)),
    )  # fmt: skip
    scores.labels[:, 0] = 8

    def place(part: str) -> tuple[int, int]:
        return words.inside(text.index(part), text.index(part) + len(part))

    for role, parts in spans.items():
        for start, end in map(place, parts):
            number = ROLES.index(role)
            marks = "S" if end - start == 1 else "B" + "I" * (end - start - 2) + "E"
            for i, mark in enumerate(marks, start):
                scores.labels[i, 0] = 0
                scores.labels[i, label(number, mark)] = 8
    for channel, (link, tail, head) in enumerate(links):
        word = place(tail)[1] - 1 if link == 3 else place(tail)[0]
        if head is None:
            scores.likes[word, link, BUCKETS] = 9
        else:
            to = place(head)[1] - 1 if link == 1 else place(head)[0]
            scores.seeks[word, link, channel] = scores.offers[to, link, channel] = 4
    return words, scores


def test_contents_go_to_their_cue_and_cues_to_their_source(reader: Reader) -> None:
    text = "“We will go,” said Ann Lee, “and soon.” Bob was told that it rains."
    parts = ["“We will go,”", "“and soon.”", "that it rains"]
    words, scores = planted(
        reader,
        text,
        {"content": parts, "cue": ["said", "was told"], "source": ["Ann Lee"]},
        [
            *((link, part, cue) for part, cue in zip(parts, OWN, strict=True) for link in (2, 3)),
            (0, "said", "Ann Lee"),
            (1, "said", "Ann Lee"),
            (0, "was told", None),
            (1, "was told", None),
        ],
    )  # fmt: skip

    def shown(span: Found) -> str:
        return text[words.starts[span.start] : words.ends[span.end - 1]]

    first, second = decode(words, scores, Settings(np.zeros((len(LABELS), len(LABELS)))))
    assert [shown(part) for part in first.contents] == parts[:2]
    assert first.source is not None
    assert (shown(first.cue), shown(first.source)) == ("said", "Ann Lee")
    assert ([shown(part) for part in second.contents], shown(second.cue), second.source) == (
        ["that it rains"], "was told", None,
    )  # fmt: skip


def test_a_content_out_of_reach_of_every_cue_is_left_out(reader: Reader) -> None:
    text = "He said. " + "word " * (REACH + 20) + "“We go.”"
    words, scores = planted(reader, text, {"cue": ["said"], "content": ["“We go.”"]}, [])
    assert decode(words, scores, Settings(np.zeros((len(LABELS), len(LABELS))))) == []


def test_settings_come_back_as_they_were() -> None:
    kept = Settings(np.eye(len(LABELS)), weights={"cue": 0.5}, intercept=-0.25)
    again = Settings.from_json(json.loads(json.dumps(kept.to_json())))
    assert again.probability({"cue": 0.5}) == kept.probability({"cue": 0.5}) == 0.5
    assert (again.transitions == kept.transitions).all()


DOCUMENT = Document(
    "d",
    "“We will go,” said Lee.\n\nIt “may rain,” he added. Lee wrote: “Stay home.” \n\nThe end is near, he said.",
    (
        Said(((14, 18),), ((19, 22),), ((0, 13),)),
        Said(((42, 47),), ((39, 41),), ((28, 38),)),
        Said(((53, 58),), ((49, 52),), ((60, 72),)),
    ),
)


def parts(document: Document) -> list[list[str]]:
    return [
        [document.text[start:end] for role in ROLES for start, end in said.spans(role)] for said in document.said
    ]  # fmt: skip


@pytest.mark.parametrize("variation", [variation for _, variation in VARIATIONS])
@pytest.mark.parametrize("seed", range(12))
def test_variations_keep_the_annotated_words(variation, seed: int) -> None:
    changed = variation(DOCUMENT, random.Random(seed))
    for mine, theirs in zip(parts(DOCUMENT), parts(changed), strict=True):
        bare = [["".join(filter(str.isalnum, part)).lower() for part in found] for found in (mine, theirs)]
        assert len(theirs) == len(mine)
        if variation.__name__ != "bylines":
            assert bare[0] == bare[1]
        else:
            assert bare[0][1:] == bare[1][1:]


def test_a_byline_has_its_dash_for_a_cue() -> None:
    found = {
        tuple(said) for seed in range(20) for said in parts(VARIATIONS[0][1](DOCUMENT, random.Random(seed)))
    }  # fmt: skip
    assert {said[0] for said in found} >= {"–", "—", "-"}
    assert ("–", "Lee", "“We will go”") in found


@given(st.lists(st.tuples(st.integers(0, 90), st.integers(0, 4), st.text("ab ", max_size=3)), max_size=4))
@settings(deadline=None)
def test_edits_keep_spans_inside_the_text(raw: list[tuple[int, int, str]]) -> None:
    edits, last = [], 0
    for start, length, instead in sorted(raw):
        if start >= last:
            edits.append((start, start + length, instead))
            last = start + length + 1
    changed = edited(DOCUMENT, edits)
    for said in changed.said:
        for role in ROLES:
            assert all(0 <= start < end <= len(changed.text) for start, end in said.spans(role))


def test_the_model_finds_plain_attributions(detector) -> None:
    text = "“We will leave on Monday,” said Maria Ortez, the mayor.\n\nOrtez added that the bridge would stay closed."
    first, second = detector(article(text))
    assert (first.contents[0].text, first.cue[0].text) == ("“We will leave on Monday,”", "said")
    assert first.source[0].text.startswith("Maria Ortez")
    assert (first.speech, second.speech) == ("direct", "indirect")
    assert second.source[0].text == "Ortez"
    assert 0 < second.probability < 1


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from([*TEXT.split(" "), "“", "”", "'", "\n\n", "\r\n", "\0", "\ud800", "😀"]), max_size=60))
def test_offsets_are_exact_whatever_the_marks(detector, words: list[str]) -> None:
    text = " ".join(words)
    for said in detector(article(text)):
        for span in (*said.contents, *said.cue, *said.source):
            assert text[span.start : span.end] == span.text != ""


@pytest.mark.parametrize("text", ["", " \n", "\0\0", "x" * 100_000, "“" * 300, "a’" * 500])
def test_odd_texts_do_not_raise(detector, text: str) -> None:
    assert isinstance(detector(article(text)), tuple)


@pytest.mark.parametrize("after", ["", "\n\n", "\n\nForecasters expect the fog to lift on Friday."])
def test_a_report_that_breaks_off_is_found_to_its_last_word(detector, after: str) -> None:
    text = f"Fog has closed the airport for two days.\n\nThe airport said it hoped to reopen one runway by{after}"
    (said,) = [one for one in detector(article(text)) if one.cue[0].text == "said"]
    assert [span.text for span in said.contents] == ["it hoped to reopen one runway by"]
    assert [span.text for span in said.source] == ["The airport"]


def test_an_article_is_found_in_the_same_way_after_others(detector) -> None:
    text = " ".join([TEXT] * 30)
    before = detector(article(text))
    detector(article("Nobody said so. " * 50))
    assert detector(article(text)) == before


def test_offsets_on_news(detector) -> None:
    path = SHARED / "data/news/worldwide-articles.jsonl.gz"
    if not path.exists():
        pytest.skip("no ../shared data here")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in itertools.islice(lines, 8):
            text = json.loads(line)["text"]
            for said in detector(article(text)):
                assert all(text[s.start : s.end] == s.text for s in (*said.contents, *said.cue, *said.source))
