"""Who said what in a news article, how well it is attributed, and which quotes nobody says or somebody damaged.

>>> from quotes import Scorer
>>> record = Scorer().score("“It’s not on the radar,” a US defense official told AFP.")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quotes.records import Article, Failure, Record, Span

if TYPE_CHECKING:
    from quotes.pipeline import Scorer

__version__ = "0.1.0"
__all__ = ["Article", "Failure", "Record", "Scorer", "Span", "__version__"]


def __getattr__(name: str) -> Any:
    """``Scorer`` is imported when it is first asked for, so that ``import quotes`` stays quick."""
    if name == "Scorer":
        from quotes.pipeline import Scorer

        return Scorer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
