"""The rules of words, on words as a tokenizer may cut them."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quotes.tokens import LONGEST, Bounds, mended

# What the tokenizer makes of a sentence, and what it should: words end at spaces and at bars, which are not there.
CUT = {
    "a prefix is no word": ("a non|-|profit group", "a non-profit group"),
    "nor is one before a number": ("since mid|-|1994", "since mid-1994"),
    "whatever follows": ("pro|-|choice|-|minded", "pro-choice|-|minded"),
    "before a name it is": ("the pro|-|Lisbon camp", "the pro|-|Lisbon camp"),
    "a word that begins like a prefix": ("a pretty|-|looking town", "a pretty|-|looking town"),
    "e-mail is one word": ("an E|-|mail", "an E-mail"),
    "cannot is two": ("He cannot go|.", "He can|not go|."),
    "an address ends before its marks": (
        "(|see https://example.org/a_(b)?c=1).",
        "(|see https://example.org/a_(b)?c=1|)|.",
    ),
    "so does one in brackets": ("<|www.example.org>", "<|www.example.org|>"),
    "so does a mailbox": ("Silva <|a.silva@example.org> wrote", "Silva <|a.silva@example.org|> wrote"),
    "a title has its stop": ("Gov|. Silva of St|. Paul", "Gov. Silva of St. Paul"),
    "a sentence its own": ("Turn left at the St|.", "Turn left at the St|."),
    "an initial": ("Ana B|. Silva", "Ana B. Silva"),
    "a firm": ("Silva Corp|. said", "Silva Corp. said"),
    "two stops": ("Silva Inc|..", "Silva Inc.|."),
    "a country": ("the U.S|. army", "the U.S. army"),
    "a month": ("on Nov|. 4", "on Nov. 4"),
    "a decade": ("the 1990|s and 50|'s", "the 1990s and 50's"),
    "the hour": ("at 5:30pm|.", "at 5:30|pm|."),
    "years and scores": ("in 1994-1998|, 10-12", "in 1994|-|1998|, 10|-|12"),
    "a telephone number": ("call 555-0123", "call 555-0123"),
    "runs of marks": ("what|?|! -|- no|.|. $|$|$ **end", "what|?! -- no|.. $$$ **|end"),
    "a shortened mailbox": ("a...@example.org", "a...@example.org"),
    "a face": ("fine :|-|)", "fine :-)"),
}

PIECES = (
    *("non-", "e-", "can", "not", "U.S.", "www.", "a", "@b.c", ")", ">", "..", "--", "''", " ", "19", "90s", "-", "pm"),
    *("Inc.", ":-)", "/"),
)
SOME = st.lists(st.sampled_from(PIECES), min_size=1, max_size=12).map("".join)


def read(shown: str) -> tuple[str, list[Bounds]]:
    words = re.findall(r"[^\s|]+", shown)
    text, bounds, place = shown.replace("|", ""), [], 0
    for word in words:
        place = text.index(word, place)
        bounds.append((place, place + len(word)))
        place += len(word)
    return text, bounds


@pytest.mark.parametrize(("found", "wanted"), CUT.values(), ids=CUT.keys())
def test_words(found: str, wanted: str) -> None:
    text, words = read(found)
    assert [text[start:end] for start, end in mended(text, words)] == re.findall(r"[^\s|]+", wanted)


@given(SOME.filter(str.strip), st.data())
def test_words_hold_what_they_held_in_order(text: str, data: st.DataObject) -> None:
    filled = [place for place, character in enumerate(text) if not character.isspace()]
    cuts = sorted(data.draw(st.sets(st.sampled_from(filled))) | {filled[0]})
    words = [(start, start + len(text[start:end].rstrip())) for start, end in pairwise([*cuts, len(text)])]
    better = mended(text, words)
    assert [place for start, end in better for place in range(start, end) if not text[place].isspace()] == filled
    assert all(start < end and text[start:end] == text[start:end].strip() for start, end in better)
    assert (better[0][0], better[-1][1]) == (words[0][0], words[-1][1])
    assert mended(text, better) == better


def test_what_stands_right_is_given_back_and_what_is_too_long_too() -> None:
    words = [(0, 2), (3, 7)]
    assert mended("He left", words) is words
    endless = [(0, LONGEST + 7)]
    assert mended("x" * (LONGEST + 1) + " 1990s"[:6], endless) is endless
