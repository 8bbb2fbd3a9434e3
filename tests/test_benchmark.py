from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import stubs

from quotes import archive, benchmark
from quotes.records import Article

ARTICLES = [Article(f"a{number}", f"“It is day {number},” said Anna Lind.\n\n“Go on.”") for number in range(5)]


class Staged(stubs.Stub):
    """A scorer with the stages that the benchmark looks at."""

    def __init__(self, *, models: Path | None = None) -> None:
        super().__init__()
        self.models = models
        self.analyser: Any = self
        self.detector = self.resolver = self.damage = self.quality = lambda item: item

    def pipe(self, articles: Iterable[Article], batch: int = 32) -> Iterator[Any]:
        if isinstance(self.analyser, Staged):  # as its own first stage
            yield from articles
            return
        for article in self.analyser.pipe(articles, batch):
            yield self.score(self.quality(self.damage(self.resolver(self.detector(article)))))

    def score(self, text: str | Article) -> Any:
        return self._record(text if isinstance(text, Article) else Article("", text))


def test_every_stage_is_timed() -> None:
    rates = benchmark._stages(Staged(), ARTICLES)  # type: ignore[arg-type]
    assert list(rates) == ["analyser", "detector", "resolver", "damage", "quality", "rest", "whole"]
    assert all(rate > rates["whole"] > 0 for name, rate in rates.items() if name != "whole")


def test_latency_is_of_articles_of_one_length(monkeypatch: pytest.MonkeyPatch) -> None:
    scored: list[str] = []
    monkeypatch.setattr(Staged, "score", lambda self, text: scored.append(text))
    shown = benchmark._latency(Staged(), ARTICLES)  # type: ignore[arg-type]
    assert {len(text.split()) for text in scored} == {600}
    assert all("\n\n“Go on.”" in text for text in scored)
    assert 0 < shown["p50"] <= shown["p99"]


def test_archives_are_scored_as_the_command_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "prepared", stubs.make_with)
    shown = benchmark._archive(ARTICLES, 12, 2, None)
    assert (shown["documents"], shown["jobs"], shown["errors"]) == (12, 2, 0)
    assert shown["words_per_second"] > 0
    assert 5 < shown["worker_peak_mib"] < 500


def test_figures_are_json_and_a_table() -> None:
    run = {
        "documents": 100,
        "jobs": 1,
        "words_per_second": 1500.0,
        "worker_peak_mib": 900.0,
        "shared_mib": 600.0,
        "parent_peak_mib": 90.0,
    }
    figures = {
        "stages": {"analyser": 2000.0, "whole": 1500.0},
        "plain": {"words_per_second": 300.0, "ours": 1500.0, "ratio": 5.0},
        "latency": {"words": 600, "p50": 0.4, "p99": 0.5},
        "start_up": {"import": 0.1, "help": 0.2, "score_one": 4.0},
        "jobs": [run, run | {"jobs": 2, "words_per_second": 2700.0}],
        "growth": [run],
    }
    rows = dict(benchmark.table(json.loads(json.dumps(figures))))
    assert rows["whole, words/s"] == "1,500"
    assert rows["ours on the same articles"] == "1,500 (5.0 times)"
    assert rows["2 job(s), words/s"] == "2,700 (1.80 times)"
    assert rows["100 documents"] == "1,500 words/s, 900 MiB a worker (600 of them shared by all), 90 MiB the rest"
