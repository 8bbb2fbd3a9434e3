"""Imports run one way: from the records at the bottom to the commands on top; stages never import each other."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "quotes"

# A module may import from layers below its own, and from its own folder. Stages share a layer, and no more.
LAYERS = (
    ("records",),
    ("artifacts", "marks", "tokens"),
    ("surroundings",),
    ("ingest", "analysis", "detect", "resolve", "features", "quality", "flags", "reliability", "corroborate"),
    ("pipeline",),
    ("archive", "benchmark", "evaluate", "export", "seeds", "service", "show", "train"),
    ("cli",),
    ("__init__", "__main__"),
)
# The package's face lends Scorer on first use, and what measures or trains may use what serves it.
LOOKS_SIDEWAYS = {("train", "evaluate"), ("benchmark", "archive"), ("service", "show"), ("service", "export")}
# Only these may import them, so that they load on first use and can be exchanged in one place.
KEEPERS = {
    "stanza": {"analysis", "benchmark", "train"},
    "trafilatura": {"ingest"},
    "click": {"cli"},
    "pyarrow": {"ingest", "archive"},
}


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if "__pycache__" not in path.parts)


def top(path: Path) -> str:
    """The module's name at the top of the package: ``detect/rules.py`` -> ``detect``."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def layer(name: str) -> int:
    for number, names in enumerate(LAYERS):
        if name in names:
            return number
    pytest.fail(f"quotes.{name} stands in no layer: add it where it belongs")


def imported(path: Path) -> set[str]:
    """Absolute names that a module imports anywhere in it, inside functions too; those for type checking left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    names: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: a relative import; the project imports by full names"
            assert node.module
            names.update(
                f"{node.module}.{alias.name}" if node.module == "quotes" else node.module for alias in node.names
            )
    return names


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_run_one_way(path: Path) -> None:
    mine = top(path)
    for name in imported(path):
        if name.startswith("quotes."):
            other = name.split(".")[1]
            if other[0].isupper() or other.startswith("__") or other == mine or (mine, other) in LOOKS_SIDEWAYS:
                continue
            assert layer(other) < layer(mine), f"{mine} may not import {other}"
        elif name.split(".")[0] in KEEPERS:
            library = name.split(".")[0]
            assert mine in KEEPERS[library], f"{mine} imports {library}; only {KEEPERS[library]} may"


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = ("stanza", "torch", "sklearn", "onnxruntime", "trafilatura", "numpy", "pyarrow", "click", "rich")
    code = f"import quotes, sys; print([name for name in {heavy!r} if name in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PACKAGE.parent)
    assert shown.stdout.strip() == "[]"
