from __future__ import annotations

import gzip
import importlib.util
import json
import random
from pathlib import Path
from typing import Any

import pytest

from quotes.evaluate.attributions import Document, GoldError, Labelled, differences, figures, read, tally

SHARED = Path(__file__).parent.parent.parent / "shared"
TEXT = "“We will not close the school this year,” Maria Lund said. Critics doubt it."


def labelled(source: str | None, cue: str, *contents: str) -> Labelled:
    def place(words: str) -> tuple[int, int]:
        start = TEXT.index(words)
        return start, start + len(words)

    return Labelled((place(source),) if source else (), (place(cue),), tuple(place(words) for words in contents))


QUOTED = "“We will not close the school this year,”"
GOLD = {"a": Document("a", TEXT, (labelled("Maria Lund", "said", QUOTED), labelled("Critics", "doubt", "it")))}


def f1(predicted: dict[str, Document], measure: str) -> float:
    return figures(tally(GOLD, predicted))[measure].f1


def test_gold_against_itself_is_perfect() -> None:
    shown = figures(tally(GOLD, GOLD))
    assert {name: figure.f1 for name, figure in shown.items()} == dict.fromkeys(shown, 1.0)


def test_a_missing_document_counts_as_empty() -> None:
    assert {figure.f1 for figure in figures(tally(GOLD, {})).values()} == {0.0}


def test_the_wrong_source_breaks_the_relation_only() -> None:
    predicted = {"a": Document("a", None, (labelled("Critics", "said", QUOTED), labelled("Critics", "doubt", "it")))}
    assert f1(predicted, "relation-content") == 1.0
    assert f1(predicted, "relation") == 0.5
    assert f1(predicted, "cue span") == 1.0


def test_half_a_content_still_relates_but_is_not_exact() -> None:
    predicted = {"a": Document("a", None, (labelled("Maria Lund", "said", "not close the school this year"),))}
    assert f1(predicted, "relation") == pytest.approx(2 / 3)
    assert f1(predicted, "contents span") == 0.0
    assert figures(tally(GOLD, predicted))["direct matched"].recall == 1.0


def test_a_quote_run_into_another_is_found_but_not_matched() -> None:
    predicted = {"a": Document("a", None, (Labelled((), (), ((0, len(TEXT)),)),))}
    shown = figures(tally(GOLD, predicted))
    assert shown["direct found"].recall == 1.0
    half = {"a": Document("a", None, (labelled("Maria Lund", "said", "We will not"),))}
    assert figures(tally(GOLD, half))["direct found"].recall == 0.0


def test_what_a_change_gained_and_lost_is_listed() -> None:
    before = {"a": Document("a", None, (labelled("Maria Lund", "said", QUOTED),))}
    after = {"a": Document("a", None, (labelled("Critics", "doubt", "it"),))}
    found = [(one.gained, one.source) for one in differences(GOLD, before, after)]
    assert found == [(False, "Maria Lund"), (True, "Critics")]


def test_intervals_hold_the_figure_and_are_the_same_each_time() -> None:
    predicted = {"a": Document("a", None, (labelled("Maria Lund", "said", QUOTED),))}
    first, second = (figures(tally(GOLD, predicted))["relation"] for _ in range(2))
    assert first == second
    assert first.low <= first.f1 <= first.high


def test_a_line_that_is_no_document_is_named(tmp_path: Path) -> None:
    file = tmp_path / "gold.jsonl"
    file.write_text('{"id": "a", "text": "x", "quotes": []}\n{"quotes": []}\n')
    with pytest.raises(GoldError, match=r"gold\.jsonl:2"):
        read(file)


def test_an_error_row_counts_as_empty(tmp_path: Path) -> None:
    file = tmp_path / "predicted.jsonl.gz"
    with gzip.open(file, "wt") as lines:
        lines.write('{"schema": "quotes/1", "id": "a", "error": {"type": "EmptyText", "message": "no text"}}\n')
    assert read(file)["a"].quotes == ()


@pytest.mark.skipif(not (SHARED / "tools").is_dir(), reason="the reference scorer is not beside this checkout")
def test_the_reference_scorer_agrees(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("reference", SHARED / "tools" / "score_attributions.py")
    assert spec
    assert spec.loader
    reference = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(reference)
    gold = SHARED / "data" / "polnear" / "polnear-dev.jsonl.gz"
    with gzip.open(gold, "rt", encoding="utf-8") as lines:
        documents = [damaged(json.loads(line), random.Random(number)) for number, line in enumerate(lines)]
    predicted = tmp_path / "predicted.jsonl"
    predicted.write_text("\n".join(json.dumps(document) for document in documents), encoding="utf-8")
    theirs = reference.score(reference.load(gold), reference.load(predicted))
    ours = figures(tally(read(gold), read(predicted)))
    for name, figure in ours.items():
        if not name.startswith("direct"):
            expected = theirs[name.replace("source ", "sources ")]
            assert (figure.precision, figure.recall, figure.f1) == pytest.approx(expected), name


def damaged(document: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """Drop, shift and relink attributions, so that every measure has something to count."""
    quotes = [quote for quote in document["quotes"] if chance.random() > 0.2]
    for quote in quotes:
        if chance.random() < 0.3:
            quote["contents"] = [span | {"end": span["end"] - 9} for span in quote["contents"]]
        if chance.random() < 0.3:
            quote["sources"] = chance.choice(quotes)["sources"]
    return document | {"quotes": quotes}
