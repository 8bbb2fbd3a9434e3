"""Who a pronoun or a nominal stands for, against gold: GAP (Webster et al. 2018) and OntoGUM (Zhu et al. 2021).

GAP gives a pronoun and two names; its F1 counts each of the two as one decision, and its bias is feminine F1 over
masculine. On OntoGUM each third-person pronoun and definite nominal that some earlier (or later) mention of its gold
chain may resolve is one decision: the entity found must be one of the same chain, "nobody" where there is none.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from quotes.records import Analysis, Entity
from quotes.resolve.mentions import Mention, View

FEMININE = frozenset(("she", "her", "hers"))
_SPLIT_HEADING = re.compile(r"^##\s+(\S+)", re.M)


@dataclass(frozen=True, slots=True)
class Pair:
    """A pronoun and two names of a GAP snippet: offsets in ``text``, and whether each is whom the pronoun stands for.

    ``title`` is the page's, from its address: what a headline is to an article.
    """

    id: str
    text: str
    pronoun: tuple[int, int]
    names: tuple[tuple[int, int], tuple[int, int]]
    right: tuple[bool, bool]
    title: str

    @property
    def feminine(self) -> bool:
        return self.text[slice(*self.pronoun)].lower() in FEMININE


@dataclass(frozen=True, slots=True)
class Chains:
    """A document with its gold chains: each a tuple of ``(start, end)`` offsets in ``text``."""

    id: str
    text: str
    chains: tuple[tuple[tuple[int, int], ...], ...]


@dataclass(frozen=True, slots=True)
class GapFigures:
    """F1 over the decisions of all pairs, of those with masculine and with feminine pronouns, and their ratio."""

    f1: float
    masculine: float
    feminine: float

    @property
    def bias(self) -> float:
        return self.feminine / self.masculine if self.masculine else 0.0


def gap(path: Path) -> Iterator[Pair]:
    """The pairs of a GAP file (.tsv or .tsv.gz)."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            at, a, b = (int(row[key]) for key in ("Pronoun-offset", "A-offset", "B-offset"))
            title = row["URL"].rsplit("/", 1)[-1].replace("_", " ")
            yield Pair(
                row["ID"],
                row["Text"],
                (at, at + len(row["Pronoun"])),
                ((a, a + len(row["A"])), (b, b + len(row["B"]))),
                (row["A-coref"].upper() == "TRUE", row["B-coref"].upper() == "TRUE"),
                re.sub(r"\s*\(.*\)$", "", title),
            )


def gap_figures(pairs: Sequence[Pair], decisions: Sequence[tuple[bool, bool]]) -> GapFigures:
    """Score decisions (A right, B right) for each pair, as GAP's own scorer does."""

    def f1(which: Sequence[int]) -> float:
        answers = [(decisions[n][k], pairs[n].right[k]) for n in which for k in (0, 1)]
        hit = sum(said and right for said, right in answers)
        said, right = sum(one for one, _ in answers), sum(one for _, one in answers)
        return 2 * hit / (said + right) if said + right else 0.0

    everyone = range(len(pairs))
    return GapFigures(
        f1(everyone), f1([n for n in everyone if not pairs[n].feminine]), f1([n for n in everyone if pairs[n].feminine])
    )


def splits(path: Path) -> dict[str, str]:
    """Document names to their split, from GUM's own list (``## dev``, ``* GUM_news_iodine``)."""
    parts = _SPLIT_HEADING.split(path.read_text(encoding="utf-8"))
    return {
        name: split
        for split, names in zip(parts[1::2], parts[2::2], strict=True)
        for name in re.findall(r"\*\s+(\S+)", names)
    }


def ontogum(archive: Path, split_list: Path, split: str) -> Iterator[Chains]:
    """The documents of one split; those in no list are "train"."""
    known = splits(split_list)
    with tarfile.open(archive) as files:
        for member in sorted(files.getmembers(), key=lambda one: one.name):
            name = Path(member.name).stem
            listed = known.get(name, "test2" if name.startswith("GENTLE") else "train")
            if member.isfile() and member.name.endswith(".conllu") and listed == split:
                file = files.extractfile(member)
                if file is not None:
                    yield chains(name, io.TextIOWrapper(file, encoding="utf-8").read())


def chains(name: str, conllu: str) -> Chains:
    """A conllu document with ``Entity=(1 … 1)`` in its last column, as text and chains."""
    text = ""
    spans: dict[str, list[tuple[int, int]]] = {}
    opened: dict[str, list[int]] = {}
    gap = ""
    covered = 0  # the last word of a multi-word token whose text stands already
    for line in conllu.splitlines():
        if line.startswith("# newpar") and text:
            gap = "\n\n"
        if not line or line.startswith("#"):
            if not line and gap == "":
                gap = " "
            continue
        number, form, *_, misc = line.split("\t")
        if "." in number:
            continue
        if "-" in number:
            text += gap if text else ""
            covered = int(number.split("-")[1])
            start = len(text)
            text += form
            gap = "" if "SpaceAfter=No" in misc else " "
            end = len(text)
            inside = start
            continue
        place = int(number)
        if covered >= place:
            at = text.find(form, inside, end)
            start = at if at >= 0 else inside
            stop = start + len(form) if at >= 0 else end
            inside = stop
        else:
            covered = 0
            text += gap if text else ""
            start = len(text)
            text += form
            stop = len(text)
            gap = "" if "SpaceAfter=No" in misc else " "
        entity = re.search(r"(?:^|\|)Entity=([^|]+)", misc)
        if entity is None:
            continue
        for mark in re.findall(r"\(\d+[^()]*\)?|\d+\)", entity.group(1)):
            key = re.search(r"\d+", mark)
            assert key is not None
            if mark.startswith("("):
                opened.setdefault(key.group(), []).append(start)
            if mark.endswith(")") and opened.get(key.group()):
                spans.setdefault(key.group(), []).append((opened[key.group()].pop(), stop))
    return Chains(name, text, tuple(tuple(sorted(one)) for one in spans.values()))


def with_names(pair: Pair, analysis: Analysis) -> Analysis:
    """The analysis of a pair's text (behind its title) with the two given names as entities."""
    shift = len(analysis.text) - len(pair.text)
    given = [
        Entity(start + shift, end + shift, analysis.text[start + shift : end + shift], "PERSON")
        for start, end in pair.names
    ]
    kept = [one for one in analysis.entities if all(one.end <= name.start or one.start >= name.end for name in given)]
    return replace(analysis, entities=tuple(sorted((*kept, *given), key=lambda one: (one.start, one.end))))


def places(
    pair: Pair, analysis: Analysis, seen: View, found: Sequence[Mention]
) -> tuple[int | None, tuple[int | None, int | None]]:
    """The mentions that are a pair's pronoun and its two names."""
    shift = len(analysis.text) - len(pair.text)
    starts = [(seen.tokens[one.start].start - shift, seen.tokens[one.head].end - shift) for one in found]
    pronoun = next(
        (n for n, one in enumerate(found) if one.form == "pronoun" and starts[n][0] == pair.pronoun[0]), None
    )
    a, b = (
        next(
            (n for n, one in enumerate(found) if one.form == "name" and starts[n][0] < end and start < starts[n][1]),
            None,
        )
        for start, end in pair.names
    )
    return pronoun, (a, b)


@dataclass(frozen=True, slots=True)
class ChainFigures:
    """Of ``anaphors`` the share that is right; how many were linked, and the share of these that is right."""

    anaphors: int
    right: float
    linked: int
    precision: float


def chain_figures(judged: Sequence[tuple[bool, bool]]) -> ChainFigures:
    """Figures from ``(right, linked)`` for each anaphor."""
    linked = [right for right, was_linked in judged if was_linked]
    return ChainFigures(
        len(judged),
        sum(right for right, _ in judged) / max(1, len(judged)),
        len(linked),
        sum(linked) / max(1, len(linked)),
    )
