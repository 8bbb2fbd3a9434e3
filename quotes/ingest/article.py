"""A document as it stands in an input -> an Article, or the Failure that says why not."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from quotes.ingest.documents import LIMITS, Document, Limits
from quotes.records import Article, Failure

_META_CHARSET = re.compile(rb"<meta[^>]{1,300}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_SURROGATE = re.compile("[\ud800-\udfff]")


class _RefusedError(Exception):
    """Why a document cannot be scored: the type of the error and a message without the document's name."""

    def __init__(self, type: str, message: str) -> None:
        super().__init__(message)
        self.type = type


def article(document: Document, limits: Limits = LIMITS) -> Article | Failure:
    """Decode, parse and check one document; whatever is wrong with it comes back as a Failure."""
    name = document.id
    try:
        if document.format == "row":
            row = _row(document)
            name = _own_id(row) or name
            found = Article(name, _words(row), {key: row[key] for key in row if key not in ("id", "text")})
        elif document.format == "html":
            from quotes.ingest.html import extract

            found = extract(name, _page(document), document.meta)
        else:
            found = Article(name, _decoded(_bytes(document), document.encoding or _marked(document)), document.meta)
        _check(found.text, limits)
        return replace(found, meta=_json_values(found.meta))
    except _RefusedError as refused:
        return Failure(name, refused.type, f"{name}: {refused}")


def identity(document: Document) -> str:
    """The id that a document has in the output: its own, or the name it was read under."""
    try:
        return (document.format == "row" and _own_id(_row(document))) or document.id
    except _RefusedError:
        return document.id


def _bytes(document: Document) -> bytes:
    assert isinstance(document.data, bytes)
    return document.data


def _row(document: Document) -> Mapping[str, Any]:
    if not isinstance(document.data, bytes):  # of Parquet, where an empty cell of a column of numbers is often NaN
        return {name: None if value != value else value for name, value in document.data.items()}
    line = _decoded(document.data, document.encoding or "utf-8-sig")
    try:
        row = json.loads(line, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise _RefusedError("BadJSON", f"not JSON ({error.msg} at character {error.pos}); correct the line") from error
    except (ValueError, RecursionError) as error:
        raise _RefusedError("BadJSON", f"not JSON that can be read ({error}); correct the line") from error
    if not isinstance(row, dict):
        raise _RefusedError("BadJSON", 'not a JSON object; write {"id": …, "text": …}')
    return row


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON value")


def _own_id(row: Mapping[str, Any]) -> str | None:
    value = row.get("id")
    if isinstance(value, str | int | float) and not isinstance(value, bool) and value != "":
        return str(value).encode("utf-8", "replace").decode("utf-8")
    return None


def _words(row: Mapping[str, Any]) -> str:
    text = row.get("text")
    if not isinstance(text, str):
        what = "no text" if text is None else f"text is {type(text).__name__}, not a string"
        raise _RefusedError("NoText", f'{what}; put the article into the field "text"')
    return text


def _page(document: Document) -> str:
    """A page's mark-up: the encoding named by the user, the mark, HTTP, the page itself, or UTF-8, in this order."""
    data = _bytes(document)
    named = _META_CHARSET.search(data, 0, 4096)
    declared = document.encoding or _marked(document) or document.charset or (named and named[1].decode("ascii"))
    if declared and not document.encoding:
        try:
            declared = codecs.lookup(declared).name
        except LookupError:
            declared = None
        if declared in ("iso8859-1", "ascii"):
            declared = "cp1252"  # what browsers take these names to mean (WHATWG Encoding Standard)
    if declared and declared != "utf-8" and not document.encoding:
        try:
            return data.decode(declared)
        except UnicodeDecodeError:
            declared = None
    return _decoded(data, declared)


def _marked(document: Document) -> str | None:
    """UTF-16 shows by its byte order mark, which stays in the text as U+FEFF."""
    data = _bytes(document)
    if data.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le"
    return "utf-16-be" if data.startswith(codecs.BOM_UTF16_BE) else None


def _decoded(data: bytes, encoding: str | None) -> str:
    try:
        return data.decode(encoding or "utf-8")
    except UnicodeDecodeError as error:
        if b"\0" in data[:65536]:
            raise _RefusedError("Binary", "a binary file, not text; convert it to .txt or .html") from error
        name = encoding if encoding and encoding != "utf-8-sig" else "UTF-8"
        raise _RefusedError(
            "Encoding",
            f"byte 0x{data[error.start]:02x} at {error.start} is not {name}; "
            f"name its encoding, for example --encoding {'latin-1' if name == 'UTF-8' else 'utf-8'}",
        ) from error


def _check(text: str, limits: Limits) -> None:
    if not text.strip("\ufeff \t\r\n\f\v\xa0"):
        raise _RefusedError("Empty", "no text in it; leave it out or give its text")
    if "\0" in text:
        at = text.index("\0")
        raise _RefusedError("Binary", f"NUL at character {at}, so not text; convert it to .txt or .html")
    if found := _SURROGATE.search(text):
        raise _RefusedError(
            "Surrogate", f"lone surrogate at character {found.start()}; write the text as valid Unicode"
        )
    if len(text) > limits.characters:
        raise _RefusedError(
            "TooLong",
            f"{len(text):,} characters, the limit is {limits.characters:,}; split it or raise --max-characters",
        )


def _json_values(meta: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that pass through, as JSON has them (a Parquet row may hold dates); no NaN, no lone surrogates."""
    try:
        written = json.dumps(dict(meta), ensure_ascii=False, allow_nan=False, default=_plain)
        written.encode("utf-8")
        return json.loads(written)
    except (ValueError, TypeError, RecursionError) as error:
        raise _RefusedError(
            "BadField", f"a field beside the text is no valid JSON value ({error}); correct it"
        ) from error


def _plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, bytes):
        raise TypeError("bytes")
    return str(value)
