"""What a Stanza pack is worth on the dev (or test) parts: the figures of its model card.

Words, sentences, UPOS and lemmas are scored from raw text by the CoNLL 2018 evaluation that Stanza ships, entities
by exact span and type; gold tokens where the words are given.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from quotes.analysis import Analyser, plain
from quotes.records import Analysis, Article
from quotes.train.corpora import TaggedSentence, TreebankSentence, newswire, paragraphs, read_uner, treebank

MAIN_TYPES = ("PERSON", "ORG", "LOC")

Figures = dict[str, float]


def measure(folder: Path, data: Path, part: str = "dev") -> dict[str, Figures]:
    """F1, rounded to four places, by corpus; ``part`` is dev or test."""
    analyse = Analyser(folder)
    figures = {
        name: from_raw_text(analyse, list(treebank(data, name, part)))
        | on_gold_words(folder, treebank(data, name, part))
        for name in ("en_ewt", "en_gum-permissive")
    }
    figures["worldwide newswire"] = entities(folder, newswire(data, part))
    figures["UNER EWT"] = entities(folder, read_uner(data / f"ner/uner-ewt-{part}.iob2.gz"))
    return {corpus: {name: round(value, 4) for name, value in row.items()} for corpus, row in figures.items()}


def from_raw_text(analyse: Analyser, sentences: list[TreebankSentence]) -> Figures:
    """CoNLL 2018 F1 of everything done by the pack from text; the gold is split into words as the pack splits."""
    from stanza.models.common.utils import ud_scores

    text = "\n\n".join(shown for shown, _ in paragraphs(sentences))
    gold = (
        [(plain(word.form), plain(word.lemma), word.upos, word.xpos) for word in sentence.words]
        for sentence in sentences
    )
    scores = ud_scores(io.StringIO(conllu(gold)), io.StringIO(conllu(_rows(analyse(Article("dev", text))))))
    named = {"words": "Words", "sentences": "Sentences", "UPOS": "UPOS", "XPOS": "XPOS", "lemmas": "Lemmas"}
    return {name: scores[theirs].f1 for name, theirs in named.items()}


def _rows(analysis: Analysis) -> Iterator[list[tuple[str, str, str, str]]]:
    for sentence in analysis.sentences:
        yield [(plain(token.text), token.lemma, token.upos, token.xpos) for token in sentence.tokens]


def conllu(sentences: Iterable[list[tuple[str, str, str, str]]]) -> str:
    """Rows of form, lemma, UPOS and XPOS as CoNLL-U, each word hanging from the one before."""
    lines = []
    for sentence in sentences:
        for place, (form, lemma, upos, xpos) in enumerate(sentence, 1):
            relation = "root" if place == 1 else "dep"
            lines.append("\t".join((str(place), form, lemma, upos, xpos, "_", str(place - 1), relation, "_", "_")))
        lines.append("")
    return "\n".join(lines) + "\n"


def on_gold_words(folder: Path, sentences: Iterable[TreebankSentence]) -> Figures:
    """Accuracy of UPOS and lemmas where words and sentences are given."""
    golds = list(sentences)
    found = _pretokenized(folder, "tokenize,pos,lemma", [[plain(word.form) for word in gold.words] for gold in golds])
    pairs = [
        (word, theirs)
        for gold, sentence in zip(golds, found.sentences, strict=True)
        for word, theirs in zip(gold.words, sentence.words, strict=True)
    ]
    right = Counter(word.upos == theirs.upos for word, theirs in pairs)[True]
    lemmas = Counter(plain(word.lemma) == theirs.lemma for word, theirs in pairs if word.lemma != "_")
    return {"UPOS on gold words": right / len(pairs), "lemmas on gold words": lemmas[True] / lemmas.total()}


def entities(folder: Path, sentences: Iterable[TaggedSentence]) -> Figures:
    """F1 of exact spans on gold words: of each type, and over persons, organizations and locations together."""
    golds = list(sentences)
    found = _pretokenized(folder, "tokenize,ner", [[plain(word) for word in gold.words] for gold in golds])
    marked = {(number, *span) for number, gold in enumerate(golds) for span in spans(gold.tags)}
    guessed = {
        (number, *span)
        for number, sentence in enumerate(found.sentences)
        for span in spans([_bio(token.ner) for token in sentence.tokens])
    }
    groups: dict[str, tuple[str, ...]] = {kind: (kind,) for kind in sorted({kind for *_, kind in marked})}
    groups |= {"PERSON, ORG, LOC": MAIN_TYPES, "all types": tuple(groups)}
    figures = {}
    for name, kinds in groups.items():
        gold, ours = ({span for span in spans_ if span[3] in kinds} for spans_ in (marked, guessed))
        figures[name] = 2 * len(gold & ours) / max(1, len(gold) + len(ours))
    return figures


def _bio(tag: str) -> str:
    return {"S": "B", "E": "I"}.get(tag[0], tag[0]) + tag[1:]


def spans(tags: Iterable[str]) -> Iterator[tuple[int, int, str]]:
    """Start, end and type of the entities of BIO tags."""
    start, kind = 0, ""
    place = -1
    for place, tag in enumerate(tags):
        if kind and tag != f"I-{kind}":
            yield start, place, kind
            kind = ""
        if tag != "O" and not kind:
            start, kind = place, tag[2:]
    if kind:
        yield start, place + 1, kind


def _pretokenized(folder: Path, processors: str, sentences: list[list[str]]) -> Any:
    import stanza

    pipeline = stanza.Pipeline(
        "en",
        dir=str(folder),
        processors=processors,
        download_method=None,
        use_gpu=False,
        logging_level="ERROR",
        tokenize_pretokenized=True,
        ner_batch_size=128,
    )
    return pipeline(sentences)
