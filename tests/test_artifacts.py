from __future__ import annotations

import json
from pathlib import Path

import pytest

from quotes import artifacts
from quotes.artifacts import ArtifactError


def made(models: Path, name: str, content: str = "weights", **more: object) -> Path:
    folder = models / name
    folder.mkdir(parents=True)
    (folder / "weights.bin").write_text(content)
    artifacts.save(folder, **more)
    return folder


def test_saved_and_loaded(tmp_path: Path) -> None:
    made(tmp_path, "detector-1.0.0", figures={"f1": 0.7})
    artifact = artifacts.load("detector", tmp_path)
    assert (artifact.name, artifact.version) == ("detector", "1.0.0")
    assert artifact.path("weights.bin").read_text() == "weights"
    assert artifact.manifest["figures"] == {"f1": 0.7}


def test_the_newest_version_is_found_by_number(tmp_path: Path) -> None:
    for version in ("1.9.0", "1.10.0", "1.2.0"):
        made(tmp_path, f"detector-{version}")
    made(tmp_path, "detector-large-9.0.0")
    assert artifacts.load("detector", tmp_path).version == "1.10.0"


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    folder = made(tmp_path, "detector-1.0.0")
    (folder / "weights.bin").write_text("other")
    with pytest.raises(ArtifactError, match=r"detector-1\.0\.0: weights\.bin is not the file that was shipped"):
        artifacts.load("detector", tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    folder = made(tmp_path, "detector-1.0.0")
    (folder / "weights.bin").unlink()
    with pytest.raises(ArtifactError, match=r"weights\.bin is missing"):
        artifacts.load("detector", tmp_path)


def test_another_version_of_a_library_is_refused(tmp_path: Path) -> None:
    folder = made(tmp_path, "quality-1.0.0", requires=("scikit-learn",))
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["requires"]["scikit-learn"] = "0.1"
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ArtifactError, match=r"made with scikit-learn 0\.1"):
        artifacts.load("quality", tmp_path)


def test_no_model_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="quotes train detector"):
        artifacts.load("detector", tmp_path)


def test_a_file_outside_the_manifest_is_not_given(tmp_path: Path) -> None:
    folder = made(tmp_path, "detector-1.0.0")
    (folder / "later.pkl").write_text("not checked")
    with pytest.raises(ArtifactError, match="not in its manifest"):
        artifacts.load("detector", tmp_path).path("later.pkl")


def test_a_broken_manifest_is_one_clear_line(tmp_path: Path) -> None:
    folder = made(tmp_path, "detector-1.0.0")
    (folder / "manifest.json").write_text("{")
    with pytest.raises(ArtifactError, match=r"no readable manifest\.json"):
        artifacts.load("detector", tmp_path)


def test_what_is_shipped_is_whole() -> None:
    folders = [folder for folder in artifacts.models_folder().glob("*-*") if folder.is_dir()]
    assert folders
    for folder in folders:
        assert artifacts.check(folder).folder == folder
        assert (folder / "README.md").is_file(), f"{folder.name} has no model card"
    assert sum(path.stat().st_size for folder in folders for path in folder.rglob("*")) < 100_000_000
