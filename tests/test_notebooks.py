"""The notebooks run from top to bottom in a kernel of their own, and show what they promise."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"


def output(name: str) -> str:
    """What a notebook prints when it is run now; an error in a cell raises."""
    notebook = nbformat.read(NOTEBOOKS / name, as_version=4)
    ran = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(NOTEBOOKS)}}).execute()
    outputs = [output for cell in ran.cells if cell.cell_type == "code" for output in cell.outputs]
    return "\n".join(output.get("text", "") for output in outputs)


def test_the_first_article_goes_from_text_to_flags() -> None:
    shown = output("first_article.ipynb")
    assert "Ingrid Solberg-Haas" in shown
    assert "orphaned" in shown
    assert "garbled/truncated" in shown
    assert "quotes are flagged" in shown
