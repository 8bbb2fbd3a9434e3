"""The wheel carries everything: installed outside the repository, it finds its models and scores an article."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built wheel, unpacked into a folder of its own."""
    room = tmp_path_factory.mktemp("wheel")
    options = ("-q", "--no-deps", "--no-build-isolation", "--wheel-dir", str(room))
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, str(ROOT)], check=True)
    (wheel,) = room.glob("quotes-*.whl")
    target = room / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    return target


def run(installed: Path, code: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(installed)} | {"QUOTES_MODELS": ""}
    shown = subprocess.run(
        [sys.executable, "-c", code], cwd=installed.parent, env=environment, capture_output=True, text=True, check=True
    )
    return shown.stdout


def test_the_models_travel_inside(installed: Path) -> None:
    shown = run(installed, "from quotes import artifacts; print(artifacts.models_folder())")
    assert Path(shown.strip()) == installed / "quotes" / "models"


def test_an_article_is_scored_from_the_wheel(installed: Path) -> None:
    text = "“We will rebuild the bridge before winter,” Mayor Ana Duarte said on Monday."
    code = f"import json; from quotes import Scorer; print(json.dumps(Scorer().score({text!r}).to_json()))"
    record = json.loads(run(installed, code))
    assert [quote["contents"][0]["text"][:8] for quote in record["quotes"]] == ["“We will"]
    assert [source["name"] for source in record["sources"]] == ["Ana Duarte"]
