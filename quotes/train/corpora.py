"""The corpora of the Stanza pack: treebanks, NER data and newswire, as sentences and as labelled paragraphs."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from quotes.analysis import plain

TREEBANKS = ("en_ewt", "en_gum-permissive")

# Of a character: inside a word, the last of a word, the last of a sentence.
LABEL_INSIDE, LABEL_WORD, LABEL_SENTENCE = "012"

# The newswire corpus's types, by the names that OntoNotes gave them.
NEWSWIRE_TYPES = {
    "Person": "PERSON",
    "Organization": "ORG",
    "Location": "LOC",
    "Facility": "FAC",
    "NORP": "NORP",
    "Date": "DATE",
    "Money": "MONEY",
    "Product": "PRODUCT",
    "Misc": "MISC",
}
PLAIN_TYPES = {"PER": "PERSON", "ORG": "ORG", "LOC": "LOC", "MISC": "MISC"}

CLOSING = ('"', "'", "''", "”", "’", ")")
LABEL_INSIDE, LABEL_WORD, LABEL_SENTENCE = "012"


@dataclass(frozen=True, slots=True)
class Word:
    """A syntactic word of a treebank; ``space`` is False where the next one follows without a space."""

    form: str
    lemma: str
    upos: str
    xpos: str
    space: bool


@dataclass(frozen=True, slots=True)
class TreebankSentence:
    words: tuple[Word, ...]
    opens_paragraph: bool


@dataclass(frozen=True, slots=True)
class TaggedSentence:
    """Words with BIO tags, by the names of :data:`NEWSWIRE_TYPES`."""

    words: tuple[str, ...]
    tags: tuple[str, ...]


def open_text(path: Path) -> Iterator[str]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from lines


def read_treebank(path: Path) -> Iterator[TreebankSentence]:
    """Sentences of a gzipped CoNLL-U file, multi-word tokens split into words where the words spell the token."""
    words: list[Word] = []
    opens = False
    surface, last, after = "", 0, True
    for line in open_text(path):
        line = line.rstrip("\n")
        if line.startswith("#"):
            opens = opens or line.startswith(("# newpar", "# newdoc"))
            continue
        if not line:
            if words:
                yield TreebankSentence(tuple(words), opens)
            words, opens, last = [], False, 0
            continue
        columns = line.split("\t")
        space = "SpaceAfter=No" not in columns[9]
        if "-" in columns[0]:
            surface, last, after = columns[1], int(columns[0].split("-")[1]), space
            continue
        if "." in columns[0]:
            continue
        form, place = columns[1], int(columns[0])
        if place <= last:  # inside a multi-word token: its words follow each other without a space
            form = form if surface.startswith(form) else surface[: len(form)]
            surface = surface[len(form) :]
            if place == last:
                form, space = form + surface, after
            else:
                space = False
        if not form:
            continue
        words.append(Word(form, columns[2], columns[3], columns[4], space))
    if words:
        yield TreebankSentence(tuple(words), opens)


def read_newswire(path: Path) -> Iterator[TaggedSentence]:
    """Sentences of the worldwide newswire NER data, whose blank lines mark paragraphs."""
    for block in _blocks(line for line in open_text(path) if not line.startswith("-DOCSTART-")):
        rows = [line.split("\t") for line in block]
        words = [row[0] for row in rows]
        tags = [_renamed(row[1], NEWSWIRE_TYPES) for row in rows]
        for start, end in sentence_bounds(words):
            yield TaggedSentence(tuple(words[start:end]), tuple(tags[start:end]))


def read_uner(path: Path) -> Iterator[TaggedSentence]:
    for block in _blocks(line for line in open_text(path) if not line.startswith("#")):
        rows = [line.split("\t") for line in block]
        yield TaggedSentence(tuple(row[1] for row in rows), tuple(_renamed(row[2], PLAIN_TYPES) for row in rows))


def read_wikigold(path: Path) -> Iterator[TaggedSentence]:
    for block in _blocks(line for line in open_text(path) if not line.startswith("-DOCSTART-")):
        rows = [line.split() for line in block]
        tags: list[str] = []
        for row in rows:  # IOB1: only an entity that touches another of its type begins with B-
            tag = _renamed(row[1], PLAIN_TYPES)
            begins = tag.startswith("I-") and (not tags or tags[-1][2:] != tag[2:])
            tags.append("B" + tag[1:] if begins else tag)
        yield TaggedSentence(tuple(row[0] for row in rows), tuple(tags))


def _blocks(lines: Iterable[str]) -> Iterator[list[str]]:
    block: list[str] = []
    for line in lines:
        if line.strip():
            block.append(line.rstrip("\n"))
        elif block:
            yield block
            block = []
    if block:
        yield block


def _renamed(tag: str, types: dict[str, str]) -> str:
    prefix, _, name = tag.partition("-")
    return f"{prefix}-{types[name]}" if name in types else "O"


def sentence_bounds(words: Sequence[str], glued: Sequence[bool] = ()) -> Iterator[tuple[int, int]]:
    """Where sentences stand in a tokenised paragraph: they end at . ? or ! with the closing marks that follow.

    ``glued`` says of each word whether it follows the one before without a space, which tells a closing mark from
    an opening one. What goes on in lower case ("Really?" he said) has not ended.
    """
    start = place = 0
    while place < len(words):
        if words[place] in (".", "?", "!", "...", "…"):
            while place + 1 < len(words) and words[place + 1] in CLOSING and (not glued or glued[place + 1]):
                place += 1
            if place + 1 == len(words) or not words[place + 1][0].islower():
                yield start, place + 1
                start = place + 1
        place += 1
    if start < len(words):
        yield start, len(words)


def held_out_articles(data: Path) -> set[str]:
    """Articles of the newswire dev and test parts, whose texts the vectors must not have seen."""
    return {
        line.split("\t")[1].strip().removesuffix(".txt")
        for part in ("dev", "test")
        for line in open_text(data / f"ner/worldwide-newswire-{part}.bio.gz")
        if line.startswith("-DOCSTART-")
    }


def news_lines(data: Path) -> Iterator[str]:
    """Lines of the unlabelled news (less the held-out articles) and of PolNeAR's training articles."""
    held, seen = held_out_articles(data), set()
    for file in ("news/worldwide-articles.jsonl.gz", "polnear/polnear-train.jsonl.gz"):
        for row in map(json.loads, open_text(data / file)):
            if row["id"] not in held and row["id"] not in seen:
                seen.add(row["id"])
                yield from row["text"].splitlines()


def paragraphs(sentences: Iterable[TreebankSentence]) -> Iterator[tuple[str, str]]:
    """Text and its labels, character by character: 1 ends a word, 2 a sentence, 0 neither."""
    text, labels = "", ""
    for sentence in sentences:
        if sentence.opens_paragraph and text:
            yield text.rstrip(), labels[: len(text.rstrip())]
            text, labels = "", ""
        for place, word in enumerate(sentence.words):
            last = place == len(sentence.words) - 1
            end = LABEL_SENTENCE if last else LABEL_WORD
            space = " " if word.space else ""
            text += plain(word.form) + space
            labels += LABEL_INSIDE * (len(word.form) - 1) + end + LABEL_INSIDE * len(space)
    if text:
        yield text.rstrip(), labels[: len(text.rstrip())]


def news_paragraphs(data: Path) -> Iterator[tuple[str, str]]:
    """The same from newswire: the NER data's words laid on the text they came from, line by line.

    A full stop is a word of its own there only where it ends a sentence; abbreviations keep theirs.
    """
    texts = {row["id"]: row["text"] for row in map(json.loads, open_text(data / "news/worldwide-articles.jsonl.gz"))}
    text, place = "", 0
    words: list[str] = []
    for line in open_text(data / "ner/worldwide-newswire-train.bio.gz"):
        if line.startswith("-DOCSTART-"):
            text, place = texts.get(line.split("\t")[1].strip().removesuffix(".txt"), ""), 0
        elif line.strip():
            words.append(line.split("\t")[0])
        elif words:
            words = mended(words)
            spans = lay(words, text, place)
            if spans is not None:
                first, place = spans[0][0], spans[-1][1]
                if "\n" not in text[first:place]:
                    yield plain(text[first:place]), _labels(words, spans)
            words = []


def mended(words: Sequence[str]) -> list[str]:
    """Words without spaces, their curly clitics whole: the newswire has ``mayor ’ s`` and ``don ’ t``."""
    found: list[str] = []
    for word in (piece for written in words for piece in written.split()):
        if found and found[-1] == "’" and word in ("s", "re", "ve", "ll", "d", "m", "S"):
            found[-1] += word
        elif found[1:] and found[-1] == "’" and word == "t" and found[-2][:-1] and found[-2].endswith("n"):
            found[-2:] = [found[-2][:-1], "n’t"]
        else:
            found.append(word)
    return found


def lay(words: Sequence[str], text: str, place: int) -> list[tuple[int, int]] | None:
    """Where words stand in a text from ``place`` on, nothing but white space between them; None where they don't."""
    spans: list[tuple[int, int]] = []
    start = text.find(words[0], place)
    for word in words:
        if start < 0 or not text.startswith(word, start):
            return None
        spans.append((start, start + len(word)))
        start += len(word)
        while start < len(text) and text[start].isspace():
            start += 1
    return spans


def _labels(words: Sequence[str], spans: Sequence[tuple[int, int]]) -> str:
    first = spans[0][0]
    labels = [LABEL_INSIDE] * (spans[-1][1] - first)
    for _, end in spans:
        labels[end - first - 1] = LABEL_WORD
    glued = [number > 0 and spans[number - 1][1] == start for number, (start, _) in enumerate(spans)]
    for _, after in sentence_bounds(words, glued):
        labels[spans[after - 1][1] - first - 1] = LABEL_SENTENCE
    return "".join(labels)


def treebank(data: Path, name: str, part: str) -> Iterator[TreebankSentence]:
    return read_treebank(data / f"ud/{name}-ud-{part}.conllu.gz")


def newswire(data: Path, part: str) -> Iterator[TaggedSentence]:
    return read_newswire(data / f"ner/worldwide-newswire-{part}.bio.gz")


def other_ner(data: Path) -> Iterator[TaggedSentence]:
    yield from read_uner(data / "ner/uner-ewt-train.iob2.gz")
    yield from read_wikigold(data / "ner/wikigold.conll.gz")
