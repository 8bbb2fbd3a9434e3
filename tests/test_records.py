from __future__ import annotations

import dataclasses
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quotes.records import Analysis, Article, Attribution, Failure, Flag, Link, Quality, Quote, Record, Sentence, Source


def test_quality_is_the_harmonic_mean_so_that_the_weakest_part_decides() -> None:
    assert Quality(1.0, 1.0, 1.0).score == pytest.approx(1.0)
    assert Quality(0.5, 1.0, 1.0).score == pytest.approx(0.75)
    assert Quality(0.0, 1.0, 1.0).score == 0.0
    assert Quality(0.1, 1.0, 1.0).score < 0.3


def test_records_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Article("a", "text").text = "other"  # type: ignore[misc]


@given(st.text(min_size=1), st.data())
def test_a_span_holds_its_words(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    article = Article("a", text)
    span = article.span(start, end)
    assert text[span.start : span.end] == span.text
    assert article.as_handed(span) == span


def test_a_span_of_an_extracted_text_is_a_slice_of_the_mark_up() -> None:
    handed = "<p>&ldquo;No, <em>never</em>&rdquo; she&nbsp;said.</p>"
    text = "“No, never” she\xa0said."
    offsets = [3, *range(10, 14), *range(18, 23), 28, *range(35, 39), 39, *range(45, 50)]
    article = Article("a", text, handed=handed, offsets=offsets)
    quoted = article.as_handed(article.span(0, 11))
    assert quoted.text == handed[quoted.start : quoted.end] == "&ldquo;No, <em>never</em>&rdquo;"
    assert article.as_handed(article.span(12, 15)).text == "she"
    assert article.text_sha256 == hashlib.sha256(handed.encode()).hexdigest()


def test_an_ampersand_that_is_no_entity_stays_one_character() -> None:
    article = Article("a", "AT&T; yes", handed="<b>AT&T; yes</b>", offsets=list(range(3, 12)))
    assert article.as_handed(article.span(0, 3)).text == "AT&"


def test_the_sentence_at_an_offset() -> None:
    analysis = Analysis(Article("a", "One. Two."), (Sentence(0, 4, ()), Sentence(5, 9, ())))
    assert [analysis.sentence_at(offset) for offset in (0, 3, 4, 5, 8)] == [0, 0, 0, 1, 1]
    assert Analysis(Article("a", ""), ()).sentence_at(0) == 0


def test_a_record_as_json() -> None:
    article = Article("a1", "“No,” she said.", {"outlet": "The Day"})
    said = Attribution((article.span(0, 5),), (article.span(10, 14),), (article.span(6, 9),), "direct")
    flag = Flag("orphaned", 0.98765432, (article.span(0, 5),), "no speaker in the article")
    source = Source("s1", "she", "person", "none", mentions=(article.span(6, 9),), authority_id="Q1")
    record = Record(article, (source,), (Quote("q1", said, Link(None), Quality(0.5, 0.5, 0.5), (flag,)),), {"x": "1"})
    shown = record.to_json()
    assert shown["schema"] == "quotes/1"
    assert shown["meta"] == {"outlet": "The Day"}
    assert shown["quotes"][0]["contents"] == [{"start": 0, "end": 5, "text": "“No,”"}]
    assert shown["quotes"][0]["flags"][0] == {
        "code": "orphaned",
        "probability": 0.9877,
        "spans": [{"start": 0, "end": 5, "text": "“No,”"}],
        "reason": "no speaker in the article",
    }
    assert shown["sources"][0]["authority_id"] == "Q1"
    assert "anonymity" not in shown["sources"][0]
    assert shown["document"] == {"score": 0.5, "quotes": 1, "flagged": 1}


def test_a_record_without_quotes_has_no_score() -> None:
    assert Record(Article("a", "Nothing said."), (), ()).to_json()["document"]["score"] is None


def test_a_failure_as_json() -> None:
    assert Failure("a", "EmptyText", "no text").to_json() == {
        "schema": "quotes/1",
        "id": "a",
        "error": {"type": "EmptyText", "message": "no text"},
    }
