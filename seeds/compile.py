"""Compile the marked articles into ``articles/*.txt`` and ``labels.jsonl``: offsets are computed, never typed.

The mark-up is described in GUIDELINE.md. Run ``python seeds/compile.py`` after every change; a test holds that what is
committed is what compiles.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SEEDS = Path(__file__).parent
OPENING = re.compile(r"\{((?:\d+[scdmi])(?:,\d+[scdmi])*|[a-z]) ")
SOURCE_LINE = re.compile(r"(?P<name>.+?) \[(?P<naming>\w+) (?P<kind>\w+)\]:? (?P<quotes>[\d ]+)")
FLAG_LINE = re.compile(
    r"(?P<quotes>\d+(?: \d+)*) (?P<code>[a-z_]+)(?: (?P<variety>[a-z]{2,}))?(?: (?P<at>[a-z](?: [a-z])*))?"
)
CANDIDATES_LINE = re.compile(r"(?P<quotes>\d+) candidates: (?P<names>.+)")
SPEECH = {"d": "direct", "m": "mixed", "i": "indirect"}
NAMING = ("named", "described", "vague", "none")
KINDS = ("person", "organization", "group", "document", "unknown")
DAMAGE = ("spun", "cut", "scrambled")
VARIETIES = ("truncated", "marks", "stray", "spliced", "repeated", "missing", "spun")
CODES = ("orphaned", "garbled", "vague_source", "ambiguous_source", "unresolved_reference", "secondhand", "unsourced")
# Where a flag line names no evidence, these spans of its attribution are the evidence, the first that there are.
EVIDENCE = {
    "orphaned": ("contents",),
    "unsourced": ("cue", "contents"),
    "secondhand": ("cue", "sources"),
    "vague_source": ("sources",),
    "ambiguous_source": ("sources",),
    "unresolved_reference": ("sources",),
}

Quote = dict[str, Any]


class MarkupError(ValueError):
    """A marked article that cannot be compiled; the message names the file and the place."""


@dataclass
class Marked:
    """An article with its mark-up taken out: the text, spans by attribution and role, evidence by letter."""

    text: str
    spans: dict[tuple[int, str], list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    evidence: dict[str, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))


def unmark(marked: str, where: str) -> Marked:
    """Take the braces out of ``marked`` and keep what they said; ``␣`` stands for a no-break space."""
    found = Marked("")
    pieces: list[str] = []
    length = at = 0
    open_marks: list[tuple[list[str], int]] = []
    while at < len(marked):
        if opening := OPENING.match(marked, at):
            open_marks.append((opening[1].split(","), length))
            at = opening.end()
        elif marked[at] == "}":
            if not open_marks:
                raise MarkupError(f"{where}: a closing brace too many after {''.join(pieces)[-40:]!r}")
            labels, start = open_marks.pop()
            for label in labels:
                if label.isalpha():
                    found.evidence[label].append((start, length))
                else:
                    found.spans[int(label[:-1]), label[-1]].append((start, length))
            at += 1
        elif marked[at] == "{":
            raise MarkupError(f"{where}: not a mark: {marked[at : at + 30]!r}")
        else:
            pieces.append("\u00a0" if marked[at] == "␣" else marked[at])
            length += 1
            at += 1
    if open_marks:
        raise MarkupError(
            f"{where}: never closed: {open_marks[-1][0]} after {''.join(pieces)[: open_marks[-1][1]][-40:]!r}"
        )
    found.text = "".join(pieces)
    return found


def numbers(listed: str) -> list[int]:
    return [int(number) for number in listed.split()]


def compiled(path: Path) -> dict[str, Any]:
    """One marked article as a line of labels.jsonl."""
    where = path.name
    parts = path.read_text(encoding="utf-8").split("\n===\n")
    if len(parts) != 3:
        raise MarkupError(f"{where}: head, text and labels stand apart by two lines ===, {len(parts)} parts found")
    head = dict(line.split(": ", 1) for line in parts[0].splitlines())
    marked = unmark(parts[1], where)
    if head.get("newline") == "crlf":
        marked = with_crlf(marked)
    quotes = attributions(marked, where)
    read_labels(parts[2], quotes, marked, where)
    damage = head["damage"]
    if damage not in (*DAMAGE, "none"):
        raise MarkupError(f"{where}: damage: {damage}")
    ordered = sorted(quotes.values(), key=lambda quote: [span["start"] for span in quote["contents"]])
    return {
        "id": path.stem,
        "register": head["register"],
        "damage": None if damage == "none" else damage,
        "text": marked.text,
        "quotes": [{"id": f"q{number}", **quote} for number, quote in enumerate(ordered, 1)],
    }


def with_crlf(marked: Marked) -> Marked:
    """The same article with CR LF line ends."""
    shift = [0]
    for character in marked.text:
        shift.append(shift[-1] + (2 if character == "\n" else 1))
    moved = Marked(marked.text.replace("\n", "\r\n"))
    for key, spans in marked.spans.items():
        moved.spans[key] = [(shift[start], shift[end]) for start, end in spans]
    for letter, spans in marked.evidence.items():
        moved.evidence[letter] = [(shift[start], shift[end]) for start, end in spans]
    return moved


def as_spans(text: str, places: list[tuple[int, int]]) -> list[dict[str, Any]]:
    return [{"start": start, "end": end, "text": text[start:end]} for start, end in sorted(places)]


def attributions(marked: Marked, where: str) -> dict[int, Quote]:
    quotes: dict[int, Quote] = {}
    for number in sorted({number for number, _ in marked.spans}):
        letters = {letter for letter in SPEECH if marked.spans.get((number, letter))}
        if not letters:
            raise MarkupError(f"{where}: attribution {number} has no content")
        speech = SPEECH[letters.pop()] if len(letters) == 1 else "mixed"
        contents = [place for letter in SPEECH for place in marked.spans.get((number, letter), [])]
        quotes[number] = {
            "speech": speech,
            "cue": as_spans(marked.text, marked.spans.get((number, "c"), [])),
            "sources": as_spans(marked.text, marked.spans.get((number, "s"), [])),
            "contents": as_spans(marked.text, contents),
            "source_name": None,
            "naming": None,
            "kind": None,
            "candidates": [],
            "flags": [],
        }
    return quotes


def read_labels(lines: str, quotes: dict[int, Quote], marked: Marked, where: str) -> None:
    """Read who speaks and the flags into ``quotes``: every attribution has one speaker line, or the line ``-``."""
    for line in filter(None, lines.splitlines()):
        if told := CANDIDATES_LINE.fullmatch(line):
            quotes[int(told["quotes"])]["candidates"] = told["names"].split("; ")
        elif told := FLAG_LINE.fullmatch(line):
            for number in numbers(told["quotes"]):
                quotes[number]["flags"].append(flag(told, quotes[number], marked, where))
        elif told := SOURCE_LINE.fullmatch(line):
            if told["naming"] not in NAMING or told["kind"] not in KINDS:
                raise MarkupError(f"{where}: {line}")
            for number in numbers(told["quotes"]):
                if number not in quotes or quotes[number]["naming"]:
                    raise MarkupError(f"{where}: {number} is no attribution, or has two speakers: {line}")
                name = None if told["name"] == "-" else told["name"]
                quotes[number] |= {"source_name": name, "naming": told["naming"], "kind": told["kind"]}
        else:
            raise MarkupError(f"{where}: cannot read the line {line!r}")
    if silent := [number for number, quote in quotes.items() if quote["naming"] is None]:
        raise MarkupError(f"{where}: nobody is named for {silent}")


def flag(told: re.Match[str], quote: Quote, marked: Marked, where: str) -> dict[str, Any]:
    code, variety, letters = told["code"], told["variety"], told["at"]
    if code not in CODES or (code == "garbled") != (variety in VARIETIES):
        raise MarkupError(f"{where}: {told[0]}")
    if letters:
        spans = as_spans(marked.text, [place for letter in letters.split() for place in marked.evidence[letter]])
    else:
        spans = next((quote[role] for role in EVIDENCE.get(code, ()) if quote[role]), [])
    if not spans:
        raise MarkupError(f"{where}: no evidence for {told[0]}")
    return {"code": code} | ({"variety": variety} if variety else {}) | {"spans": spans}


def collection(folder: Path = SEEDS / "marked") -> list[dict[str, Any]]:
    """Every marked article, by id."""
    return [compiled(path) for path in sorted(folder.glob("*.txt"))]


def lines(articles: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(article, ensure_ascii=False) + "\n" for article in articles)


def main() -> None:
    articles = collection()
    (SEEDS / "articles").mkdir(exist_ok=True)
    for article in articles:
        (SEEDS / "articles" / f"{article['id']}.txt").write_text(article["text"], encoding="utf-8", newline="")
    (SEEDS / "labels.jsonl").write_text(lines(articles), encoding="utf-8")
    quotes = [quote for article in articles for quote in article["quotes"]]
    damaged = sum(article["damage"] is not None for article in articles)
    print(f"{len(articles)} articles ({damaged} damaged), {len(quotes)} attributions")


if __name__ == "__main__":
    main()
