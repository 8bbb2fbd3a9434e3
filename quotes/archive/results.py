"""Results as files: JSON lines, the same gzipped, and Parquet; one file or a folder of parts."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, Literal

Format = Literal["jsonl", "jsonl.gz", "parquet"]
FORMATS: tuple[Format, ...] = ("jsonl.gz", "jsonl", "parquet")
PART = "part-{:08d}"


def format_of(name: str) -> Format | None:
    """The format that a file's or folder's name asks for by its ending."""
    return next((format for format in FORMATS if name.rstrip("/").lower().endswith(f".{format}")), None)


def encoded(lines: Sequence[str], format: Format) -> bytes:
    """Result lines as the bytes of a file; the same lines always give the same bytes."""
    if format == "parquet":
        return _parquet(lines)
    data = "".join(f"{line}\n" for line in lines).encode("utf-8")
    return gzip.compress(data, 6, mtime=0) if format == "jsonl.gz" else data


def join(parts: Sequence[Path], format: Format, out: IO[bytes]) -> None:
    """Write one file of all the parts, a part at a time. Gzip's members may simply follow each other (RFC 1952)."""
    if format != "parquet":
        for part in parts:
            with part.open("rb") as file:
                while block := file.read(1 << 20):
                    out.write(block)
        return
    import pyarrow.parquet

    with pyarrow.parquet.ParquetWriter(out, _schema(), compression="zstd") as writer:
        for part in parts:
            writer.write_table(pyarrow.parquet.read_table(part, schema=_schema()))


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The records and error rows of a results file or folder of parts, as in JSON.

    Raises ValueError for what is no results file: one line with its name, what is wrong and the remedy.
    """
    if path.is_dir():
        parts = sorted(part for part in path.iterdir() if part.name.startswith("part-"))
        if not parts:
            raise ValueError(f"{path}: a folder without parts of results; name what quotes score wrote")
        for part in parts:
            yield from read(part)
        return
    format = format_of(path.name)
    if format is None:
        raise ValueError(f"{path}: not a results file by its name; it must end in .jsonl, .jsonl.gz or .parquet")
    try:
        yield from _read_parquet(path) if format == "parquet" else _read_lines(path, format)
    except FileNotFoundError as error:
        raise ValueError(f"{path}: no such file; check the path") from error
    except (OSError, EOFError) as error:
        raise ValueError(f"{path}: cannot be read ({error}); score it again") from error


def _read_lines(path: Path, format: Format) -> Iterator[dict[str, Any]]:
    with gzip.open(path) if format == "jsonl.gz" else path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError as error:
                raise ValueError(f"{path}:{number}: not JSON ({error}); score it again") from error
            if not isinstance(row, dict):
                raise ValueError(f"{path}:{number}: not a JSON object; score it again")
            yield row


def _read_parquet(path: Path) -> Iterator[dict[str, Any]]:
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.ParquetFile(path)
        if not table.schema_arrow.equals(_schema()):
            raise ValueError(f"{path}: a Parquet file, but not of results; name what quotes score wrote")
        for batch in table.iter_batches(batch_size=256):
            yield from map(_from_row, batch.to_pylist())
    except pyarrow.ArrowException as error:
        raise ValueError(
            f"{path}: not a readable Parquet file ({str(error).splitlines()[0]}); score it again"
        ) from error


def _parquet(lines: Sequence[str]) -> bytes:
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.Table.from_pylist([_to_row(json.loads(line)) for line in lines], schema=_schema())
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def _to_row(shown: dict[str, Any]) -> dict[str, Any]:
    """Any field may stand in meta, so it is one column of JSON."""
    if "error" in shown:
        return shown
    return shown | {
        "meta": json.dumps(shown["meta"], ensure_ascii=False, separators=(",", ":")),
        "models": list(shown["models"].items()),
    }


def _from_row(row: dict[str, Any]) -> dict[str, Any]:
    if row["error"] is not None:
        return {name: row[name] for name in ("schema", "id", "error")}
    shown = {name: value for name, value in row.items() if name != "error"}
    shown |= {"meta": json.loads(row["meta"]), "models": dict(row["models"])}
    for source in shown["sources"]:
        _drop_absent(source, "anonymity", "authority_id")
    for quote in shown["quotes"]:
        for flag in quote["flags"]:
            _drop_absent(flag, "variety")
    return shown


def _drop_absent(of: dict[str, Any], *names: str) -> None:
    for name in names:
        if of[name] is None:
            del of[name]


def _schema() -> Any:
    """``schema.json`` as Arrow types."""
    import pyarrow as pa

    text, place, share = pa.string(), pa.int32(), pa.float64()
    spans = pa.list_(pa.struct({"start": place, "end": place, "text": text}))
    source = {"id": text, "name": text, "kind": text, "naming": text, "role": text, "affiliation": text}
    source |= {"mentions": spans, "anonymity": spans, "authority_id": text}
    flag = {"code": text, "variety": text, "probability": share, "spans": spans, "reason": text}
    quote = {"id": text, "speech": text, "contents": spans, "cue": spans, "source": spans, "source_id": text}
    quote |= {
        "candidates": pa.list_(pa.struct({"source_id": text, "probability": share})),
        "quality": pa.struct(dict.fromkeys(("score", "link", "source", "text"), share)),
        "flags": pa.list_(pa.struct(flag)),
    }
    return pa.schema(
        {
            "schema": text,
            "id": text,
            "meta": text,
            "text_sha256": text,
            "models": pa.map_(text, text),
            "sources": pa.list_(pa.struct(source)),
            "quotes": pa.list_(pa.struct(quote)),
            "document": pa.struct({"score": share, "quotes": place, "flagged": place}),
            "error": pa.struct({"type": text, "message": text}),
        }
    )
