"""Articles to analyses: sentences, words, tags, lemmas and entities, by Stanza. No other module imports Stanza.

The text that Stanza reads has one plain character for each odd one, and is cut at its line breaks: a headline, a
caption or a menu entry has no full stop, and would otherwise run into what follows. Offsets come back to the
article's own text exactly.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from inspect import unwrap
from itertools import accumulate, islice, pairwise
from operator import and_
from pathlib import Path
from typing import Any

from quotes import artifacts
from quotes.records import Analysis, Article, Entity, Sentence, Token
from quotes.tokens import mended

MODEL = "stanza-en"
PROCESSORS = "tokenize,pos,lemma,ner"

PARAGRAPH = 3000
"""Characters that Stanza gets in one paragraph at most; longer lines are cut between sentences, else between words."""

BLOCK = 12_000
"""Characters that Stanza gets at once: enough to fill its batches, little enough for the processor's cache."""

_PLAIN = {
    **dict.fromkeys("“”„‟«»″＂", '"'),
    **dict.fromkeys("‘’‚‛′ʼ＇`´", "'"),
    **dict.fromkeys("\u2010\u2011", "-"),
    **dict.fromkeys(
        "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "
    ),
    **dict.fromkeys("\u200b\u200e\u200f\u2060\ufeff", " "),
    **dict.fromkeys(map(chr, (*range(9), *range(14, 28), 31, 127, *range(0x80, 0x85), *range(0x86, 0xA0))), " "),
}
_TABLE = str.maketrans(_PLAIN) | dict.fromkeys(range(0xD800, 0xE000), "\ufffd")  # lone surrogates: no model knows them

_LINE = re.compile(r"[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
_SPACES = re.compile(r"\s*")
_ENDED = re.compile(r"[.!?:;\"')\]]$")
_SENTENCE_GAP = re.compile(r"[.!?][\"')\]]*\s+(?=[\"'(\[]?[A-Z0-9])")

# Names of entity types in other inventories, for users of Stanza's official models.
_TYPES = {"GPE": "LOC", "PER": "PERSON"}


def plain(text: str) -> str:
    """The text with typographic quotation marks made straight and odd spaces plain; its length is the same."""
    return text.translate(_TABLE)


def paragraphs(text: str) -> list[tuple[int, int]]:
    """Where the paragraphs of a plain text stand: its lines, the long ones cut, white space outside.

    A line that begins in lower case right under one that has not ended goes on with it. Where several do, the text
    is wrapped at a column, and any line goes on with a full one that has not ended.
    """
    lines = [_stripped(text, *match.span()) for match in _LINE.finditer(text)]
    lines = [(start, end) for start, end in lines if start < end]
    width = max((end - start for start, end in lines), default=0)
    open_below = [
        not _ENDED.search(text, above[1] - 1, above[1])
        and text[above[1] : below[0]].strip(" \t") in ("\n", "\r\n", "\r")
        for above, below in pairwise(lines)
    ]
    begins_low = [text[start].islower() for start, _ in lines[1:]]
    wrapped = width <= 120 and sum(map(and_, open_below, begins_low)) >= 3
    found = lines[:1]
    for (above, below), is_open, low in zip(pairwise(lines), open_below, begins_low, strict=True):
        full = wrapped and above[1] - above[0] > 0.7 * width
        if is_open and (low or full):
            found[-1] = found[-1][0], below[1]
        else:
            found.append(below)
    return [piece for start, end in found for piece in _cut(text, start, end)]


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    start = min(_SPACES.match(text, start).end(), end)  # type: ignore[union-attr]
    return start, start + len(text[start:end].rstrip())


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > PARAGRAPH:
        limit = start + PARAGRAPH
        gaps = [match.end() for match in _SENTENCE_GAP.finditer(text, start, limit)]
        at = gaps[-1] if gaps else text.rfind(" ", start, limit) + 1 or limit
        yield _stripped(text, start, at)
        start = min(_SPACES.match(text, at).end(), end)  # type: ignore[union-attr]
    if start < end:
        yield start, end


class Analyser:
    """Stanza's Pipeline on one core, from a folder of models laid out as Stanza lays them out.

    ``folder`` None is the pack that travels with the package; a user who has Stanza's official models can name their
    folder. Nothing is ever downloaded. Raises ArtifactError where the models are missing or damaged.
    """

    def __init__(self, folder: Path | None = None, processors: str = PROCESSORS) -> None:
        if folder is None:
            folder = artifacts.load(MODEL).folder
        elif (folder / artifacts.MANIFEST).is_file():
            artifacts.check(folder)
        elif not (folder / "resources.json").is_file():
            raise artifacts.ArtifactError(f"no Stanza models in {folder}: it has no resources.json")
        import stanza

        with _one_thread(), _no_compiler():
            self._stanza = stanza.Pipeline(
                "en",
                dir=str(folder),
                processors=processors,
                download_method=None,
                use_gpu=False,
                logging_level="ERROR",
            )
        # Where multi-word tokens are told apart, the models cut words in their own way, and it stays theirs.
        self._mends = "mwt" not in self._stanza.processors
        self._tags = [name for name in self._stanza.processors if name not in ("tokenize", "mwt", "lemma")]

    def __call__(self, article: Article) -> Analysis:
        return next(self.pipe([article], 1))

    def pipe(self, articles: Iterable[Article], batch: int = 32) -> Iterator[Analysis]:
        """Analyses in the order of the articles, ``batch`` articles at a time."""
        stream = iter(articles)
        while group := list(islice(stream, batch)):
            yield from self._analyse(group)

    def _analyse(self, group: Sequence[Article]) -> Iterator[Analysis]:
        texts = [plain(article.text) for article in group]
        pieces = [(number, *piece) for number, text in enumerate(texts) for piece in paragraphs(text)]
        sentences: list[list[Sentence]] = [[] for _ in group]
        entities: list[list[Entity]] = [[] for _ in group]
        for block in _blocks(pieces):
            shown = "\n\n".join(texts[number][start:end] for number, start, end in block)
            with _one_thread():
                document = self._stanza(shown, processors=["tokenize"])
                if self._mends:
                    _mend(document)
                document = self._stanza(document, processors=self._tags)
                self._lemmatise(document)
            starts = list(accumulate((end - start + 2 for _, start, end in block), initial=0))
            for sentence in document.sentences:
                place = bisect_right(starts, sentence.tokens[0].start_char) - 1
                number, start, _ = block[place]
                text, shift = group[number].text, start - starts[place]
                if tokens := tuple(_tokens(sentence, text, shift)):
                    sentences[number].append(Sentence(tokens[0].start, tokens[-1].end, tokens))
                for found in sentence.ents:
                    first, last = found.start_char + shift, found.end_char + shift
                    entities[number].append(Entity(first, last, text[first:last], _TYPES.get(found.type, found.type)))
        for article, said, named in zip(group, sentences, entities, strict=True):
            yield Analysis(article, tuple(said), tuple(named))

    def _lemmatise(self, document: Any) -> None:
        """Lemmas from the dictionary where it has the word; Stanza's processor gets each other word once, not all.

        It asks the dictionary too, but only after it has prepared every word for its sequence model.
        """
        from stanza.models.common.doc import Document

        lemma = self._stanza.processors.get("lemma")
        if lemma is None:
            return
        trainer = lemma.trainer
        if trainer is None or trainer.has_contextual_lemmatizers() or not lemma.config.get("ensemble_dict"):
            lemma.process(document)
            return
        words = [word for sentence in document.sentences for word in sentence.words]
        pairs = [(word.text, word.upos) for word in words]
        known = trainer.skip_seq2seq(pairs)
        unknown = dict.fromkeys(pair for pair, is_known in zip(pairs, known, strict=True) if not is_known)
        said = {}
        if unknown:
            rows = [{"id": place, "text": text, "upos": upos} for place, (text, upos) in enumerate(unknown, 1)]
            asked = lemma.process(Document([rows]))
            said = {pair: word.lemma for pair, word in zip(unknown, asked.sentences[0].words, strict=True)}
        for word, pair, found in zip(words, pairs, trainer.predict_dict(pairs), strict=True):
            word.lemma = said.get(pair, found)


def _mend(document: Any) -> None:
    """Lay the words of a tokenised document as the treebanks do; its sentences stay where they are."""
    from stanza.models.common.doc import Sentence as Words

    for place, sentence in enumerate(document.sentences):
        found = [(token.start_char, token.end_char) for token in sentence.tokens]
        wanted = mended(document.text, found)
        if wanted is found:
            continue
        texts = {bounds: token.text for bounds, token in zip(found, sentence.tokens, strict=True)}
        rows = [
            {
                "id": number,
                "text": texts.get((start, end), document.text[start:end]),
                "start_char": start,
                "end_char": end,
            }
            for number, (start, end) in enumerate(wanted, 1)
        ]
        document.sentences[place] = Words(rows, doc=document)
    document.num_tokens = document.num_words = sum(len(sentence.words) for sentence in document.sentences)


def _tokens(sentence: Any, text: str, shift: int) -> Iterator[Token]:
    """Stanza's words at their places in the article; a word that has no place of its own stands for its token."""
    for token in sentence.tokens:
        placed = all(word.start_char is not None for word in token.words)
        for word in token.words if placed else token.words[:1]:
            spot = word if placed else token
            start, end = spot.start_char + shift, spot.end_char + shift
            yield Token(
                start,
                end,
                text[start:end],
                word.lemma or word.text,
                word.upos or "X",
                word.xpos or "",
                word.feats or "",
            )


def _blocks(pieces: Iterable[tuple[int, int, int]]) -> Iterator[list[tuple[int, int, int]]]:
    block: list[tuple[int, int, int]] = []
    size = 0
    for number, start, end in pieces:
        if size + end - start > BLOCK and block:
            yield block
            block, size = [], 0
        block.append((number, start, end))
        size += end - start
    if block:
        yield block


@contextmanager
def _no_compiler() -> Iterator[None]:
    """Stanza makes optimizers even for models that it only loads, and for the first parameters given to one torch
    imports its compiler, to keep it off: a fifth of a cold start. The method is called as it is instead."""
    from torch.optim import Optimizer

    wrapped = Optimizer.add_param_group
    Optimizer.add_param_group = unwrap(wrapped)  # type: ignore[method-assign]
    try:
        yield
    finally:
        Optimizer.add_param_group = wrapped  # type: ignore[method-assign]


@contextmanager
def _one_thread() -> Iterator[None]:
    """Narrow LSTMs gain nothing from more, and so the figures are the same however many jobs share the machine."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
