"""Flags against gold: false alarms, what is found, and calibration."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from quotes.evaluate.damage import ALL_OVER, SWAPS, Said, Site, damaged
from quotes.evaluate.flags import (
    calibration_error,
    false_alarms,
    outcome,
    quoted_paragraphs,
    recall,
    reliability,
)
from quotes.records import Article, Attribution, Flag, Link, Quality, Quote, Record, Span

TEXT = "“We will rebuild the old harbour before winter,” said Ada Berg.\n\nDahl said that it rained."
SPOKEN = TEXT[: TEXT.index("”") + 1]


def record(*flags: Flag, text: str = TEXT) -> Record:
    content = Span(0, len(SPOKEN), SPOKEN)
    direct = Quote("q1", Attribution((content,), speech="direct"), Link(None), Quality(0.9, 0.9, 0.9), flags)
    start = text.index("that it rained") if "that it rained" in text else 0
    rain = Span(start, start + 14, text[start : start + 14])
    indirect = Quote("q2", Attribution((rain,), speech="indirect"), Link(None), Quality(0.9, 0.9, 0.9), flags)
    return Record(Article("a", text), (), (direct, indirect))


def flag(code: str, variety: str | None = None, probability: float = 0.9) -> Flag:
    return Flag(code, probability, (Span(0, 1, "“"),), "because", variety)


def test_false_alarms_count_a_quote_once_and_direct_speech_alone() -> None:
    found = false_alarms(
        [record(flag("garbled", "spun"), flag("garbled", "marks")), record(), record(flag("orphaned"))]
    )
    assert found.quotes == 3
    assert found.rate("garbled") == found.rate("orphaned") == pytest.approx(1 / 3)
    assert [alarm.variety for alarm in found.alarms] == ["spun", "marks", None]
    assert found.alarms[0].words == SPOKEN


def test_a_site_is_found_by_a_flag_and_named_by_the_likeliest() -> None:
    site = Site("spun", 5, 9)
    assert outcome(site, record()) == (True, False, False)
    assert outcome(site, record(flag("orphaned"))) == (True, False, False)
    assert outcome(site, record(flag("garbled", "marks", 0.6), flag("garbled", "spun", 0.8))) == (True, True, True)
    assert outcome(site, record(flag("garbled", "marks", 0.9), flag("garbled", "spun", 0.8))) == (True, True, False)
    assert outcome(Site("spun", 70, 72), record(flag("garbled", "spun")))[0] is False
    assert outcome(Site("orphaned", 0, 9), record(flag("orphaned"))) == (True, True, True)


def test_paragraphs_with_one_quotation_and_its_source() -> None:
    start = TEXT.index("Ada Berg")
    said = Attribution((Span(0, len(SPOKEN), SPOKEN),), (), (Span(start, start + 8, "Ada Berg"),), "direct")
    blocks, found = quoted_paragraphs(TEXT, [said])
    assert blocks == TEXT.split("\n\n")
    assert list(found) == [0]
    assert (found[0].start, found[0].end, found[0].source) == (0, len(SPOKEN), "Ada Berg")


def test_recall_damages_and_counts() -> None:
    start = TEXT.index("Ada Berg")
    said = Attribution((Span(0, len(SPOKEN), SPOKEN),), (), (Span(start, start + 8, "Ada Berg"),), "direct")
    seen = recall(
        lambda articles: [record(flag("garbled", "marks"), text=article.text) for article in articles],
        [(TEXT, (said,))] * 20,
        ("marks", "repeated"),
    )
    assert seen["marks"].sites > 0
    assert (seen["marks"].recall, seen["marks"].right) == (1.0, 1.0)
    assert seen["repeated"].right == 0.0


def test_an_article_is_spun_all_over() -> None:
    told = "The people of the country think that the new law is a big problem for the government"
    quotation = f"“{told},” said Ada Berg."
    text, sites = damaged([told + ".", quotation], {1: Said(0, len(told) + 3, "Ada Berg")}, (ALL_OVER,), Random(1))
    first, second = text.split("\n\n")
    assert first != told + "."
    assert second.endswith(",” said Ada Berg.")
    (site,) = sites
    swapped = {other for others in SWAPS.values() for other in others}
    assert site.variety == "spun"
    assert any(text[site.start : site.end].startswith(other) for other in swapped)


def test_calibration() -> None:
    odds = np.array([0.1] * 10 + [0.9] * 10)
    truth = np.array([1] + [0] * 9 + [1] * 9 + [0])
    even = np.ones(20)
    assert calibration_error(odds, truth, even) == pytest.approx(0.0)
    assert calibration_error(odds, 1 - truth, even) == pytest.approx(0.8)
    assert [round(rate, 2) for _, rate, _ in reliability(odds, truth, even)] == [0.1, 0.9]
