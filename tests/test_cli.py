from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import stubs

from quotes import __version__, archive, cli

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Runs a command with the stub as its scorer; gives its status, output and messages."""
    monkeypatch.setattr(archive, "prepared", stubs.make_with)

    def runs(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["quotes", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        shown, said = capfdbinary.readouterr()
        return int(ended.value.code or 0), shown.decode(), said.decode()

    return runs


@pytest.fixture
def article(tmp_path: Path) -> Path:
    path = tmp_path / "a.txt"
    path.write_text("“It is day one,” said Anna Lind.", encoding="utf-8")
    return path


def test_help_and_version_are_quick_because_nothing_heavy_is_imported(run: Run) -> None:
    heavy = ["torch", "stanza", "sklearn", "onnxruntime", "numpy", "rich", "pyarrow", "trafilatura", "quotes.archive"]
    code = f"import quotes.cli, sys; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
    status, shown, _ = run("--help")
    assert status == 0
    assert all(name in shown for name in ("score", "show", "evaluate", "train"))
    assert run("--version") == (0, f"quotes, version {__version__}\n", "")


def test_score_writes_json_lines_and_a_summary(run: Run, article: Path) -> None:
    status, shown, said = run("score", article, "/nowhere/none.txt", article)
    assert status == 1
    rows = [json.loads(line) for line in shown.splitlines()]
    assert [row["id"] for row in rows] == ["a.txt", "none.txt", "a.txt"]
    assert rows[0]["quotes"][0]["contents"][0]["text"] == "“It is day one,”"
    assert rows[1]["error"]["message"] == "none.txt: no such file; check the path"
    assert said.startswith("3 documents, 2 quotes, 2 flags, 1 error, 14 words; ")
    assert said.count("\n") == 1


@pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.gz", "out.parquet", "out/", "out.jsonl/"])
def test_score_writes_what_the_name_of_out_asks_for(run: Run, article: Path, tmp_path: Path, name: str) -> None:
    out = tmp_path / "results" / name.rstrip("/")
    out.parent.mkdir()
    status, shown, _ = run("score", article, "-o", str(out) + "/" * name.endswith("/"), "--jobs", 2)
    assert (status, shown) == (0, "")
    assert out.is_dir() == name.endswith("/")
    assert [row["id"] for row in archive.read(out)] == ["a.txt"]


def test_score_resumes(run: Run, article: Path, tmp_path: Path) -> None:
    folder = f"{tmp_path}/out/"
    assert run("score", article, "-o", folder)[0] == 0
    status, _, said = run("score", article, "-o", folder)
    assert status == 2
    assert "finished result; add --resume" in said
    status, _, said = run("score", article, "-o", folder, "--resume")
    assert status == 0
    assert said.startswith("1 document, 1 quote, ")
    status, _, said = run("score", article, "-o", folder, "--resume", "--threshold", "garbled=0.5")
    assert status == 2
    assert "begun with other thresholds" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Missing argument"),
        (["{article}", "--resume"], "name the OUT"),
        (["{article}", "-o", "out.csv"], "must end in .jsonl, .jsonl.gz or .parquet"),
        (["{article}", "-o", "{article}/out.jsonl"], "cannot be written"),
        (["{folder}", "-o", "{folder}/out.jsonl"], "lies inside the input"),
        (["{article}", "--encoding", "klingon"], "no such encoding; try latin-1"),
        (["{article}", "--engine", "dask"], "go together"),
        (["{article}", "--threshold", "odd=0.5"], "no flag named 'odd'; there are orphaned, "),
        (["{article}", "--threshold", "garbled=2"], "a probability from 0 to 1"),
        (["{article}", "--threshold", "garbled"], "a probability from 0 to 1"),
        (["{article}", "--jobs", "0"], "--jobs"),
        (["{article}", "--authority", "none.csv"], "none.csv"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(
    run: Run, article: Path, arguments: list[str], said: str, tmp_path: Path
) -> None:
    filled = [argument.format(article=article, folder=tmp_path) for argument in arguments]
    status, shown, message = run("score", *filled)
    assert (status, shown) == (2, "")
    assert said in message
    assert message.count("\n") == 1


def test_models_that_are_not_there_are_one_line(
    monkeypatch: pytest.MonkeyPatch, run: Run, article: Path, tmp_path: Path
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(sys, "argv", ["quotes", "score", str(article), "--models", str(tmp_path)])
    command = [sys.executable, "-m", "quotes", "score", str(article), "--models", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("quotes: no model ")
    assert done.stderr.count("\n") == 1


def test_a_reader_who_has_seen_enough_hears_nothing() -> None:
    command = f"{sys.executable} -m quotes score {{1..9000}}.txt | head -n 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert json.loads(done.stdout)["id"] == "1.txt"
    assert done.stderr == ""


def test_show_marks_an_article_and_names_what_failed(
    monkeypatch: pytest.MonkeyPatch, run: Run, article: Path, tmp_path: Path
) -> None:
    monkeypatch.setattr("quotes.pipeline.Scorer", lambda **settings: stubs.Stub())
    status, shown, said = run("show", article, "/nowhere/none.txt")
    assert status == 1
    assert "It is day one" in shown
    assert said == "quotes show: none.txt: no such file; check the path\n"
    status, shown, said = run("show", article, "--html", tmp_path / "page.html")
    assert (status, shown, said) == (0, "", f"wrote {tmp_path / 'page.html'}\n")
    assert "It is day one" in (tmp_path / "page.html").read_text(encoding="utf-8")
    assert run("show", article, "--html", article / "page.html")[0] == 2


def test_ctrl_c_leaves_what_can_be_resumed(run: Run, tmp_path: Path) -> None:
    rows = [{"id": f"a{number}", "text": f"“It is day {number},” he said."} for number in range(300)]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    code = "import stubs; from quotes import archive, cli; archive.prepared = stubs.make_slow_with; cli.main()"
    arguments = ["score", str(tmp_path / "in.jsonl"), "-o", str(tmp_path / "out.jsonl"), "--part-size", "20"]
    paths = f"{Path(__file__).parent}:{Path(__file__).parent.parent}"
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        env=os.environ | {"PYTHONPATH": paths},
        stderr=subprocess.PIPE,
        text=True,
    )
    while not list(tmp_path.glob("out.jsonl.parts/part-*1.jsonl")):
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert said == f"quotes: stopped; go on with: --resume -o {tmp_path / 'out.jsonl'}\n"
    status, _, said = run(*arguments, "--resume")
    assert status == 0
    assert said.startswith("300 documents, 300 quotes, ")
    assert [row["id"] for row in archive.read(tmp_path / "out.jsonl")] == [row["id"] for row in rows]


def test_evaluate_against_itself_is_perfect(run: Run, tmp_path: Path) -> None:
    text = "“It is day one of the new bridge,” said Anna Lind."
    quote = {
        "contents": [{"start": 0, "end": 34}],
        "cue": [{"start": 35, "end": 39}],
        "source": [{"start": 40, "end": 49}],
    }
    (tmp_path / "gold.jsonl").write_text(json.dumps({"id": "a", "text": text, "quotes": [quote]}), encoding="utf-8")
    (tmp_path / "none.jsonl").write_text(json.dumps({"id": "a", "quotes": []}), encoding="utf-8")
    gold = tmp_path / "gold.jsonl"
    status, shown, _ = run("evaluate", gold, gold)
    assert status == 0
    assert "100.0" in shown
    status, shown, _ = run("evaluate", gold, gold, "--before", tmp_path / "none.jsonl", "--json")
    assert json.loads(shown)["figures"]["relation"]["f1"] == 1
    assert json.loads(shown)["differences"][0]["gained"] is True
    status, _, said = run("evaluate", gold, "/nowhere/none.jsonl")
    assert (status, said) == (
        2,
        "quotes: /nowhere/none.jsonl: cannot be read (No such file or directory); check the path\n",
    )
    assert run("evaluate", gold)[0] == 2


def test_evaluate_sourcing_reads_what_score_writes(run: Run, article: Path, tmp_path: Path) -> None:
    run("score", article, "-o", tmp_path / "found.jsonl")
    statement = {"spans": [{"start": 0, "end": 17}], "type": "named_person", "name": "Anna Lind"}
    gold = tmp_path / "gold.jsonl"
    gold.write_text(json.dumps({"id": "a.txt", "text": article.read_text(), "statements": [statement]}))
    status, shown, _ = run("evaluate", "sourcing", gold, tmp_path / "found.jsonl", "--json")
    assert status == 0
    assert json.loads(shown) == {"statements": 1, "found": 1.0, "type": 1.0, "name": 1.0}
    assert "1 statements: 100.0% found" in run("evaluate", "sourcing", gold, tmp_path / "found.jsonl")[1]
