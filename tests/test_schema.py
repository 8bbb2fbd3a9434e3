from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import jsonschema
import pytest

from quotes.records import (
    SCHEMA,
    Article,
    Attribution,
    Candidate,
    Failure,
    Flag,
    Kind,
    Link,
    Naming,
    Quality,
    Quote,
    Record,
    Source,
    Speech,
)

DESCRIBED = json.loads((Path(__file__).parent.parent / "quotes" / "schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(DESCRIBED)


def full_record() -> Record:
    article = Article("a1", "“Stay ho,” said Lind, who asked not to be named.", {"outlet": "The Herald"})
    said = Attribution((article.span(0, 10),), (article.span(11, 15),), (article.span(16, 20),), "direct")
    source = Source(
        "s1", "Lind", "person", "named", "mayor", None, (article.span(16, 20),), (article.span(22, 47),), "Q1"
    )
    flags = (
        Flag("garbled", 0.9, (article.span(6, 8),), "ends mid-word", "truncated"),
        Flag("ambiguous_source", 0.6, (), "two people named Lind"),
    )
    link = Link(None, (Candidate("s1", 0.5), Candidate(None, 0.5)), article.span(16, 20))
    quote = Quote("q1", said, link, Quality(0.5, 0, 1), flags)
    return Record(article, (source,), (quote,), {"detector": "en-1.0.0"})


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(DESCRIBED)
    assert DESCRIBED["$id"] == SCHEMA


def test_records_and_error_rows_are_valid() -> None:
    VALIDATOR.validate(full_record().to_json())
    VALIDATOR.validate(Record(Article("", "Nobody spoke."), (), ()).to_json())
    VALIDATOR.validate(Failure("a1", "Empty", "a1: no text in it").to_json())


def test_its_words_are_those_of_the_records() -> None:
    definitions = DESCRIBED["$defs"]
    assert definitions["source"]["properties"]["kind"]["enum"] == list(get_args(Kind))
    assert definitions["source"]["properties"]["naming"]["enum"] == list(get_args(Naming))
    assert definitions["quote"]["properties"]["speech"]["enum"] == list(get_args(Speech))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("id",), 1),
        (("host",), "a machine"),
        (("error",), {"type": "a", "message": "b"}),
        (("quotes", 0, "quality", "link"), 1.2),
        (("quotes", 0, "contents"), []),
        (("quotes", 0, "flags", 0, "code"), "odd"),
        (("quotes", 0, "flags", 1, "variety"), "spun"),
        (("sources", 0, "mentions", 0, "start"), -1),
        (("document", "score"), "high"),
    ],
)
def test_what_the_design_does_not_have_is_invalid(path: tuple[str | int, ...], value: object) -> None:
    shown = full_record().to_json()
    at: object = shown
    for step in path[:-1]:
        at = at[step]  # type: ignore[index]
    at[path[-1]] = value  # type: ignore[index]
    assert not VALIDATOR.is_valid(shown)


def test_a_garbled_flag_names_its_variety() -> None:
    shown = full_record().to_json()
    del shown["quotes"][0]["flags"][0]["variety"]
    assert not VALIDATOR.is_valid(shown)
