"""Reading the corpora of the Stanza pack, on small ones of our own."""

from __future__ import annotations

import gzip
from pathlib import Path

from quotes.train.corpora import (
    lay,
    mended,
    paragraphs,
    read_newswire,
    read_treebank,
    read_uner,
    read_wikigold,
    sentence_bounds,
)
from quotes.train.stanza_figures import conllu, spans

TREEBANK = """\
# newdoc id = a
# text = The mayor's men don't know.
1\tThe\tthe\tDET\tDT\t_\t2\tdet\t_\t_
2-3\tmayor's\t_\t_\t_\t_\t_\t_\t_\t_
2\tmayor\tmayor\tNOUN\tNN\t_\t4\tnmod\t_\t_
3\t's\t's\tPART\tPOS\t_\t2\tcase\t_\t_
4\tmen\tman\tNOUN\tNNS\t_\t7\tnsubj\t_\t_
5-6\tdon't\t_\t_\t_\t_\t_\t_\t_\t_
5\tdo\tdo\tAUX\tVBP\t_\t7\taux\t_\t_
6\tn't\tnot\tPART\tRB\t_\t7\tadvmod\t_\t_
7\tknow\tknow\tVERB\tVB\t_\t0\troot\t_\tSpaceAfter=No
7.1\tit\tit\tPRON\tPRP\t_\t_\t_\t_\t_
8\t.\t.\tPUNCT\t.\t_\t7\tpunct\t_\t_

# text = No.
1\tNo\tno\tINTJ\tUH\t_\t0\troot\t_\tSpaceAfter=No
2\t.\t.\tPUNCT\t.\t_\t1\tpunct\t_\t_
"""


def packed(folder: Path, text: str) -> Path:
    path = folder / "corpus.gz"
    path.write_bytes(gzip.compress(text.encode()))
    return path


def test_multi_word_tokens_become_words_that_follow_without_a_space(tmp_path: Path) -> None:
    sentences = list(read_treebank(packed(tmp_path, TREEBANK)))
    assert [word.form for word in sentences[0].words] == ["The", "mayor", "'s", "men", "do", "n't", "know", "."]
    ((text, labels),) = paragraphs(sentences)
    assert text == "The mayor's men don't know. No."
    assert labels == "001000001010001001001000012" + "0012"


def test_sentences_end_after_closing_marks_but_not_before_lower_case() -> None:
    words = ["Really", "?", '"', "he", "said", ".", '"', "Yes", ".", '"', "No", "end"]
    assert list(sentence_bounds(words)) == [(0, 7), (7, 10), (10, 12)]
    glued = [False] * len(words)  # no mark closes: each opens the sentence after it
    assert list(sentence_bounds(words, glued))[-1] == (9, 12)


def test_curly_clitics_are_mended() -> None:
    assert mended(["mayor", "’", "s", "men", "don", "’", "t", "10 a.m.", "‘", "s"]) == [
        *("mayor", "’s", "men", "do", "n’t", "10", "a.m.", "‘", "s")
    ]


def test_words_are_laid_on_their_text_or_not_at_all() -> None:
    assert lay(["He", "left", "."], "So. He\nleft.", 3) == [(4, 6), (7, 11), (11, 12)]
    assert lay(["He", "stayed"], "He left.", 0) is None


def test_entity_corpora_share_their_names_of_types(tmp_path: Path) -> None:
    newswire = "-DOCSTART-\ta.txt\n\nAna\tB-Person\nlives\tO\n.\tO\nIn\tO\nRome\tB-Location\n.\tO\n"
    assert [sentence.tags for sentence in read_newswire(packed(tmp_path, newswire))] == [
        ("B-PERSON", "O", "O"),
        ("O", "B-LOC", "O"),
    ]
    assert next(read_uner(packed(tmp_path, "# a\n1\tAna\tB-PER\t-\t-\n2\tOTH\tB-OTH\t-\t-\n"))).tags == (
        "B-PERSON",
        "O",
    )
    assert next(read_wikigold(packed(tmp_path, "Ana I-PER\nSilva I-PER\nRome I-LOC\n"))).tags == (
        *("B-PERSON", "I-PERSON", "B-LOC"),
    )


def test_spans_of_tags() -> None:
    assert list(spans(["B-LOC", "I-LOC", "B-LOC", "O", "I-ORG"])) == [(0, 2, "LOC"), (2, 3, "LOC"), (4, 5, "ORG")]


def test_conllu_rows() -> None:
    assert conllu([[("No", "no", "INTJ", "UH")]]) == "1\tNo\tno\tINTJ\tUH\t_\t0\troot\t_\t_\n\n"
