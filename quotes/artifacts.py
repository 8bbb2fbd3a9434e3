"""Trained models: ``models/<name>-<version>/``, checked by SHA-256 and version before anything of them is read.

A folder holds its files, a model card ``README.md`` and ``manifest.json``: name, version, the SHA-256 of every file,
and the library versions that a pickled estimator needs (``requires``: a library and its ``major.minor``).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"


class ArtifactError(Exception):
    """A model is missing, damaged, or was made by another version of a library."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A folder whose files have been checked."""

    name: str
    version: str
    folder: Path
    manifest: Mapping[str, Any]

    def path(self, file: str) -> Path:
        """A file of the artifact; ArtifactError for one that the manifest does not list."""
        if file not in self.manifest["files"]:
            raise ArtifactError(f"{self.folder.name}: {file} is not in its manifest; train the model again")
        return self.folder / file


def models_folder() -> Path:
    """``$QUOTES_MODELS``, or the models that travel with the package, or the repository's ``models/``."""
    if named := os.environ.get("QUOTES_MODELS"):
        return Path(named)
    package = Path(__file__).parent
    shipped = package / "models"
    return shipped if shipped.is_dir() else package.parent / "models"


def find(name: str, models: Path | None = None) -> Path:
    """The newest ``<name>-<version>`` folder; ArtifactError where there is none."""
    models = models or models_folder()
    found = [folder for folder in models.glob(f"{name}-*") if (folder / MANIFEST).is_file() and _version(folder, name)]
    if not found:
        command = f"quotes train {name.removesuffix('-en')}"
        raise ArtifactError(f"no model {name} in {models}; install the package again or run: {command}")
    return max(found, key=lambda folder: _version(folder, name))


def load(name: str, models: Path | None = None) -> Artifact:
    """Find an artifact and check it; ArtifactError says what is wrong and the remedy."""
    return check(find(name, models))


def check(folder: Path) -> Artifact:
    """Hash every file of a folder against its manifest, and compare the library versions it requires."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        files, requires = manifest["files"], manifest.get("requires", {})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtifactError(f"{folder.name}: no readable {MANIFEST} ({error}); install the model again") from error
    for file, expected in files.items():
        path = folder / file
        if not path.is_file():
            raise ArtifactError(f"{folder.name}: {file} is missing; install the model again")
        if sha256(path) != expected:
            raise ArtifactError(f"{folder.name}: {file} is not the file that was shipped; install the model again")
    for library, wanted in requires.items():
        have = ".".join(metadata.version(library).split(".")[:2])
        if have != wanted:
            raise ArtifactError(
                f"{folder.name} was made with {library} {wanted}, this is {have}; "
                f"install '{library}=={wanted}.*' or train the model again"
            )
    return Artifact(manifest["name"], manifest["version"], folder, manifest)


def save(folder: Path, *, requires: Iterable[str] = (), **more: Any) -> Artifact:
    """Write the manifest of a folder named ``<name>-<version>`` whose files stand in it already.

    ``requires`` names the libraries whose ``major.minor`` must be the same when the model is loaded; ``more`` is kept
    in the manifest as it is (figures, thresholds, seed, the data's hashes).
    """
    name, _, version = folder.name.rpartition("-")
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name not in (MANIFEST, "README.md"))
    manifest = {
        "name": name,
        "version": version,
        "files": {path.relative_to(folder).as_posix(): sha256(path) for path in files},
        "requires": {library: ".".join(metadata.version(library).split(".")[:2]) for library in sorted(requires)},
        **more,
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return check(folder)


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _version(folder: Path, name: str) -> tuple[int, ...]:
    digits = folder.name[len(name) + 1 :].split(".")
    return tuple(int(digit) for digit in digits) if all(digit.isdigit() for digit in digits) else ()
