"""Files and mark-up -> :class:`~quotes.records.Article`, with offsets kept.

Reading is split in two so that archives can be scored by many processes: :func:`documents` walks through the inputs
and hands out each document as it stands there (cheap: bytes, not yet parsed), and :func:`article` decodes, parses and
checks one of them. What cannot be read is a :class:`~quotes.records.Failure` in its place and never stops the rest.

Offsets count code points of the text exactly as handed over: lines ends are not translated and a byte order mark
stays as U+FEFF.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from quotes.ingest.article import article, identity
from quotes.ingest.documents import LIMITS, Document, Limits, documents, files
from quotes.records import Article, Failure

__all__ = ["LIMITS", "Document", "Limits", "article", "articles", "documents", "files", "identity"]


def articles(
    inputs: Sequence[str], encoding: str | None = None, limits: Limits = LIMITS
) -> Iterator[Article | Failure]:
    """Every article of the inputs (files, folders, globs, ``-``) in order, a Failure where one can't be read."""
    for document in documents(inputs, encoding, limits):
        yield document if isinstance(document, Failure) else article(document, limits)
