"""How quick the scorer is, and what it needs: ``quotes benchmark``.

Everything is measured in one run on one machine, against the plain way of :mod:`quotes.benchmark.plain`, because rates
depend on the machine and only their ratios travel.
"""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING, Any

from quotes import archive
from quotes.archive import STAGES
from quotes.ingest import Document
from quotes.records import Analysis, Article

if TYPE_CHECKING:
    from quotes.pipeline import Scorer

LATENCY_WORDS, LATENCY_RUNS = 600, 100
SAMPLE_WORDS = 40_000  # for the stages
PLAIN_WORDS = 8_000
COMPARED = 1000  # documents, at most, to compare numbers of jobs on


def measure(
    articles: Sequence[Article],
    *,
    sizes: Sequence[int] = (100, 1000),
    jobs: Sequence[int] = (1, 2),
    plain: bool = True,
    models: Path | None = None,
    told: Callable[[str], object] = lambda line: None,
) -> dict[str, Any]:
    """All figures, by name; rates are words a second, memory is MiB, times are seconds.

    ``articles`` are repeated under new ids to make the ``sizes``, numbers of documents, each scored with the first
    number of ``jobs``; one of them is also scored with the others. ``told`` hears what is being measured.
    """
    from quotes.pipeline import Scorer

    told("start-up")
    figures: dict[str, Any] = {"machine": _machine(), "start_up": _start_up(articles[0], models)}
    # Archives first: once this process holds models of its own, its memory says nothing of quotes score's.
    runs = {}
    for size in sorted(sizes):
        told(f"{size:,} documents")
        runs[size, jobs[0]] = _archive(articles, size, jobs[0], models)
    figures["growth"] = list(runs.values())
    size = max((size for size in sizes if size <= COMPARED), default=min(sizes))
    for number in jobs:
        if (size, number) not in runs:
            told(f"{size:,} documents with {number} jobs")
            runs[size, number] = _archive(articles, size, number, models)
    figures["jobs"] = [runs[size, number] for number in jobs]
    scorer = Scorer(models=models)
    for stage in STAGES:
        getattr(scorer, stage)
    scorer.score(articles[0])
    told("stages")
    figures["stages"] = _stages(scorer, _up_to(SAMPLE_WORDS, articles))
    told("latency")
    figures["latency"] = _latency(scorer, articles)
    if plain:
        told("the plain way")
        figures["plain"] = _plain(scorer, articles)
    return figures


def _machine() -> dict[str, Any]:
    from importlib.metadata import version

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    libraries = {name: version(name) for name in ("torch", "stanza", "onnxruntime", "scikit-learn")}
    return {"cores": cores, "processor": _processor(), "python": platform.python_version(), **libraries}


def _processor() -> str:
    with suppress(OSError), open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _start_up(article: Article, models: Path | None) -> dict[str, float]:
    """The best of three each: importing, asking for help, and one article scored from a cold start."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "one.txt"
        path.write_text(article.text, encoding="utf-8", newline="")
        more = ["--models", str(models)] if models else []
        commands = {
            "import": ["-c", "import quotes"],
            "help": ["-m", "quotes", "--help"],
            "score_one": ["-m", "quotes", "score", str(path), *more],
        }
        return {name: min(_takes(command) for _ in range(3)) for name, command in commands.items()}


def _takes(command: Sequence[str]) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - begun


def _words(text: str) -> int:
    return len(text.split())


def _up_to(words: int, articles: Iterable[Article]) -> list[Article]:
    """Articles with so many words in all, or all there are."""
    taken: list[Article] = []
    for article in articles:
        taken.append(article)
        words -= _words(article.text)
        if words <= 0:
            break
    return taken


class _Timed:
    """A stage that notes the time spent in it."""

    def __init__(self, stage: Any, name: str, spent: dict[str, float]) -> None:
        self.stage, self.name, self.spent = stage, name, spent

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stage, name)

    def __call__(self, *arguments: Any) -> Any:
        begun = time.perf_counter()
        try:
            return self.stage(*arguments)
        finally:
            self._add(begun)

    def pipe(self, articles: Iterable[Article], batch: int) -> Iterator[Analysis]:
        coming = iter(self.stage.pipe(articles, batch))
        while True:
            begun = time.perf_counter()
            analysis = next(coming, None)
            self._add(begun)
            if analysis is None:
                return
            yield analysis

    def _add(self, begun: float) -> None:
        self.spent[self.name] = self.spent.get(self.name, 0) + time.perf_counter() - begun


def _stages(scorer: Scorer, articles: Sequence[Article]) -> dict[str, float]:
    """Words a second of each stage, of all that is between them (``rest``) and of the whole, on one thread."""
    words = sum(_words(article.text) for article in articles)
    spent: dict[str, float] = {}
    timed = type(scorer)(models=scorer.models)
    for name in STAGES:
        timed.__dict__[name] = _Timed(getattr(scorer, name), name, spent)
    begun = time.perf_counter()
    for result in timed.pipe(articles):
        archive.outcome(result)
    whole = time.perf_counter() - begun
    spent["rest"] = max(whole - sum(spent.values()), 1e-9)
    return {name: words / seconds for name, seconds in spent.items()} | {"whole": words / whole}


def _latency(scorer: Scorer, articles: Sequence[Article]) -> dict[str, float]:
    """Seconds for an article of 600 words made of the given ones, scored alone."""
    words = (word for article in cycle(articles) for word in re.findall(r"\S+\s*", f"{article.text}\n\n"))
    seconds = []
    for _ in range(LATENCY_RUNS):
        text = "".join(islice(words, LATENCY_WORDS))
        begun = time.perf_counter()
        scorer.score(text)
        seconds.append(time.perf_counter() - begun)
    cuts = quantiles(seconds, n=100, method="inclusive")
    return {"words": LATENCY_WORDS, "runs": LATENCY_RUNS, "p50": cuts[49], "p99": cuts[98]}


def _plain(scorer: Scorer, articles: Sequence[Article]) -> dict[str, float]:
    """Words a second of the plain way and of ours, on the same articles, one right after the other."""
    from quotes import artifacts
    from quotes.analysis import MODEL, Analyser
    from quotes.benchmark.plain import PROCESSORS, default_pack, no_tree_search

    sample = _up_to(PLAIN_WORDS, articles)
    words = sum(_words(article.text) for article in sample)
    begun = time.perf_counter()
    for result in scorer.pipe(sample):
        archive.outcome(result)
    ours = words / (time.perf_counter() - begun)
    with tempfile.TemporaryDirectory() as folder, no_tree_search():
        slow = type(scorer)(models=scorer.models)
        slow.__dict__["analyser"] = Analyser(
            default_pack(artifacts.find(MODEL, scorer.models), Path(folder)), PROCESSORS
        )
        for name in STAGES[1:]:
            slow.__dict__[name] = getattr(scorer, name)
        slow.score(sample[0])
        begun = time.perf_counter()
        for article in sample:
            archive.outcome(slow.score(article))
        plain = words / (time.perf_counter() - begun)
    return {"words_per_second": plain, "ours": ours, "ratio": ours / plain}


def _archive(articles: Sequence[Article], size: int, jobs: int, models: Path | None) -> dict[str, float]:
    """Score ``size`` documents by ``quotes score``'s own way, into a file; the models' loading is not counted."""
    with suppress(OSError):  # forget what this process has held before (Linux: proc(5), clear_refs)
        Path("/proc/self/clear_refs").write_text("5")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "in.jsonl"
        with source.open("w", encoding="utf-8") as file:
            for number, article in enumerate(islice(cycle(articles), size), 1):
                file.write(json.dumps({"id": f"a{number}", "text": article.text}) + "\n")
        named = [str(source)]
        maker = partial(archive.prepared, {"models": models})
        out = Path(folder) / "out.jsonl"
        with (
            archive.Parts(out, "jsonl", {}, dataset=False, resume=False) as parts,
            archive.Local(maker, jobs) as engine,
        ):
            for ready in [engine.submit([Document("a0", "text", b"It is ready.")]) for _ in range(jobs)]:
                ready.result()
            begun = time.perf_counter()
            totals = archive.score_archive(named, engine, parts)
            seconds = time.perf_counter() - begun
            peak, shared = engine.peak, engine.shared
    return {
        "documents": size,
        "jobs": jobs,
        "errors": totals.errors,
        "words_per_second": totals.words / seconds,
        "worker_peak_mib": peak / (1 << 20),
        "shared_mib": shared / (1 << 20),
        "parent_peak_mib": archive.peak_memory() / (1 << 20),
    }


def table(figures: dict[str, Any]) -> list[tuple[str, str]]:
    """The figures as rows of a table: what was measured, and what came out."""
    stages, latency, start = figures["stages"], figures["latency"], figures["start_up"]
    rows = [(f"{name}, words/s", f"{rate:,.0f}") for name, rate in stages.items()]
    if plain := figures.get("plain"):
        rows.append(("the plain way, words/s", f"{plain['words_per_second']:,.0f}"))
        rows.append(("ours on the same articles", f"{plain['ours']:,.0f} ({plain['ratio']:.1f} times)"))
    rows.append(
        (f"an article of {latency['words']} words, p50 / p99", f"{latency['p50']:.2f} s / {latency['p99']:.2f} s")
    )
    rows.append(("import / --help", f"{start['import']:.2f} s / {start['help']:.2f} s"))
    rows.append(("quotes score one.txt, cold", f"{start['score_one']:.1f} s"))
    one = figures["jobs"][0]["words_per_second"]
    for run in figures["jobs"]:
        rate = run["words_per_second"]
        rows.append((f"{run['jobs']} job(s), words/s", f"{rate:,.0f} ({rate / one:.2f} times)"))
    for run in figures["growth"]:
        memory = f"{run['worker_peak_mib']:,.0f} MiB a worker ({run['shared_mib']:,.0f} of them shared by all)"
        memory += f", {run['parent_peak_mib']:,.0f} MiB the rest"
        rows.append((f"{run['documents']:,} documents", f"{run['words_per_second']:,.0f} words/s, {memory}"))
    return rows
