"""Words as Universal Dependencies cuts them in English, where a tokenizer alone wavers.

Each rule is a pattern whose groups are the words of what it matches. It stands here because the English treebanks
(EWT and GUM, training parts) treat its kind alike, nine times in ten and mostly always, and because Stanza's
tokenizer learned otherwise from newswire, which is cut by other rules (``non`` ``-`` ``profit``, ``cannot``), or has
seen too few. A rule looks no further than its sentence, so none can move a sentence's end.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from operator import itemgetter

Bounds = tuple[int, int]

LONGEST = 1000
"""Characters of a word at most; Stanza has something else stand for a longer one, and it is left alone."""

# Prefixes that are no words of their own, before a small letter or a digit. Before a name the hyphen stays a word, so
# that the name is one too (``pro`` ``-`` ``Beijing``); vice-, neo- and pan- the treebanks cut as often as not.
_PREFIXES = (
    "anti|arch|co|counter|cross|ex|inter|intra|micro|mid|mini|mis|multi|non|over|post|pre|pro|psycho|re|semi|socio|sub|"
    "ultra|un"
)
_PREFIX = f"{_PREFIXES}|{re.sub(r'[a-z]+', lambda prefix: prefix[0].title(), _PREFIXES)}"

_TITLES = "Mr|Mrs|Ms|Messrs|Dr|Prof|Rev|Hon|Sen|Rep|Gov|Pres|Gen|Col|Maj|Capt|Lt|Sgt|Adm|St|Mt|Ft"
_FIRMS = "Inc|Corp|Co|Ltd|Bros|Jr|Sr"
_MONTHS = "Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec"
_NUMBER = r"[12]\d{3}|\d+[.:]\d+|\d{1,2}|\d\d0"
_IN_URL = r"\([^\s()<>\[\]]*\)|[^\s()<>\[\]]"

_LETTERS = (
    rf"((?:{_PREFIX})-[a-z0-9]\w*)(?!\.\w)",  # non-profit, mid-1990s
    r"([eE]-[a-z]+)(?![\w-]|\.\w)",  # e-mail
    r"([cC]an|CAN)(not|NOT)\b",
    r"([wW]/o|[bB]/c)(?![\w/])",
    # Where the full stop of the sentence touches that of the abbreviation: both.
    rf"((?:[A-Z]\.){{2,}}|(?:{_FIRMS}|[ap]\.m)\.)(\.)(?![.\w])",
    # What follows, in the same sentence, says that the stop is the abbreviation's.
    rf"((?:{_TITLES}|[A-Z])\.)(?=\s+[A-Z])",
    rf"((?:{_MONTHS}|No)\.)(?=\s+\d)",
    rf"((?:{_FIRMS}|Dept|vs|al|etc)\.)(?=\s*[^\s.])",
    r"((?:[A-Z]\.){2,}|[ap]\.m\.|i\.e\.|e\.g\.|a\.k\.a\.)(?=[\s,;:?!)\]\"'-])",
    # An address ends before the marks around it.
    rf"((?:https?://|www\.)(?:{_IN_URL})+?)([.,;:!?'\"])?([>)\]])?([.,;:!?'\"])?(?=[\s<>\])]|$)",
    r"(?<!:)([\w.+%-]+@[\w-]+(?:\.[\w-]+)*)([>\])])(?![^\s>\])<\[(.,;:])",
)
_DIGITS = (
    r"(\d*\d0'?s)(?!\w)",  # 1990s
    r"([\d:.]*\d)([ap]m|[AP]M)(?!\w)",  # 5:30 pm
    rf"(?<![.,:])(?<!\) )(?<!\d )({_NUMBER})([-–])({_NUMBER})(?![\w\-/:#]|[.,]\d)",  # but 555-0123, 3-4-3
)
_MARKS = (
    r"(?<![.@A-Z!?])(\.\.+)(?![.\w@>!?])",
    r"(?<!-)(--)(?!-)",
    r"(?<![!?.])([!?]{2,})(?![!?.])",
    r"(?<!\$)(\${2,})(?!\$)",
    r"(?<!')('')(?!')",
    r"(?<!\S)(\*{2,})(?!\*)",
    r"(<)(>)",
    r"(?<!\S)([:;=][-o']?[)(DPp/|\]\[]|<3)(?=[\s.,!?]|$)",  # :-)
)
_RULES = re.compile(
    rf"(?<![\w\-@/.'+#$])(?:(?=[A-Za-z])(?:{'|'.join(_LETTERS)})|(?=\d)(?:{'|'.join(_DIGITS)}))"
    rf"|(?=[.\-!?$'*<:;=])(?:{'|'.join(_MARKS)})"
)


def mended(text: str, words: Sequence[Bounds]) -> Sequence[Bounds]:
    """The words of one sentence, where its rules want them; the same object where they stand so already.

    ``text`` has plain marks (:func:`quotes.analysis.plain`). Nothing is lost: what a rule cuts off a word is a word.
    """
    for match in _RULES.finditer(text, words[0][0], words[-1][1]):
        words = _laid(text, words, [bounds for bounds in match.regs[1:] if bounds[0] < bounds[1]])
    return words


def _laid(text: str, words: Sequence[Bounds], wanted: list[Bounds]) -> Sequence[Bounds]:
    start, end = wanted[0][0], wanted[-1][1]
    first = bisect_right(words, start, key=itemgetter(1))
    last = bisect_left(words, end, key=itemgetter(0))
    touched = list(words[first:last])
    if not touched or touched == wanted or touched[-1][1] - touched[0][0] > LONGEST:
        return words
    before, after = _rest(text, touched[0][0], start), _rest(text, end, touched[-1][1])
    return [*words[:first], *before, *wanted, *after, *words[last:]]


def _rest(text: str, start: int, end: int) -> Iterator[Bounds]:
    rest = text[start:end]
    if rest.strip():
        yield start + len(rest) - len(rest.lstrip()), start + len(rest.rstrip())
