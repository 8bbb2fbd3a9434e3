"""The commands. What they need is imported when they run, so that ``quotes --help`` is quick.

Exit status: 2 for wrong usage, 1 where some documents failed, 0 otherwise. An error is one line: what it is about,
what is wrong, and the remedy.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from quotes import __version__

if TYPE_CHECKING:
    from rich.console import Console

    from quotes.archive import Bounds, Engine, Format, Outcome, Totals
    from quotes.records import Attribution, Resolution

INTERRUPTED = 130  # what a shell gives for a command ended by Ctrl-C
TRAINERS = {
    "stanza": "stanza_pack",
    "detector": "detector",
    "resolver": "resolver",
    "damage": "damage_model",
    "quality": "quality",
}


def main() -> None:
    """Run the command of the command line, and exit with its status."""
    try:
        status = commands.main(prog_name="quotes", standalone_mode=False)
        sys.stdout.flush()
        sys.exit(status if isinstance(status, int) else 0)
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "quotes"
        _say(f"{where}: {_one_line(error.format_message())} See: {where} --help")
        sys.exit(2)
    except click.ClickException as error:
        _say(f"quotes: {_one_line(error.format_message())}")
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        _say("quotes: stopped")
        sys.exit(INTERRUPTED)
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def _say(line: str) -> None:
    click.echo(line, err=True)


def _one_line(message: str) -> str:
    return " ".join(message.split())


class WrongUse(click.ClickException):
    """Something in the call must be changed; shown as one line."""

    exit_code = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="quotes")
def commands() -> None:
    """Who said what in a news article, how well it is attributed, and which quotes nobody says or somebody damaged."""


def _thresholds(context: click.Context, option: click.Parameter, values: Sequence[str]) -> dict[str, float]:
    codes = _flag_codes()
    found = {}
    for value in values:
        code, _, number = value.partition("=")
        if code not in codes:
            raise click.BadParameter(f"no flag named {code!r}; there are {', '.join(codes)}.")
        try:
            found[code] = float(number)
        except ValueError:
            found[code] = -1
        if not 0 <= found[code] <= 1:
            raise click.BadParameter(f"{value!r}: write CODE=VALUE with a probability from 0 to 1.")
    return found


def _flag_codes() -> list[str]:
    schema = json.loads(Path(__file__).with_name("schema.json").read_text(encoding="utf-8"))
    fields = schema["$defs"]["flag"]["properties"]
    return [*fields["code"]["enum"], *(f"garbled/{variety}" for variety in fields["variety"]["enum"])]


def _scoring_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every command that scores."""
    options = (
        click.option("--encoding", metavar="NAME", help="Encoding of the input, where it is not UTF-8."),
        click.option(
            "--authority",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="CSV file of known sources, for names and ids of your own.",
        ),
        click.option(
            "--threshold",
            "thresholds",
            multiple=True,
            metavar="CODE=VALUE",
            callback=_thresholds,
            help="Probability from which a flag is raised (garbled=0.8, garbled/spun=0.9); may be repeated.",
        ),
        click.option(
            "--models",
            type=click.Path(exists=True, file_okay=False, path_type=Path),
            help="Folder of trained models, instead of those shipped.",
        ),
        click.option("--max-characters", type=click.IntRange(1), default=300_000, show_default=True,
                     help="A longer text is an error."),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def _check_encoding(encoding: str | None) -> None:
    import codecs

    try:
        codecs.lookup(encoding or "utf-8")
    except LookupError as error:
        raise WrongUse(f"--encoding {encoding}: no such encoding; try latin-1, cp1252 or utf-16") from error


@commands.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option("-o", "--out", metavar="OUT", help="A .jsonl, .jsonl.gz or .parquet file, or a folder/ of Parquet parts "
              "(or folder.jsonl/, folder.jsonl.gz/); JSON lines to the terminal without it.")  # fmt: skip
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes to score with.")
@click.option("--resume", is_flag=True, help="Go on with a run to the same OUT that was stopped.")
@click.option("--engine", type=click.Choice(["local", "dask"]), default="local", show_default=True,
              help="This machine's processes or a Dask cluster's.")  # fmt: skip
@click.option("--scheduler", metavar="ADDRESS", help="Of the Dask cluster, such as tcp://host:8786.")
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), default=120, show_default=True,
              help="Seconds that one document may take.")  # fmt: skip
@click.option("--memory", type=click.FloatRange(min=0, min_open=True), default=4, show_default=True,
              help="GiB that the process scoring a document may grow to.")  # fmt: skip
@click.option("--part-size", type=click.IntRange(1), default=500, show_default=True,
              help="Documents of a part, the least that a stopped run keeps.")  # fmt: skip
@_scoring_options
def score(
    inputs: tuple[str, ...],
    out: str | None,
    jobs: int,
    resume: bool,
    engine: str,
    scheduler: str | None,
    timeout: float,
    memory: float,
    part_size: int,
    encoding: str | None,
    authority: Path | None,
    thresholds: dict[str, float],
    models: Path | None,
    max_characters: int,
) -> int:
    """Score articles: one JSON object for each, with its quotes, their sources, quality and flags.

    INPUT is a .txt, .html, .jsonl(.gz), .parquet or .warc(.gz) file, a folder, a pattern, or - for what is piped in.
    An article that cannot be scored gives an error row in its place, and exit status 1.
    """
    from quotes import archive
    from quotes.ingest import Limits

    _check_encoding(encoding)
    if resume and (out is None or out == "-"):
        raise WrongUse("--resume: nothing is kept without -o; name the OUT of the run that was stopped")
    if (engine == "dask") != (scheduler is not None):
        raise WrongUse("--engine dask and --scheduler ADDRESS go together; give both or neither")
    bounds = archive.Bounds(timeout, int(memory * (1 << 30)), Limits(characters=max_characters))
    settings = {"models": models, "authority": authority, "thresholds": thresholds or None}
    maker = partial(archive.prepared, settings)
    begun = time.monotonic()
    try:
        with _display(inputs) as display:
            target = None if out is None or out == "-" else _target(out, inputs)
            if target is None:
                with _engine(maker, engine, jobs, scheduler, bounds) as scoring:
                    totals = _to_stdout(inputs, scoring, encoding, bounds, display)
                new = totals
            else:
                header = archive.archive_header(
                    inputs, part_size, encoding=encoding, thresholds=thresholds, authority=_digest(authority),
                    version=__version__, models=_models(models), characters=max_characters,
                )  # fmt: skip
                with archive.Parts(target[0], target[1], header, dataset=target[2], resume=resume) as parts:
                    before = parts.totals
                    with _engine(maker, engine, jobs, scheduler, bounds) as scoring:
                        totals = archive.score_archive(
                            inputs, scoring, parts, encoding=encoding, bounds=bounds, part=part_size,
                            meter=display.read, heard=display.heard,
                        )  # fmt: skip
                    new = totals - before
    except archive.PartsError as error:
        raise WrongUse(str(error)) from error
    except archive.WorkerError as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        _say("quotes: stopped" + (f"; go on with: --resume -o {out}" if out else ""))
        return INTERRUPTED
    _say(_summary(totals, new, time.monotonic() - begun))
    return 1 if totals.errors else 0


def _target(out: str, inputs: Sequence[str]) -> tuple[Path, Format, bool]:
    """Where the output goes, its format, and whether it is a folder of parts."""
    from quotes.archive import format_of

    path = Path(out)
    dataset = out.endswith("/") or path.is_dir()
    format = format_of(out) or ("parquet" if dataset else None)
    if format is None:
        raise WrongUse(f"-o {out}: must end in .jsonl, .jsonl.gz or .parquet, or in / for a folder of parts")
    for named in inputs:
        if named != "-" and Path(named).is_dir() and path.resolve().is_relative_to(Path(named).resolve()):
            raise WrongUse(f"-o {out}: lies inside the input {named}; choose a place outside it")
        if named != "-" and path.is_file() and Path(named).is_file() and path.samefile(named):
            raise WrongUse(f"-o {out}: is an input as well; choose another name")
    return path, format, dataset


def _digest(file: Path | None) -> str | None:
    from quotes.artifacts import sha256

    return sha256(file) if file else None


def _models(folder: Path | None) -> list[str]:
    from quotes.artifacts import models_folder

    folder = folder or models_folder()
    return sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


def _engine(maker: Any, name: str, jobs: int, scheduler: str | None, bounds: Bounds) -> Engine:
    from quotes.archive import Dask, Local

    return Dask(maker, scheduler, bounds) if scheduler else Local(maker, jobs, bounds)


def _to_stdout(
    inputs: Sequence[str], engine: Engine, encoding: str | None, bounds: Bounds, display: _Display
) -> Totals:
    from quotes import archive

    stream = sys.stdout.buffer
    totals = archive.Totals()
    for outcome in archive.score_stream(inputs, engine, encoding=encoding, bounds=bounds, meter=display.read):
        stream.write(outcome.line.encode("utf-8") + b"\n")
        stream.flush()
        totals += archive.Totals.of([outcome])
        display.heard(outcome)
    return totals


def _summary(totals: Totals, new: Totals, seconds: float) -> str:
    counts = {
        "document": totals.documents,
        "quote": totals.quotes,
        "flag": totals.flags,
        "error": totals.errors,
        "word": totals.words,
    }
    shown = ", ".join(f"{count:,} {name}{'' if count == 1 else 's'}" for name, count in counts.items())
    return f"{shown}; {new.words / seconds if seconds else 0:,.0f} words/s in {seconds:,.1f} s"


class _Display:
    """Progress that nobody sees."""

    def read(self, position: int) -> None:
        """So many bytes of the inputs have been read."""

    def heard(self, outcome: Outcome) -> None:
        """One more document is scored."""


class _Bar(_Display):
    """Progress as a bar on the terminal: how far the inputs are read, documents and words a second, time left."""

    def __init__(self, total: int | None, progress: Any) -> None:
        self.progress, self.begun = progress, time.monotonic()
        self.documents = self.words = 0
        self.task = progress.add_task("loading models", total=total)

    def read(self, position: int) -> None:
        self.progress.update(self.task, completed=position)

    def heard(self, outcome: Outcome) -> None:
        self.documents += 1
        self.words += outcome.words
        rate = self.words / (time.monotonic() - self.begun)
        self.progress.update(self.task, description=f"{self.documents:,} documents, {rate:,.0f} words/s")


@contextmanager
def _display(inputs: Sequence[str]) -> Iterator[_Display]:
    if not sys.stderr.isatty():
        yield _Display()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn(elapsed_when_finished=True))
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield _Bar(_size(inputs), progress)


def _size(inputs: Sequence[str]) -> int | None:
    """Bytes of all input files; None where some are still to come by a pipe."""
    from quotes.ingest import files

    return None if "-" in inputs else sum(os.path.getsize(path) for path in files(inputs) if os.path.isfile(path))


@commands.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option("--html", "page", type=click.Path(dir_okay=False, path_type=Path), metavar="OUT",
              help="Write a page that stands alone, instead of showing it here.")  # fmt: skip
@_scoring_options
def show(
    inputs: tuple[str, ...],
    page: Path | None,
    encoding: str | None,
    authority: Path | None,
    thresholds: dict[str, float],
    models: Path | None,
    max_characters: int,
) -> int:
    """Show articles with their quotes, sources and flags marked in the text."""
    from quotes.artifacts import ArtifactError
    from quotes.ingest import Limits, articles
    from quotes.pipeline import Scorer
    from quotes.records import Failure, Record

    _check_encoding(encoding)
    scorer = Scorer(models=models, authority=authority, thresholds=thresholds or None)
    records: list[Record] = []
    failed = False
    console = _console()
    try:
        for read in articles(inputs, encoding, Limits(characters=max_characters)):
            result = read if isinstance(read, Failure) else next(iter(scorer.pipe([read])))
            if isinstance(result, Failure):
                failed = True
                _say(f"quotes show: {result.message}")
            elif page:
                records.append(result)
            else:
                from quotes.show import terminal

                terminal(result, console)
    except ArtifactError as error:
        raise click.ClickException(str(error)) from error
    if page and records:
        from quotes.show import html

        try:
            page.write_text(html(records), encoding="utf-8")
        except OSError as error:
            raise WrongUse(f"--html {page}: cannot be written ({error.strerror}); choose another place") from error
        _say(f"wrote {page}")
    return 1 if failed else 0


def _console() -> Console:
    from rich.console import Console

    return Console(highlight=False)


@commands.command()
@click.argument("files", nargs=-1, required=True, metavar="[MEASURE] GOLD PREDICTED")
@click.option("--before", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="An earlier PREDICTED: list the attributions gained and lost since.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Figures as JSON.")
def evaluate(files: tuple[str, ...], before: Path | None, as_json: bool) -> None:
    """Compare what quotes score found (PREDICTED) with gold.

    MEASURE is attributions (spans and relations; GOLD has JSON lines with id, text and quotes) or sourcing (sourced
    statements, their sources' types and names; GOLD has JSON lines with id, text and statements).
    """
    measure, paths = (files[0], files[1:]) if files[0] in ("attributions", "sourcing") else ("attributions", files)
    if len(paths) != 2:
        raise click.UsageError("Give two files, GOLD and PREDICTED.", click.get_current_context())
    gold, predicted = map(Path, paths)
    try:
        if measure == "sourcing":
            _evaluate_sourcing(gold, predicted, as_json)
        else:
            _evaluate_attributions(gold, predicted, before, as_json)
    except (OSError, ValueError) as error:
        raise WrongUse(_unreadable(error)) from error


def _evaluate_attributions(gold: Path, predicted: Path, before: Path | None, as_json: bool) -> None:
    from dataclasses import asdict

    from quotes.evaluate import attributions

    labelled, found = attributions.read(gold), attributions.read(predicted)
    figures = {name: asdict(one) for name, one in attributions.figures(attributions.tally(labelled, found)).items()}
    changes = attributions.differences(labelled, attributions.read(before), found) if before else ()
    if as_json:
        click.echo(json.dumps({"figures": figures, "differences": [asdict(change) for change in changes]}, indent=1))
        return
    _print_figures(figures)
    for change in changes:
        click.echo(f"{'+' if change.gained else '-'} {change.id}  {change.source or '(no source)'}: {change.content}")


def _evaluate_sourcing(gold: Path, predicted: Path, as_json: bool) -> None:
    from quotes.archive import read
    from quotes.evaluate import sourcing
    from quotes.records import Resolution

    found = {record["id"]: _found(record) for record in read(predicted)}
    judged = (
        one
        for document in sourcing.read(gold)
        for one in sourcing.judge(document, *found.get(document.id, ((), Resolution())))
    )
    figures = sourcing.figures(judged)
    shown = {"statements": figures.statements, "found": figures.found, "type": figures.type, "name": figures.name}
    if as_json:
        click.echo(json.dumps(shown, indent=1))
        return
    click.echo(
        f"{figures.statements} statements: {figures.found:.1%} found; of these {figures.type:.1%} of the right type,"
    )
    click.echo(f"and {figures.name:.1%} of those with a name under the right one")
    for (right, said), count in sorted(figures.confusions.items(), key=lambda item: -item[1]):
        click.echo(f"{count:5}  {right} taken for {said}")


def _found(record: Mapping[str, Any]) -> tuple[tuple[Attribution, ...], Resolution]:
    """The attributions of a record, or an error row, and their sources, as the stages gave them."""
    from quotes.records import Attribution, Candidate, Link, Resolution, Source, Span

    def spans(rows: Sequence[Mapping[str, Any]]) -> tuple[Span, ...]:
        return tuple(Span(**row) for row in rows)

    quotes = record.get("quotes", ())
    said = tuple(
        Attribution(spans(one["contents"]), spans(one["cue"]), spans(one["source"]), one["speech"]) for one in quotes
    )
    sources = tuple(
        Source(**one | {"mentions": spans(one["mentions"]), "anonymity": spans(one.get("anonymity", ()))})
        for one in record.get("sources", ())
    )
    links = tuple(Link(one["source_id"], tuple(Candidate(**each) for each in one["candidates"])) for one in quotes)
    return said, Resolution(sources, links)


def _unreadable(error: OSError | ValueError) -> str:
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: cannot be read ({error.strerror}); check the path"
    return str(error)


def _print_figures(figures: Mapping[str, Mapping[str, float]]) -> None:
    from rich.table import Table

    table = Table("measure", *(("precision", "recall", "F1", "95 % interval")), box=None)
    for measure, figure in figures.items():
        numbers = (f"{100 * figure[name]:.1f}" for name in ("precision", "recall", "f1"))
        table.add_row(measure, *numbers, f"{100 * figure['low']:.1f} to {100 * figure['high']:.1f}")
    _console().print(table)


@commands.command()
@click.argument("model", type=click.Choice(sorted(TRAINERS)))
@click.option("--data", required=True, type=click.Path(exists=True, file_okay=False, path_type=Path),
              help="Folder of the training data.")  # fmt: skip
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path),
              help="Folder to write the model to, models/ for instance.")  # fmt: skip
def train(model: str, data: Path, out: Path) -> None:
    """Train one of the models, and write it with its card."""
    from importlib import import_module

    try:
        trainer = import_module(f"quotes.train.{TRAINERS[model]}")
    except ImportError as error:
        raise WrongUse(f"train {model}: {error}; run: pip install 'quotes[train]'") from error
    trainer.train(data, out)


@commands.command()
@click.argument("inputs", nargs=-1, metavar="[INPUT...]")
@click.option("--documents", "sizes", type=click.IntRange(1), multiple=True, default=(100, 1000), show_default=True,
              help="How many to score, the articles repeated; give it several times to see the growth.")  # fmt: skip
@click.option("--jobs", type=click.IntRange(1), multiple=True, default=(1, 2), show_default=True,
              help="Numbers of processes to compare.")  # fmt: skip
@click.option("--plain/--no-plain", default=True, help="Compare with Stanza at its default sizes (slow).")
@click.option("--json", "to", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures here as well.")
@click.option("--models", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Folder of models.")
def benchmark(
    inputs: tuple[str, ...],
    sizes: tuple[int, ...],
    jobs: tuple[int, ...],
    plain: bool,
    to: Path | None,
    models: Path | None,
) -> None:
    """Measure speed and memory on this machine, with INPUT's articles or those that are shipped."""
    from rich.table import Table

    from quotes import benchmark
    from quotes.archive import WorkerError
    from quotes.artifacts import ArtifactError
    from quotes.ingest import articles
    from quotes.records import Article

    read = [article for article in articles(inputs or [str(_seeds())]) if isinstance(article, Article)]
    if not read:
        raise WrongUse("benchmark: no article in the input; name .txt, .html or .jsonl files")
    try:
        figures = benchmark.measure(
            read, sizes=sizes, jobs=jobs, plain=plain, models=models, told=lambda line: _say(f"measuring {line}")
        )
    except (ArtifactError, WorkerError) as error:
        raise click.ClickException(str(error)) from error
    if to:
        to.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    shown = Table("measured", "here", box=None)
    for row in benchmark.table(figures):
        shown.add_row(*row)
    _console().print(shown)


def _seeds() -> Path:
    """The articles that travel with the package, or those of the repository."""
    package = Path(__file__).parent
    shipped = package / "seeds"
    return (shipped if shipped.is_dir() else package.parent / "seeds") / "articles"
