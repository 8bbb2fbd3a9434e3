"""Results in parts, so that a run that was ended at any moment can go on where it was.

A part is written under another name, forced to the disk and renamed; only then is it entered in the manifest, a file
of JSON lines to which lines are only ever added. So what the manifest lists is whole, and a line that was cut short
by the end counts for nothing. A result that is one file is put together from its parts in the same way, at the end.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import IO, Any, Self

from quotes.archive.results import PART, Format, encoded, join
from quotes.archive.worker import Outcome

MANIFEST = "_manifest.jsonl"


class PartsError(Exception):
    """The output cannot be written, or was begun in another way; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Totals:
    """What a summary counts."""

    documents: int = 0
    words: int = 0
    quotes: int = 0
    flags: int = 0
    errors: int = 0

    def __add__(self, other: Totals) -> Totals:
        return Totals(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(Totals)))

    def __sub__(self, other: Totals) -> Totals:
        return Totals(*(getattr(self, field.name) - getattr(other, field.name) for field in fields(Totals)))

    @classmethod
    def of(cls, outcomes: Sequence[Outcome]) -> Totals:
        return cls(
            len(outcomes),
            sum(outcome.words for outcome in outcomes),
            sum(outcome.quotes for outcome in outcomes),
            sum(outcome.flags for outcome in outcomes),
            sum(outcome.failed for outcome in outcomes),
        )


class Parts:
    """The parts of one output. ``header`` says what is being scored and how; a run goes on only under the same.

    ``dataset`` keeps the parts as a folder, ``out``; else they stand in ``out.parts`` until ``out`` is made of them.
    """

    def __init__(self, out: Path, format: Format, header: Mapping[str, Any], *, dataset: bool, resume: bool) -> None:
        self.out, self.format, self.dataset = out, format, dataset
        self.folder = out if dataset else out.with_name(f"{out.name}.parts")
        self._header = json.loads(json.dumps({**header, "format": format, "dataset": dataset}))
        self._entries: list[dict[str, Any]] = []
        self.totals = Totals()
        self.done = False
        try:
            self._open(resume)
        except OSError as error:
            raise PartsError(f"{self.folder}: cannot be written ({error.strerror}); choose another -o") from error

    def _open(self, resume: bool) -> None:
        if (
            self.dataset
            and self.folder.is_dir()
            and not (self.folder / MANIFEST).exists()
            and any(self.folder.iterdir())
        ):
            raise PartsError(f"{self.folder}: a folder with other files in it; choose another -o")
        self.folder.mkdir(parents=True, exist_ok=True)
        self._manifest = (self.folder / MANIFEST).open("a+b")
        self._lock()
        lines = self._whole_lines()
        if lines and not resume:
            self._manifest.close()
            what = "holds a finished result" if "done" in lines[-1] else "holds a run that was not finished"
            raise PartsError(f"{self.folder}: {what}; add --resume to go on with it, or remove it")
        if not lines:
            self._add(self._header)
        elif lines[0] != self._header:
            self._manifest.close()
            changed = sorted(key for key in lines[0] | self._header if lines[0].get(key) != self._header.get(key))
            raise PartsError(
                f"{self.folder}: begun with other {', '.join(changed)}; give the same inputs and options, or remove it"
            )
        self._entries = [line for line in lines[1:] if "part" in line]
        self.done = bool(lines) and "done" in lines[-1]
        counts = [Totals(**{field.name: entry[field.name] for field in fields(Totals)}) for entry in self._entries]
        self.totals = sum(counts, Totals())
        if not self.done:
            self._sweep()

    def _lock(self) -> None:
        try:
            import fcntl
        except ImportError:  # not on Windows
            return
        try:
            fcntl.flock(self._manifest, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._manifest.close()
            raise PartsError(f"{self.folder}: another run is writing it; wait for it or choose another -o") from error

    def _whole_lines(self) -> list[dict[str, Any]]:
        """The manifest's lines; one that was cut short is removed."""
        self._manifest.seek(0)
        data = self._manifest.read()
        whole = data[: data.rfind(b"\n") + 1]
        if len(whole) < len(data):
            self._manifest.truncate(len(whole))
        try:
            return [json.loads(line) for line in whole.splitlines()]
        except ValueError as error:
            raise PartsError(f"{self.folder / MANIFEST}: damaged; remove the folder and score again") from error

    def _sweep(self) -> None:
        """Check that the parts are there, and remove what a run that was ended left beside them."""
        listed = {entry["part"]: entry["bytes"] for entry in self._entries}
        for name, size in listed.items():
            path = self.folder / name
            if not path.is_file() or path.stat().st_size != size:
                raise PartsError(f"{path}: missing or changed; remove {self.folder} and score again")
        for path in self.folder.iterdir():
            if path.name.startswith((".tmp-", "part-")) and path.name not in listed:
                path.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._manifest.close()

    def add(self, outcomes: Sequence[Outcome]) -> None:
        """Write the next part."""
        data = encoded([outcome.line for outcome in outcomes], self.format)
        name = f"{PART.format(len(self._entries))}.{self.format}"
        with _whole(self.folder / name) as file:
            file.write(data)
        totals = Totals.of(outcomes)
        entry = {"part": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest(), **asdict(totals)}
        self._add(entry)
        self._entries.append(entry)
        self.totals += totals

    def finish(self) -> None:
        """Make the output of its parts, unless they are the output."""
        if not self.done:
            if not self.dataset:
                with _whole(self.out) as file:
                    join([self.folder / entry["part"] for entry in self._entries], self.format, file)
            self._add({"done": asdict(self.totals)})
            self.done = True
        self._manifest.close()
        if not self.dataset:
            for path in self.folder.iterdir():
                if path.name != MANIFEST:  # it goes last: while it is there, it says that the output is done
                    path.unlink()
            shutil.rmtree(self.folder)

    def _add(self, line: Mapping[str, Any]) -> None:
        self._manifest.write(json.dumps(line, ensure_ascii=False).encode("utf-8") + b"\n")
        self._manifest.flush()
        os.fsync(self._manifest.fileno())


@contextmanager
def _whole(path: Path) -> Iterator[IO[bytes]]:
    """A file that appears under its name only once it is whole and on the disk."""
    temporary = path.with_name(f".tmp-{path.name}")
    try:
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
