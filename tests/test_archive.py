from __future__ import annotations

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import jsonschema
import pyarrow.parquet
import pytest
import stubs

from quotes import archive, artifacts
from quotes.archive import Bounds, Dask, Local, Parts, PartsError, WorkerError, nursery
from quotes.archive.engines import CHUNK_DOCUMENTS, CHUNK_SIZE, chunks
from quotes.archive.nursery import Nursery
from quotes.archive.results import Format
from quotes.archive.worker import Worker
from quotes.ingest import Document, Limits, documents
from quotes.records import Failure

TESTS = Path(__file__).parent
SCHEMA = json.loads((TESTS.parent / "quotes" / "schema.json").read_text(encoding="utf-8"))
TIGHT = Bounds(seconds=3, memory=400 << 20, limits=Limits(bytes=1 << 20, characters=200_000))


def row(number: int, text: str = "") -> dict[str, object]:
    said = text or "The mayor spoke again. " * (number % 7) + f"“It is day {number},” said Anna Lind. “Go on,” he said."
    return {"id": f"a{number}", "text": said, "outlet": "The Herald", "number": number}


def write_rows(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def run(
    source: Path, out: Path, *, jobs: int = 1, part: int = 20, resume: bool = False, format: Format | None = None
) -> archive.Totals:
    named = format or archive.format_of(out.name)
    assert named
    header = archive.archive_header([str(source)], part, stub=1)
    with (
        Parts(out, named, header, dataset=format is not None, resume=resume) as parts,
        Local(stubs.make, jobs, TIGHT) as engine,
    ):
        return archive.score_archive([str(source)], engine, parts, bounds=TIGHT, part=part)


def contents(out: Path) -> dict[str, bytes]:
    files = sorted(out.rglob("*")) if out.is_dir() else [out]
    return {path.name: path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_rows(tmp_path_factory.mktemp("rows") / "rows.jsonl", [row(number) for number in range(1, 131)])


@pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.gz", "out.parquet"])
def test_the_bytes_are_the_same_whatever_the_jobs_and_however_often(rows: Path, tmp_path: Path, name: str) -> None:
    one, two = tmp_path / "one" / name, tmp_path / "two" / name
    for out, jobs in ((one, 1), (two, 2)):
        out.parent.mkdir()
        totals = run(rows, out, jobs=jobs)
        assert (totals.documents, totals.quotes, totals.flags, totals.errors) == (130, 260, 130, 0)
        assert os.listdir(out.parent) == [name]
    assert one.read_bytes() == two.read_bytes()


@pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.gz", "out.parquet"])
def test_every_format_holds_the_same_records_and_they_are_valid(rows: Path, tmp_path: Path, name: str) -> None:
    mixed = write_rows(tmp_path / "mixed.jsonl", [row(1), {"id": "none"}, row(2, "No one spoke."), row(3)])
    run(mixed, tmp_path / name)
    run(mixed, tmp_path / "folder", format="parquet", part=2)
    read = list(archive.read(tmp_path / name))
    assert [shown["id"] for shown in read] == ["a1", "none", "a2", "a3"]
    assert read[1]["error"]["type"] == "NoText"
    assert read[0]["meta"] == {"outlet": "The Herald", "number": 1}
    assert read == list(archive.read(tmp_path / "folder"))
    for shown in read:
        jsonschema.validate(shown, SCHEMA)
    assert pyarrow.parquet.read_table(tmp_path / "folder").num_rows == 4  # other readers see the parts alone


def test_what_is_no_result_is_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.jsonl").write_text("{]\n")
    (tmp_path / "bad.parquet").write_text("PAR1")
    for name, said in {
        "empty": "without parts",
        "bad.jsonl": "bad.jsonl:1: not JSON",
        "bad.parquet": "not a readable Parquet file",
        "none.jsonl": "no such file",
        "results.csv": "must end in",
    }.items():
        with pytest.raises(ValueError, match=said):
            list(archive.read(tmp_path / name))


def test_chunks_end_with_parts_and_are_bounded() -> None:
    small = [Document(str(number), "text", b"x" * 10) for number in range(100)]
    sizes = [len(chunk) for chunk in chunks(small, 50)]
    assert sizes == [32, 18, 32, 18]
    assert max(sizes) <= CHUNK_DOCUMENTS
    large = [Document(str(number), "text", b"x" * (CHUNK_SIZE - 5)) for number in range(3)]
    assert [len(chunk) for chunk in chunks(large, 50)] == [1, 1, 1]


def poison(number: int) -> bytes:
    """A JSON line or a text that would end, block or exhaust a simple scorer."""
    made = [
        b"",
        b"\x7fELF\0\0\0\1",
        b"caf\xe9",
        ("x" * (2 << 20)).encode(),
        ("“" * 300_000).encode(),
        b"NUL \0 in it",
        b"<b>" * 70_000,
        b"SLEEP",
        b"DIE",
        b"RAISE",
        b"GROW",
    ]
    return made[number % len(made)]


def test_poisonous_documents_become_error_rows_and_the_rest_is_scored(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    chance = random.Random(1)
    names = [f"{number:04}.txt" for number in range(550)]
    bad = dict(zip(chance.sample(names, 50), range(50), strict=True))
    # Those that cost a time limit or a process are few, so that the test is quick; the rest go by what reading refuses.
    costly, cheap = iter([7, 8, 9, 10]), [0, 1, 2, 3, 4, 5]
    for name in names:
        if name in bad:
            kind = next(costly, None)
            (folder / name).write_bytes(poison(cheap[bad[name] % len(cheap)] if kind is None else kind))
        else:
            (folder / name).write_text(str(row(int(name[:4]))["text"]), encoding="utf-8")
    totals = run(folder, tmp_path / "out.jsonl", jobs=2, part=100)
    assert (totals.documents, totals.errors) == (550, 50)
    shown = list(archive.read(tmp_path / "out.jsonl"))
    assert [one["id"] for one in shown] == names
    failed = {one["id"]: one["error"] for one in shown if "error" in one}
    assert failed.keys() == bad.keys()
    assert {error["type"] for error in failed.values()} == {
        "Empty", "Binary", "Encoding", "TooLarge", "TooLong", "TimeLimit", "WorkerDied", "ValueError", "MemoryLimit",
    }  # fmt: skip
    for name, error in failed.items():
        assert error["message"].startswith(f"{name}: ")
        assert "\n" not in error["message"]


@pytest.mark.parametrize(
    "line",
    [
        b'{"id": "p", "text": "lone \\ud83d surrogate"}',
        b'{"id": "p", "text": "NUL \\u0000"}',
        b'{"id": "p", "text": "a", "field": "\\udc00"}',
        b'{"id": "p", "text": "a", "field": NaN}',
        b'{"id": "p", "text": ["a"]}',
        b'{"id": "p", "text": ' + b"[" * 100_000,
        b'{"id": "p", "text": "a", "deep": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"id": "p", "text": "a", "number": 1' + b"0" * 5000 + b"}",
    ],
    ids=range(8),
)
def test_poisonous_lines(tmp_path: Path, line: bytes) -> None:
    source = tmp_path / "in.jsonl"
    source.write_bytes(json.dumps(row(1)).encode() + b"\n" + line + b"\n" + json.dumps(row(2)).encode() + b"\n")
    totals = run(source, tmp_path / "out.parquet")
    assert (totals.documents, totals.errors) == (3, 1)
    assert [("error" in shown) for shown in archive.read(tmp_path / "out.parquet")] == [False, True, False]


def test_deep_markup_is_scored_or_refused_and_the_rest_is_scored(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "deep.html").write_text("<div>" * 50_000 + "<p>“Hello,” she said." + "</div>" * 50_000)
    (folder / "plain.txt").write_text("“Hello,” she said.", encoding="utf-8")
    assert run(folder, tmp_path / "out.jsonl").documents == 2
    deep, plain = archive.read(tmp_path / "out.jsonl")
    assert (deep["id"], plain["id"], len(plain["quotes"])) == ("deep.html", "plain.txt", 1)


def test_a_worker_that_is_killed_is_replaced_and_its_documents_are_scored_again(tmp_path: Path) -> None:
    told = [row(number) for number in range(1, 9)]
    once = [*told[:4], row(5, f"“Hello,” she said. ONCE {tmp_path / 'marker'}"), *told[5:]]
    totals = run(write_rows(tmp_path / "in.jsonl", once), tmp_path / "out.jsonl")
    assert (tmp_path / "marker").exists()
    assert (totals.documents, totals.errors) == (8, 0)


def test_a_document_alone_is_also_scored_again(tmp_path: Path) -> None:
    once = [row(1, f"“Hello,” she said. ONCE {tmp_path / 'marker'}")]
    assert run(write_rows(tmp_path / "in.jsonl", once), tmp_path / "out.jsonl").errors == 0


def test_chatter_of_libraries_does_not_get_among_the_replies() -> None:
    worker = Worker(Nursery(stubs.make, TIGHT.limits), TIGHT)
    outcomes = worker.score([Document("a", "text", b"PRINT and go on")])
    worker.stop()
    assert [outcome.failed for outcome in outcomes] == [False]


@pytest.mark.parametrize("forks", [True, False])
def test_children_load_their_models_together_or_each_by_itself(
    forks: bool, rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(rows, tmp_path / "usual.jsonl", jobs=2)
    monkeypatch.setattr("quotes.archive.nursery.FORKS", forks and nursery.FORKS)
    totals = run(rows, tmp_path / "out.jsonl", jobs=2)
    assert totals.documents > 0
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "usual.jsonl").read_bytes()
    with pytest.raises(WorkerError, match="no model stub in models; install"):
        Nursery(stubs.make_nothing, TIGHT.limits).child()


@pytest.mark.skipif(not nursery.FORKS, reason="children are not forked here")
def test_a_nursery_that_is_killed_is_replaced_and_its_children_go_on() -> None:
    source = Nursery(stubs.make, TIGHT.limits)
    workers = [Worker(source, TIGHT) for _ in range(3)]
    said = [Document("a", "text", "“Yes,” he said.".encode())]
    first = workers[0].score(said)
    assert source._process
    source._process.kill()
    source._process.wait()
    assert [worker.score(said) for worker in workers] == [first] * 3
    for worker in workers:
        worker.stop()
    source.close()
    with pytest.raises(WorkerError, match="the run is over"):
        source.child()


@pytest.mark.skipif(not nursery.FORKS, reason="children are not forked here")
def test_a_child_is_replaced_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quotes.archive.worker.RENEWED", 3)
    source = Nursery(stubs.make, TIGHT.limits)
    worker = Worker(source, TIGHT)
    said, pids = [Document("a", "text", "“Yes,” he said.".encode())], []
    for _ in range(7):
        assert [outcome.failed for outcome in worker.score(said)] == [False]
        assert worker._child
        pids.append(worker._child.pid)
    worker.stop()
    source.close()
    assert [pids.index(pid) for pid in pids] == [0, 0, 0, 3, 3, 3, 6]
    assert worker.peak > 0


def test_models_that_cannot_be_loaded_stop_the_run_with_their_own_words() -> None:
    with (
        Local(stubs.make_nothing, 1, TIGHT) as engine,
        pytest.raises(WorkerError, match="no model stub in models; install"),
    ):
        engine.submit([Document("a", "text", b"text")]).result()


def test_documents_that_cannot_be_read_need_no_worker() -> None:
    with Local(stubs.make_nothing, 1, TIGHT) as engine:
        shown = list(archive.outcomes(documents(["/nowhere/none.txt"]), engine, 10))
    assert [outcome.failed for outcome in shown] == [True]


def test_an_unfinished_run_is_gone_on_with_only_when_asked_and_only_the_same(rows: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    run(rows, out)
    whole = out.read_bytes()
    out.unlink()
    header = archive.archive_header([str(rows)], 20, stub=1)
    with Local(stubs.make, 1, TIGHT) as engine, Parts(out, "jsonl", header, dataset=False, resume=False) as parts:
        parts.add(list(archive.score_stream([str(rows)], engine, bounds=TIGHT))[:20])
    assert not out.exists()
    with pytest.raises(PartsError, match="not finished; add --resume"):
        run(rows, out)
    with pytest.raises(PartsError, match="begun with other part;"):
        run(rows, out, part=30, resume=True)
    assert run(rows, out, resume=True).documents == 130
    assert out.read_bytes() == whole


def test_two_runs_do_not_write_one_output(rows: Path, tmp_path: Path) -> None:
    with (
        Parts(tmp_path / "out.jsonl", "jsonl", {}, dataset=False, resume=False),
        pytest.raises(PartsError, match="another run"),
    ):
        Parts(tmp_path / "out.jsonl", "jsonl", {}, dataset=False, resume=True)


def test_a_finished_data_set_is_left_as_it_is(rows: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(rows, out, format="jsonl")
    before = contents(out)
    with pytest.raises(PartsError, match="finished result"):
        run(rows, out, format="jsonl")
    assert run(rows, out, format="jsonl", resume=True).documents == 130
    assert contents(out) == before


@pytest.mark.parametrize("cut", [1, 30])
def test_a_manifest_line_cut_short_counts_for_nothing(rows: Path, tmp_path: Path, cut: int) -> None:
    out, whole = tmp_path / "out", tmp_path / "whole"
    run(rows, whole, format="parquet")
    run(rows, out, format="parquet")
    manifest = out / "_manifest.jsonl"
    lines = manifest.read_bytes().splitlines(keepends=True)
    manifest.write_bytes(b"".join(lines[:4]) + lines[4][:-cut])
    (out / ".tmp-part-00000009.parquet").write_bytes(b"half")
    run(rows, out, format="parquet", resume=True)
    assert contents(out) == contents(whole)


def test_a_part_that_was_changed_is_not_gone_on_with(rows: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(rows, out, format="jsonl")
    manifest = out / "_manifest.jsonl"
    manifest.write_bytes(b"".join(manifest.read_bytes().splitlines(keepends=True)[:-1]))
    (out / "part-00000001.jsonl").write_bytes(b"")
    with pytest.raises(PartsError, match="missing or changed"):
        run(rows, out, format="jsonl", resume=True)


def test_the_shipped_models_give_the_same_valid_records_with_one_job_and_with_two(tmp_path: Path) -> None:
    try:
        artifacts.find("quality")
    except artifacts.ArtifactError as error:
        pytest.skip(str(error))
    texts = [
        path.read_text(encoding="utf-8") for path in sorted((TESTS.parent / "seeds" / "articles").glob("*.txt"))[:4]
    ]
    rows = [{"id": f"a{number}", "text": text} for number, text in enumerate([*texts, "NUL \0", "“" * 3000])]
    source = write_rows(tmp_path / "in.jsonl", rows)
    for jobs in (1, 2):
        header = archive.archive_header([str(source)], 2)
        with (
            Parts(tmp_path / f"{jobs}.jsonl", "jsonl", header, dataset=False, resume=False) as parts,
            Local(partial(archive.prepared, {}), jobs) as engine,
        ):
            assert archive.score_archive([str(source)], engine, parts, part=2).errors == 1
    assert (tmp_path / "1.jsonl").read_bytes() == (tmp_path / "2.jsonl").read_bytes()
    for shown in archive.read(tmp_path / "1.jsonl"):
        jsonschema.validate(shown, SCHEMA)


DRIVER = """
import sys; sys.path[:0] = sys.argv[1:3]
from pathlib import Path
import stubs
from quotes import archive
source, out = sys.argv[3:5]
dataset = out.endswith("/")
header = archive.archive_header([source], 20, stub=1)
with archive.Parts(Path(out), "parquet" if dataset else "jsonl.gz", header, dataset=dataset, resume=True) as parts, \\
     archive.Local(stubs.make_slow, 2) as engine:
    archive.score_archive([source], engine, parts, part=20)
"""


@pytest.mark.parametrize("name", ["out.jsonl.gz", "out/"])
def test_killed_at_random_moments_and_resumed_it_gives_the_same_bytes(tmp_path: Path, name: str) -> None:
    source = write_rows(tmp_path / "rows.jsonl", [row(number) for number in range(1, 401)])
    (tmp_path / "whole").mkdir()
    (tmp_path / "killed").mkdir()

    def start(folder: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", DRIVER, str(TESTS), str(TESTS.parent), str(source)]
        return subprocess.Popen([*command, f"{tmp_path / folder}/{name}"])

    begun = time.monotonic()
    assert start("whole").wait() == 0
    takes = time.monotonic() - begun
    whole = contents(tmp_path / "whole" / name.rstrip("/"))
    chance = random.Random(name)
    killed = finished = 0
    while killed < 5 or not finished:  # five for each kind of output
        process = start("killed")
        try:
            code = process.wait(None if killed == 5 else chance.uniform(0.2, 0.9) * takes)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            code = process.wait()
        if code == -signal.SIGKILL:
            killed += 1
            continue
        assert code == 0
        finished += 1
        assert contents(tmp_path / "killed" / name.rstrip("/")) == whole
        assert os.listdir(tmp_path / "killed") == [name.rstrip("/")]
        shutil.rmtree(tmp_path / "killed")
        (tmp_path / "killed").mkdir()


def write_parts(out: Path, format: Format, dataset: bool, steps: int | None = None) -> None:
    """Write five parts, or what is left of them; the process ends, as if killed, at the given step on the disk."""
    left = steps or 10**6

    def stepping(step: Callable[..., Any]) -> Callable[..., Any]:
        def stepped(*arguments: Any, **more: Any) -> Any:
            nonlocal left
            left -= 1
            if not left:
                os._exit(9)
            return step(*arguments, **more)

        return stepped

    if steps:
        os.fsync, Path.replace, Path.unlink = stepping(os.fsync), stepping(Path.replace), stepping(Path.unlink)  # type: ignore[method-assign]
        shutil.rmtree = stepping(shutil.rmtree)  # type: ignore[assignment]
    with Parts(out, format, {}, dataset=dataset, resume=True) as parts:
        while not parts.done and (number := len(contents(parts.folder)) - 1) < 5:
            failure = Failure(f"a{number}", "Empty", f"a{number}: no text in it")
            parts.add([archive.outcome(failure)])
        parts.finish()


@pytest.mark.parametrize("dataset", [False, True])
@pytest.mark.parametrize("format", ["jsonl", "parquet"])
def test_killed_at_every_step_on_the_disk(tmp_path: Path, format: Format, dataset: bool) -> None:
    whole = tmp_path / "whole" / f"out.{format}"
    whole.parent.mkdir()
    write_parts(whole, format, dataset)
    ended = []
    for steps in range(1, 60):
        out = tmp_path / str(steps) / f"out.{format}"
        out.parent.mkdir()
        child = os.fork()
        if not child:
            write_parts(out, format, dataset, steps)
            os._exit(0)
        ended.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        if ended[-1] == 0:
            break
        write_parts(out, format, dataset)
        assert contents(out) == contents(whole)
        assert os.listdir(out.parent) == [out.name]
    assert len(ended) > 15
    assert ended[-1] == 0


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler and two workers of a Dask cluster, each a process of its own, on loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    environment = os.environ | {"PYTHONPATH": f"{TESTS}:{TESTS.parent}", "OMP_NUM_THREADS": "1"}
    dask = [sys.executable, "-m", "distributed.cli"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment, "cwd": tmp_path}
    scheduler = [
        *dask[:2],
        "distributed.cli.dask_scheduler",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--no-dashboard",
    ]
    worker = [*dask[:2], "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard"]
    started = [subprocess.Popen(scheduler, **quiet), *(subprocess.Popen(worker, **quiet) for _ in range(2))]  # type: ignore[call-overload]
    yield address, started[1:]
    for process in reversed(started):
        process.kill()
        process.wait()


def test_a_cluster_gives_the_same_bytes_though_a_worker_is_killed(
    tmp_path: Path, cluster: tuple[str, list[subprocess.Popen[bytes]]]
) -> None:
    address, workers = cluster
    source = write_rows(tmp_path / "rows.jsonl", [row(number) for number in range(1, 401)])
    run(source, tmp_path / "local.parquet")
    heard = 0

    def hear(outcome: archive.Outcome) -> None:
        nonlocal heard
        heard += 1
        if heard == 40:
            workers[0].kill()

    header = archive.archive_header([str(source)], 20, stub=1)
    with (
        Dask(stubs.make_slow, address, TIGHT) as engine,
        Parts(tmp_path / "dask.parquet", "parquet", header, dataset=False, resume=False) as parts,
    ):
        totals = archive.score_archive([str(source)], engine, parts, bounds=TIGHT, part=20, heard=hear)
    assert workers[0].wait() == -signal.SIGKILL
    assert (totals.documents, totals.errors) == (400, 0)
    assert (tmp_path / "dask.parquet").read_bytes() == (tmp_path / "local.parquet").read_bytes()


def test_a_cluster_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quotes.archive.engines.CONNECT_SECONDS", 0.5)
    with pytest.raises(WorkerError, match="correct --scheduler"):
        Dask(stubs.make, "tcp://127.0.0.1:1", TIGHT)


def test_a_failure_needs_no_text() -> None:
    worker = Worker(Nursery(stubs.make, TIGHT.limits), TIGHT)
    shown = worker.score([Failure("a", "Empty", "a: no text"), Document("b", "text", "“Yes,” he said.".encode())])
    worker.stop()
    assert [outcome.failed for outcome in shown] == [True, False]
    assert json.loads(shown[0].line)["error"] == {"type": "Empty", "message": "a: no text"}
