"""Compare the two labelling passes, ``passes/first.jsonl`` and ``passes/second.txt``, and print the agreement.

The second pass is a list in words, made from the plain text; one attribution a line, in the order of the text:

    source | cue | speech letter and content | name [naming kind] | flags

A content is its words, or its first and last with ``~`` between; ``+`` parts several spans, ``-`` is none. Words are
found at the nearest fitting place of the text. Attributions are paired one to one where half of their contents' words
are the same (and, for relations, their sources overlap or both are absent): the relation measure of the project.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from scipy.optimize import linear_sum_assignment

SEEDS = Path(__file__).parent
WORD = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")
SPEECH = {"d": "direct", "m": "mixed", "i": "indirect"}
ROLES = ("cue", "sources", "contents")

Quote = dict[str, Any]
Place = tuple[int, int]


class PassError(ValueError):
    """A line of the second pass that does not fit its article."""


def places(text: str, words: str) -> list[Place]:
    """Every place of ``words`` in ``text``, at whole words, any blank matching any; ``first ~ last`` is a stretch."""
    first, _, last = (part.strip() for part in words.partition(" ~ "))
    found = [match.span() for match in re.finditer(pattern(first), text)]
    if not last:
        return found
    ends = [match.end() for match in re.finditer(pattern(last), text)]
    return [(start, min(after)) for start, end in found if (after := [e for e in ends if e > end])]


def pattern(words: str) -> str:
    inner = r"\s+".join(re.escape(word) for word in words.split())
    before = r"(?<!\w)" if words[0].isalnum() else ""
    after = r"(?!\w)" if words[-1].isalnum() else ""
    return before + inner + after


def distance(place: Place, others: Iterable[Place]) -> int:
    return min(max(start - place[1], place[0] - end, 0) for start, end in others)


def apart(place: Place, others: Iterable[Place]) -> bool:
    return all(place[1] <= start or end <= place[0] for start, end in others)


def located(text: str, listed: str, near: list[Place], line: str) -> list[Place]:
    """The place nearest to ``near`` of each of the words listed, never inside ``near``."""
    found = []
    for words in parts(listed):
        free = [place for place in places(text, words) if apart(place, near)]
        if not free:
            raise PassError(f"{words!r} is not found beside its content: {line}")
        found.append(min(free, key=lambda place: distance(place, near)))
    return found


def parts(listed: str) -> list[str]:
    return [] if listed == "-" else [words.strip() for words in listed.split(" + ")]


def read(line: str, text: str, cursor: int) -> Quote:
    """A line of the second pass as an attribution with places; its content begins at ``cursor`` or after."""
    try:
        source, cue, content, who, flags = (part.strip() for part in line.split(" | "))
    except ValueError as error:
        raise PassError(f"not five parts: {line}") from error
    contents: list[Place] = []
    for words in parts(content[2:]):
        start = contents[-1][1] if contents else cursor
        ahead = [place for place in places(text, words) if place[0] >= start]
        if not ahead:
            raise PassError(f"{words!r} is not found: {line}")
        contents.append(ahead[0])
    cues = located(text, cue, contents, line)
    told = re.fullmatch(r"(.+) \[(\w+) (\w+)\]", who)
    if told is None:
        raise PassError(f"who speaks? {line}")
    return {
        "speech": SPEECH[content[0]],
        "contents": contents,
        "cue": cues,
        "sources": located(text, source, cues or contents, line),
        "source_name": None if told[1] == "-" else told[1],
        "naming": told[2],
        "kind": told[3],
        "flags": {tuple(flag.split()) for flag in flags.split(", ") if flag != "-"},
    }


def second_pass(texts: dict[str, str]) -> dict[str, list[Quote]]:
    labels: dict[str, list[Quote]] = {}
    quotes: list[Quote] = []
    article = ""
    for line in (SEEDS / "passes" / "second.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            article = line[2:]
            quotes = labels.setdefault(article, [])
        elif line.strip():
            cursor = quotes[-1]["contents"][0][0] if quotes else 0
            try:
                quotes.append(read(line, texts[article], cursor))
            except PassError as error:
                raise PassError(f"{article}: {error}") from error
    return labels


def first_pass() -> dict[str, list[Quote]]:
    labels = {}
    for line in (SEEDS / "passes" / "first.jsonl").read_text(encoding="utf-8").splitlines():
        article = json.loads(line)
        labels[article["id"]] = [
            quote
            | {role: [(span["start"], span["end"]) for span in quote[role]] for role in ROLES}
            | {"flags": {(flag["code"], *filter(None, [flag.get("variety")])) for flag in quote["flags"]}}
            for quote in article["quotes"]
        ]
    return labels


def word_numbers(text: str) -> list[int | None]:
    """For each character of the text the number of its word, None between words."""
    numbers: list[int | None] = [None] * len(text)
    for number, match in enumerate(WORD.finditer(text)):
        numbers[match.start() : match.end()] = [number] * len(match[0])
    return numbers


def covered(numbers: list[int | None], spans: list[Place]) -> frozenset[int]:
    """Numbers of the words that the spans touch."""
    return frozenset(n for start, end in spans for n in numbers[start:end] if n is not None)


def paired(text: str, first: list[Quote], second: list[Quote], with_source: bool) -> list[tuple[Quote, Quote]]:
    """Attributions of the two passes one to one: contents' overlap over union at least a half, greatest sum."""
    if not first or not second:
        return []
    words = word_numbers(text)
    ours, theirs = (
        [{role: covered(words, quote[role]) for role in ROLES} for quote in side] for side in (first, second)
    )

    def weight(a: dict[str, frozenset[int]], b: dict[str, frozenset[int]]) -> float:
        overlap = len(a["contents"] & b["contents"]) / max(1, len(a["contents"] | b["contents"]))
        linked = bool(a["sources"] & b["sources"]) or not (a["sources"] or b["sources"])
        return overlap if overlap >= 0.5 and (linked or not with_source) else 0.0

    weights = [[weight(a, b) for b in theirs] for a in ours]
    rows, columns = linear_sum_assignment(weights, maximize=True)
    return [(first[i], second[j]) for i, j in zip(rows, columns, strict=True) if weights[i][j] > 0]


def f1(both: int, first: int, second: int) -> float:
    return 2 * both / (first + second) if first + second else 1.0


def agreement(texts: dict[str, str], first: dict[str, list[Quote]], second: dict[str, list[Quote]]) -> dict[str, float]:
    """Figures over the articles that both passes have: F1 for what is found, a share for what is chosen of pairs."""
    ids = sorted(first.keys() & second.keys())
    sizes = sum(len(first[i]) for i in ids), sum(len(second[i]) for i in ids)
    pairs = [pair for i in ids for pair in paired(texts[i], first[i], second[i], with_source=False)]
    linked = sum(len(paired(texts[i], first[i], second[i], with_source=True)) for i in ids)
    figures: dict[str, float] = {"articles": len(ids), "first": sizes[0], "second": sizes[1]}
    figures["relation F1"] = f1(linked, *sizes)
    figures["relation F1 without the source"] = f1(len(pairs), *sizes)
    for role in ROLES:
        spans = [{(i, place) for i in ids for quote in side[i] for place in quote[role]} for side in (first, second)]
        figures[f"{role} span F1"] = f1(len(spans[0] & spans[1]), len(spans[0]), len(spans[1]))
    for what in ("speech", "naming", "kind"):
        figures[f"same {what}"] = sum(a[what] == b[what] for a, b in pairs) / len(pairs)
    figures["same name"] = sum(same_name(a["source_name"], b["source_name"]) for a, b in pairs) / len(pairs)
    for code in sorted({flag[0] for i in ids for quote in first[i] + second[i] for flag in quote["flags"]}):
        figures[f"{code} F1"] = flag_f1(pairs, first, second, ids, lambda flag, code=code: flag[0] == code)  # type: ignore[misc]
    figures["garbled variety F1"] = flag_f1(pairs, first, second, ids, lambda flag: flag[0] == "garbled", whole=True)
    return figures


def same_name(first: str | None, second: str | None) -> bool:
    """Equal, or one holds the other: passes may call an unnamed source by more or fewer of its words."""
    if first is None or second is None:
        return first == second
    a, b = (set(WORD.findall(name.lower().replace("’", "'"))) - {"the", "a", "an"} for name in (first, second))
    return a <= b or b <= a


def flag_f1(
    pairs: list[tuple[Quote, Quote]],
    first: dict[str, list[Quote]],
    second: dict[str, list[Quote]],
    ids: list[str],
    wanted: Callable[[tuple[str, ...]], bool],
    whole: bool = False,
) -> float:
    """F1 of one flag over all attributions; ``whole`` wants the same variety too."""

    def flags(quote: Quote) -> set[tuple[str, ...]]:
        return {flag if whole else flag[:1] for flag in quote["flags"] if wanted(flag)}

    both = sum(len(flags(a) & flags(b)) for a, b in pairs)
    return f1(both, *(sum(len(flags(quote)) for i in ids for quote in side[i]) for side in (first, second)))


def main() -> None:
    labels = (SEEDS / "labels.jsonl").read_text(encoding="utf-8").splitlines()
    texts = {article["id"]: article["text"] for article in map(json.loads, labels)}
    print("\n".join(table(agreement(texts, first_pass(), second_pass(texts)))))


def table(figures: dict[str, float]) -> list[str]:
    """The figures as lines: what, and three places of a figure that is not a count."""
    return [f"{what:32} {n:.3f}" if isinstance(n, float) else f"{what:32} {n}" for what, n in figures.items()]


if __name__ == "__main__":
    main()
