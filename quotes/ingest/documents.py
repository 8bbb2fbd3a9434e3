"""Inputs (files, folders, globs, ``-``) -> documents as they stand there, not yet decoded or parsed."""

from __future__ import annotations

import glob
import gzip
import io
import json
import os
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any, Literal

from quotes.records import Failure

Format = Literal["text", "html", "row"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may be: ``bytes`` as it stands in the input, ``characters`` of its text."""

    bytes: int = 16 << 20
    characters: int = 300_000


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Document:
    """One document of an input. ``data`` is a JSON line, the bytes of a text or a page, or a row as a mapping.

    ``id`` is the file's name (with the row's number), which the row's own ``id`` replaces when it is parsed.
    ``charset`` is the encoding that HTTP declared for a page, ``encoding`` the one that the user named.
    """

    id: str
    format: Format
    data: bytes | Mapping[str, Any]
    meta: Mapping[str, Any] = field(default_factory=dict)
    encoding: str | None = None
    charset: str | None = None

    @property
    def size(self) -> int:
        """Roughly the characters of its text; a page is mostly mark-up."""
        if isinstance(self.data, bytes):
            return len(self.data) // 8 if self.format == "html" else len(self.data)
        return len(str(self.data.get("text", "")))


def documents(
    inputs: Sequence[str],
    encoding: str | None = None,
    limits: Limits = LIMITS,
    skip: int = 0,
    meter: Callable[[int], object] | None = None,
) -> Iterator[Document | Failure]:
    """Every document of the inputs, in order; the first ``skip`` are passed over without being read where possible.

    ``meter`` is told how many bytes of the input files (compressed, where they are) have been read so far.
    """
    total = 0
    for path in files(inputs):
        name = "-" if path == "-" else shown(os.path.basename(path.rstrip("/")))
        read = _reader(path)
        source = _Source(path, name, encoding, limits, skip)
        try:
            for found in read(source):
                if meter:
                    meter(total + source.position)
                yield found
        except FileNotFoundError:
            yield from source.failed("FileNotFound", f"{name}: no such file; check the path")
        except ImportError as error:
            yield from source.failed("NotInstalled", f"{name}: {error}; run: pip install 'quotes[archive]'")
        except (OSError, EOFError, zlib.error) as error:
            reason = getattr(error, "strerror", None) or str(error)
            yield from source.failed("Unreadable", f"{name}: cannot be read ({reason}); the rest of it is left out")
        finally:
            total += source.position
            source.close()
        skip = source.skip


def files(inputs: Sequence[str]) -> Iterator[str]:
    """The files of the inputs, in order: folders walked through in order of name, globs expanded, ``-`` as it is.

    In a folder only files of the known kinds count; a file that is named is taken for text if its kind is unknown.
    What is not there is handed on, to fail where it is read.
    """
    for named in inputs:
        if named != "-" and os.path.isdir(named):
            yield from _walk(named)
        elif named != "-" and not os.path.exists(named) and glob.has_magic(named):
            matches = sorted(glob.glob(named, recursive=True))
            yield from files(matches) if matches else [named]
        else:
            yield named


def shown(name: str) -> str:
    """A file's name as text: bytes in it that are not UTF-8 show as U+FFFD."""
    return os.fsencode(name).decode("utf-8", "replace")


class _Source:
    """One file being read: its name and settings, and how many documents are still to be passed over."""

    def __init__(self, path: str, name: str, encoding: str | None, limits: Limits, skip: int) -> None:
        self.path, self.name, self.encoding, self.limits, self.skip = path, name, encoding, limits, skip
        self.row = 0
        self.file: IO[bytes] | None = None

    def open(self) -> IO[bytes]:
        self.file = open(self.path, "rb")  # noqa: SIM115  closed by close()
        return self.file

    def close(self) -> None:
        if self.file:
            self.file.close()

    @property
    def position(self) -> int:
        return self.file.tell() if self.file and not self.file.closed else 0

    def passed_over(self) -> bool:
        """Whether the document at hand is one of those to be passed over; it is counted off."""
        if self.skip:
            self.skip -= 1
            return True
        return False

    def failed(self, type: str, message: str) -> Iterator[Failure]:
        """A failure as the next document, under the row's name where rows were read before it."""
        if not self.passed_over():
            yield Failure(f"{self.name}:{self.row + 1}" if self.row else self.name, type, message)

    def too_large(self, where: str) -> Failure:
        limit = self.limits.bytes >> 20
        return Failure(where, "TooLarge", f"{where}: larger than {limit} MiB; split it into articles")


def _walk(folder: str) -> Iterator[str]:
    for at, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if _suffix(name):
                yield os.path.join(at, name)


def _suffix(name: str) -> str | None:
    return next((suffix for suffix in _READERS if name.lower().endswith(suffix)), None)


def _reader(path: str) -> Callable[[_Source], Iterator[Document | Failure]]:
    return _stdin if path == "-" else _READERS[_suffix(path) or ".txt"]


def _text(source: _Source) -> Iterator[Document | Failure]:
    yield from _whole(source, "text")


def _html(source: _Source) -> Iterator[Document | Failure]:
    yield from _whole(source, "html")


def _whole(source: _Source, format: Format) -> Iterator[Document | Failure]:
    if source.passed_over():
        return
    data = source.open().read(source.limits.bytes + 1)
    if len(data) > source.limits.bytes:
        yield source.too_large(source.name)
    else:
        yield Document(source.name, format, data, encoding=source.encoding)


def _jsonl(source: _Source) -> Iterator[Document | Failure]:
    yield from _rows(source, source.open())


def _jsonl_gz(source: _Source) -> Iterator[Document | Failure]:
    with gzip.open(source.open(), "rb") as stream:
        yield from _rows(source, stream)  # type: ignore[arg-type]


def _rows(source: _Source, stream: IO[bytes]) -> Iterator[Document | Failure]:
    """JSON lines; blank lines are left out, but counted in the rows' numbers."""
    limit = source.limits.bytes
    while line := stream.readline(limit + 1):
        complete = len(line) <= limit or line.endswith(b"\n")
        if line.strip() and not source.passed_over():
            where = f"{source.name}:{source.row + 1}"
            yield Document(where, "row", line, encoding=source.encoding) if complete else source.too_large(where)
        if not complete:
            while (rest := stream.readline(1 << 20)) and not rest.endswith(b"\n"):
                pass
        source.row += 1


def _stdin(source: _Source) -> Iterator[Document | Failure]:
    """JSON lines where the first line is an object with a text, one plain text otherwise."""
    stream = sys.stdin.buffer
    first = stream.readline(source.limits.bytes + 1)
    while first and not first.strip() and len(first) <= source.limits.bytes:
        first += stream.readline(source.limits.bytes + 1)
    try:
        row = json.loads(first)
    except (ValueError, RecursionError):
        row = None
    if isinstance(row, dict) and "text" in row:
        lines = io.BufferedReader(_Rejoined(first, stream))
        yield from _rows(source, lines)
    elif not source.passed_over():
        data = first + stream.read(max(0, source.limits.bytes + 1 - len(first)))
        large = len(data) > source.limits.bytes
        yield source.too_large("-") if large else Document("-", "text", data, encoding=source.encoding)


class _Rejoined(io.RawIOBase):
    """A stream whose beginning had to be read to know what it is."""

    def __init__(self, first: bytes, rest: IO[bytes]) -> None:
        self.first, self.rest = first, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self.first:
            return self.rest.readinto1(buffer)  # type: ignore[attr-defined]
        size = min(len(buffer), len(self.first))
        buffer[:size], self.first = self.first[:size], self.first[size:]
        return size


def _parquet(source: _Source) -> Iterator[Document | Failure]:
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.ParquetFile(source.open())
        if "text" not in table.schema_arrow.names:
            yield from source.failed("NoText", f"{source.name}: no column named text; rename the one that holds it")
            return
        for batch in table.iter_batches(batch_size=64):
            for row in batch.to_pylist():
                if not source.passed_over():
                    yield Document(f"{source.name}:{source.row + 1}", "row", row)
                source.row += 1
    except pyarrow.ArrowException as error:
        reason = str(error).splitlines()[0]
        yield from source.failed("Unreadable", f"{source.name}: not a readable Parquet file ({reason}); make it again")


def _warc(source: _Source) -> Iterator[Document | Failure]:
    """The HTML pages that a WARC holds as responses with status 200, named by their address.

    ISO 28500 (WARC 1.1); other records (requests, redirects, pictures) are passed by and not counted.
    """
    from warcio.archiveiterator import ArchiveIterator
    from warcio.exceptions import ArchiveLoadFailed

    limit = source.limits.bytes
    try:
        for record in ArchiveIterator(source.open()):
            http = record.http_headers
            if record.rec_type != "response" or http is None or http.get_statuscode() != "200":
                continue
            media, _, parameters = (http.get_header("Content-Type") or "").lower().partition(";")
            if media.strip() not in ("text/html", "application/xhtml+xml") or source.passed_over():
                continue
            source.row += 1
            address = record.rec_headers.get_header("WARC-Target-URI") or f"{source.name}:{source.row}"
            data = record.content_stream().read(limit + 1)
            if len(data) > limit:
                yield source.too_large(address)
                continue
            charset = parameters.partition("charset=")[2].strip(" \"'") or None
            meta = {
                "url": address,
                "warc_date": record.rec_headers.get_header("WARC-Date"),
                "warc_record_id": record.rec_headers.get_header("WARC-Record-ID"),
            }
            yield Document(address, "html", data, meta, source.encoding, charset)
    except ArchiveLoadFailed as error:
        yield from source.failed("Unreadable", f"{source.name}: damaged WARC ({error}); the rest of it is left out")


_READERS: dict[str, Callable[[_Source], Iterator[Document | Failure]]] = {
    ".txt": _text,
    ".html": _html,
    ".htm": _html,
    ".jsonl": _jsonl,
    ".jsonl.gz": _jsonl_gz,
    ".parquet": _parquet,
    ".warc": _warc,
    ".warc.gz": _warc,
}
