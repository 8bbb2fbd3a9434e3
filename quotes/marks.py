"""The quotation marks of a text: which belong together, what is wrong with them, and what they are for.

Every convention of English copy and its neighbours: ``“…”``, ``‘…’``, ``"…"``, ``'…'``, ``„…“``, ``«…»``, ``»…«``,
``‹…›``, ``「…」``, ``『…』``, TeX's :literal:`\\`\\`…''` and the wire's ``''…''``. British single marks are told from
apostrophes, possessives (``the workers' union``), elisions (``’tis``, ``'90s``, ``rock 'n' roll``) and primes
(``5'10"``, ``12" record``).

A quotation never leaves its paragraph. One that runs over paragraphs is a quotation in each, by the compositor's
rule: the opening mark stands again before every paragraph, the closing mark only after the last. The ones before the
last ``continue`` and that is no problem. Unbalanced marks never raise and never reach further than they must: a
quotation that is never closed ends before the reporting clause that follows (``“We will go, she said``), before the
next opening mark, at its sentence's end, or, where the marks began a speech, at the end of the paragraph.

Time and memory are linear in the length of the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal

from quotes.records import Span, Speech

Problem = Literal["unclosed", "unopened", "mismatched", "doubled", "typography"]
Role = Literal["speech", "title", "scare", "nickname"]
Level = Literal["double", "single"]

OUTSIDE, IN_DOUBLE, IN_SINGLE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Quoted:
    """Words between quotation marks: ``[start, end)`` with the marks, ``[inner_start, inner_end)`` without them.

    ``open`` or ``close`` is None where that mark is missing. ``depth`` is 0 for an outermost quotation. ``continues``:
    the speech goes on in the next paragraph, so a missing closing mark is right; ``continued``: it comes from the one
    before. ``role`` is a guess, see :func:`role`.

    ``problem``: ``unclosed`` and ``unopened`` (a mark is missing), ``mismatched`` (a single mark closes a double one or
    the other way round), ``doubled`` (``““…””``), ``typography`` (curly and straight marks mixed, or a curly mark
    turned the wrong way: common in good copy, and no words are lost).
    """

    start: int
    end: int
    open: Span | None
    close: Span | None
    level: Level
    depth: int = 0
    problem: Problem | None = None
    continues: bool = False
    continued: bool = False
    role: Role = "speech"

    @property
    def inner_start(self) -> int:
        return self.start if self.open is None else self.open.end

    @property
    def inner_end(self) -> int:
        return self.end if self.close is None else self.close.start


def quoted(text: str) -> tuple[Quoted, ...]:
    """The quotations of a text, sorted by place, an outer one before those inside it, properly nested."""
    found: list[Quoted] = []
    marks = _marks(text)
    blocks = paragraphs(text)
    by_paragraph = _by_paragraph(marks, blocks)
    before: set[str] = set()  # families left open by the paragraph before
    for number, (start, end) in enumerate(blocks):
        follows = by_paragraph[number + 1] if number + 1 < len(blocks) else []
        following = blocks[number + 1][0] if number + 1 < len(blocks) else len(text)
        paragraph = _Paragraph(text, start, end, by_paragraph[number], before, follows, following)
        found.extend(paragraph.quotations())
        before = paragraph.left_open
    return _nested(text, found)


def paragraphs(text: str) -> tuple[tuple[int, int], ...]:
    """The paragraphs of a text as ``(start, end)``, without the white space around them.

    A line is a paragraph, unless the text is wrapped (a third of the single line breaks stand before a small letter):
    then only an empty line parts paragraphs.
    """
    lines = [(m.start(), m.end()) for m in _LINE.finditer(text)]
    single = wrapped = 0
    for (_, end), (start, _) in pairwise(lines):
        if len(_BREAK.findall(text, end, start)) == 1:
            single += 1
            wrapped += text[start].islower()
    if not single or wrapped * 3 < single:
        return tuple(lines)
    joined: list[tuple[int, int]] = []
    for start, end in lines:
        if joined and len(_BREAK.findall(text, joined[-1][1], start)) == 1:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return tuple(joined)


def speech(text: str, contents: Sequence[Span], quotations: Sequence[Quoted]) -> Speech:
    """``direct`` where all words of the contents stand inside marks, ``indirect`` where none does, else ``mixed``.

    A title or a nickname in marks inside reported speech does not make it mixed.
    """
    inside = spoken = words = 0
    for content in contents:
        outer = list(_outermost(quotations, content.start, content.end))
        number = 0
        for word in _WORD.finditer(text, content.start, content.end):
            words += 1
            while number < len(outer) and outer[number].end <= word.start():
                number += 1
            if number < len(outer) and outer[number].start <= word.start():
                inside += 1
                spoken += outer[number].role not in ("title", "nickname")
    if words and inside == words:
        return "direct"
    return "mixed" if spoken else "indirect"


def levels(text: str, quotations: Sequence[Quoted]) -> bytes:
    """One byte a character: OUTSIDE, IN_DOUBLE or IN_SINGLE by the innermost quotation, its marks included."""
    view = bytearray(len(text))
    for quotation in quotations:  # an inner one comes after the one around it
        state = IN_DOUBLE if quotation.level == "double" else IN_SINGLE
        view[quotation.start : quotation.end] = bytes([state]) * (quotation.end - quotation.start)
    return bytes(view)


def leans(text: str, start: int) -> bool:
    """Whether a quotation opens with words that go on from something said before: ``“And``, ``“… because``.

    In PolNeAR's training part three in ten quotations that fill a paragraph and go on from the paragraph before open
    so, and three in a hundred of those by a new speaker.
    """
    return _LEANING.match(text, start) is not None


def sentence_ends(text: str, start: int, end: int) -> Iterator[int]:
    """Places in ``[start, end)`` just past a sentence's last character, by its punctuation alone."""
    for stop in _STOP.finditer(text, start, end):
        if stop.group() == "." and _ABBREVIATION.search(text, max(start, stop.start() - 8), stop.start()):
            continue
        yield stop.end()


def role(text: str, quotation: Quoted) -> Role:
    """What marks are for, by the words alone; the first rule that fits.

    1. nickname: up to three words, capitalised, between two capitalised words (``Robert “Bob” Smith``) of a sentence.
    2. speech: it runs over paragraphs, or a reporting clause follows a comma, ``?`` or ``!`` inside the marks.
    3. title: every word longer than three letters is capitalised, there are two or more words, it is not a sentence,
       and no reporting verb or colon stands before it; one word only after *film*, *show*, *entitled*, *author of*.
    4. speech: a reporting verb or a colon stands before it.
    5. scare: up to three words (eight, where they begin with a small letter) after *so-called*, *dubbed*, *the word*
       and the like, or in a sentence with no reporting verb in it.
    6. speech.
    """
    inner = text[quotation.inner_start : min(quotation.inner_end, quotation.inner_start + 400)].strip()
    words = _WORD.findall(inner)
    if not words:
        return "scare"
    before = _TOKEN.findall(_BREAK.split(text[max(0, quotation.start - 80) : quotation.start])[-1])
    after = _TOKEN.findall(text, quotation.end, quotation.end + 80)
    if len(words) <= 3 and words[-1][0].isupper() and inner[-1] not in ",.?!" and _within_name(text, quotation, before):
        return "nickname"
    if quotation.continues or quotation.continued or (inner[-1] in ",?!" and _reported_after(after)):
        return "speech"
    called = _introduces_title(before)
    titled = called or (1 < len(words) <= 12 and inner[-1] != "." and not _is_sentence(inner, words))
    reported = _reported_before(before)
    written = bool(before) and before[-1].lower() in _WRITTEN
    if titled and _capitalised(words) and (called or written or not reported):
        return "title"
    if reported:
        return "speech"
    brief = len(words) <= 3 or (len(words) <= 8 and inner[0].islower())
    if brief and inner[-1] not in "?!" and before and quotation.open and quotation.close:
        around = _WORD.findall(_sentence_around(text, quotation).lower())
        if _is_term(before) or _REPORTING.isdisjoint(around):
            return "scare"
    return "speech"


def _within_name(text: str, quotation: Quoted, before: Sequence[str]) -> bool:
    """Whether a capitalised word stands on either side, in a line that is not all capitals as a headline is."""
    if not _NAME_AFTER.match(text, quotation.end) or text[quotation.start - 1] not in " \xa0(":
        return False
    name = before[-2] if before[-1:] == ["("] and len(before) > 1 else before[-1] if before else ""
    if not name[:1].isupper() or name in _NOT_NAMES or name[-2:] in ("’s", "'s"):
        return False
    beside = _WORD.findall(text, max(0, quotation.start - 60), quotation.start)[1:-1]
    beside += _WORD.findall(text, quotation.end, quotation.end + 60)[1:-1]
    return any(word[0].islower() for word in beside if len(word) > 3) or len(beside) < 3


def _reported_before(before: Sequence[str]) -> bool:
    """A colon, or a reporting verb with up to three words after it that begin no noun phrase."""
    if before and before[-1] == ":":
        return True
    last = len(before) - 1
    if before and before[-1] == ",":
        last -= 1
    for at in range(last, max(-1, last - 4), -1):
        word = before[at].lower()
        if word in _REPORTING:
            return not (at and before[at - 1].lower() == "so")
        if word in _DETERMINERS or not word[0].isalnum():
            return False
    return False


def _reported_after(after: Sequence[str]) -> bool:
    """A reporting verb within the first seven words, with no punctuation before it but a dash."""
    words = after[1:] if after and after[0] in "—–-" else after
    for word in words[:7]:
        if word.lower() in _REPORTING:
            return True
        if not word[0].isalnum():
            return False
    return False


def _introduces_title(before: Sequence[str]) -> bool:
    last = len(before) - 1
    if before and before[-1] == ",":
        last -= 1
    if last < 0:
        return False
    word = before[last].lower()
    if word == "of":
        return last > 0 and before[last - 1].lower() in ("author", "host", "episode", "star", "writer", "director")
    possessives = before[max(0, last - 1) : last + 1]
    return word in _WORKS or any(one[-2:] in ("’s", "'s") and len(one) > 3 for one in possessives)


def _is_term(before: Sequence[str]) -> bool:
    last = before[-1].lower()
    if last in ("so-called", "dubbed", "nicknamed", "termed", "called", "as"):
        said = before[-2].lower() if len(before) > 1 else ""
        return last not in ("called", "as") or (last, said) in (("called", "so"), ("as", "known"))
    return last in _TERMS and len(before) > 1 and before[-2].lower() == "the"


def _is_sentence(inner: str, words: Sequence[str]) -> bool:
    """A pronoun, a full stop inside, or a verb with fewer than three capitals beside it."""
    capitals = sum(word[0].isupper() for word in words)
    return bool(_PRONOUN.search(inner)) or (capitals < 3 and bool(_VERB.search(inner)))


def _capitalised(words: Sequence[str]) -> bool:
    """Whether the first word and every word longer than three letters, but for *with* and its like, has a capital."""
    long = [word for word in words if len(word) > 3 and word[0].isalpha() and word not in _SMALL]
    return bool(long) and words[0][0].isupper() and all(word[0].isupper() for word in long)


# --- the marks, one by one ----------------------------------------------------------------------------------------

_BREAKS = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
_BREAK = re.compile(f"\r\n|[{_BREAKS}]")
_LINE = re.compile(rf"[^\s](?:[^{_BREAKS}]*[^\s])?")
_WORD = re.compile(r"\w+(?:['’.-]\w+)*")
_MARK = re.compile(r"â€[œ\x9d“”]|``+|‘‘+|‘’(?=\w)|’’+|''+|\"+|“+|”+|„+|‟+|＂+|«+|»+|[‹›「」『』‘’‚‛'`]")
_ROCK_N_ROLL = re.compile(r"['‘’][nN]['’](?=[\s-])")
_FEET_INCHES = re.compile(r"\d['’′]\s?\d{1,2}(?:[ .]\d+(?:/\d+)?)?(\"|''|”)")
_ATTRIBUTE = re.compile(r"\w=([\"“”][^\"“”\n\r]{0,300}[\"“”])")  # left-over mark-up
_ELISION = re.compile(
    r"(?:tis|twas|twere|twould|twill|em|til|till|cause|cos|cuz|coz|bout|round|n|neath|un|nuff|ello|im|er|is|ave|"
    r"s|re|ve|ll|d|m|t|\d\ds?)(?![\w-])",
    re.IGNORECASE,
)
_WHOLE_WORD = re.compile(r"(?:the|in|we|it|i|he|she|they|this|there|not|very|to|of|for|our|my|you|no)\s", re.IGNORECASE)
_WEAK_BEFORE = re.compile(r"(?:[sxz]|\w\win|\b(?:o|th|an|ol|wi|of|lil|mo|po))\Z", re.IGNORECASE)
_STOP = re.compile(r"[.!?…]+[”’\"'»)\]]*(?=\s+[^\sa-z])")
_ABBREVIATION = re.compile(
    r"\b(?:[A-Z]|Mrs?|Ms|Dr|Prof|Sens?|Reps?|Govs?|Gen|Lt|Col|Sgt|Capt|Maj|Rev|Hon|St|Jr|Sr|vs|No|Mt|Ft|Inc|Co|Corp|"
    r"Jan|Feb|Mar|Apr|Aug|Sept?|Oct|Nov|Dec)\Z"
)


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_REPORTING = _words(
    "according accused accuses accusing acknowledged acknowledges add added adding adds admits admitted announce "
    "announced announces announcing argue argued argues arguing ask asked asking asks asserted asserts call called "
    "calling calls chanted chanting chants claim claimed claiming claims complained complaining complains conceded "
    "concedes concluded concludes concluding continued continues cried declare declared declares declaring described "
    "describes describing email explain explained explaining explains headline insist insisted insisting insists "
    "interview joked jokes joking letter note noted notes noting posted posts predicted predicting predicts promised "
    "promises promising quoted quotes quoting read reading reads recalled recalling recalls remarked remarking "
    "remarks replied replies reply report reported reporting reports responded responding responds response said say "
    "saying says screamed shouted shouting shouts speech state stated statement states stating suggested suggesting "
    "suggests tell telling tells testified testifies testimony told tweet tweeted tweets urged urges urging vowed "
    "vowing vows warn warned warning warns whispered write writes writing written wrote"
)
_DETERMINERS = _words("the a an his her their its our my your this")
_WRITTEN = _words("wrote write writes written read reads reading called hosts hosted")
_WORKS = _words(
    "titled entitled book novel memoir film movie documentary song album single show series play musical opera essay "
    "article report column programme program poem painting podcast sitcom magazine hit episode"
)
_TERMS = _words("word words term terms phrase label slogan hashtag")
_NOT_NAMES = _words(
    "The A An In On At Of For To And But So As By His Her Its Their Our My Your This That When From With If While "
    "After Before"
)
_TOKEN = re.compile(r"\w+(?:[’'.@-]\w+)*|[^\w\s]")
_NAME_AFTER = re.compile(r"\)?\s[A-Z][\w’-]+")
_CLAUSE = re.compile(
    r",\s+(?!(?:and|but|or|so|if|when|because|as|which|who|that|then|what)\b)(?:[\w.’-]+\s+){0,4}?"
    r"(?:said|says|told|tells|added|adds|wrote|writes|asked|asks|tweeted|warned|explained|insisted|argued|replied)\b"
)
_PRONOUN = re.compile(r"[.?!…]\s+\S|\b(?:I|[Ww]e|[Yy]ou|[Hh]e|[Ss]he|[Tt]hey|[Ii]t|I[’']\w+|\w+n[’']t|[Ii]t[’']s)\b")
_VERB = re.compile(r"\b(?:is|are|was|were|am|be|has|have|had|will|would|can|could|should|must|do|does|did)\b")
_LEANING = re.compile(
    r"[\"“'‘«„`]*\s*(?:(?:\.\s?){2,}|…|(?:and|but|so|because|then|therefore|also|yet|or|which|who|instead|otherwise|"
    r"moreover|frankly|again)\b(?!-))",
    re.IGNORECASE,
)
_SMALL = _words("with from into over like that your than upon")

_DIRECTION = {
    "“": "open", "”": "close", "„": "open", "‟": "open", "«": "open", "»": "close", "‹": "open", "›": "close",
    "「": "open", "」": "close", "『": "open", "』": "close", "‘": "open", "‚": "open", "‛": "open", "`": "open",
    "``": "open", "‘‘": "open", "‘’": "open", "’’": "close",
}  # fmt: skip
_FAMILY = {
    "«": "angle", "»": "angle", "‹": "small angle", "›": "small angle", "「": "corner", "」": "corner",
    "『": "white corner", "』": "white corner", "‘": "single", "’": "single", "‚": "single", "‛": "single",
    "'": "single", "`": "single",
}  # fmt: skip
_PAIRS = frozenset(
    ["“”", "„“", "„”", "‟”", "””", '""', "＂＂", "«»", "»«", "»»", "‹›", "›‹", "「」", "『』", "‘’", "‚‘", "‚’", "‛’",
     "''", "`'", "`’", "``", "’’", "``''", "''''", "‘‘’’", "‘’’’", '``"', "````"]
)  # fmt: skip
_STRAIGHT = frozenset(['"', "＂", "''"])
_LEFT_OF_OPEN = frozenset("([{<—–-―/|=~*_>¿¡")
_RIGHT_OF_CLOSE = frozenset(",.;:!?)]}%")
_SPEECH_STARTS_AFTER = frozenset(",:—–(")
_DEEPEST = 8  # marks that open further down are left alone
_LONGEST = 2000  # characters that a mark without its fellow may claim; beyond, only its sentence


@dataclass(slots=True)
class _Mark:
    start: int
    end: int
    glyph: str
    family: str
    direction: str  # open, close, either; weak: a closing mark or a possessive; elided: an elision or an opening mark
    doubled: bool = False
    sure: bool = True  # an opening mark beyond doubt; others count only where something closes them
    spoken: bool = False  # a closing mark after , . ! ?
    after: _Mark | None = None  # the next of its family in the paragraph
    closer: str = ""  # of single marks: the first after it that decides, "" where none: open, close, spoken
    any_closer: str = ""  # the same, weak ones included

    def span(self, text: str) -> Span:
        return Span(self.start, self.end, text[self.start : self.end])


def _marks(text: str) -> list[_Mark]:
    """All that may be quotation marks, classed by what stands to the left and right of them."""
    apostrophes = {at for m in _ROCK_N_ROLL.finditer(text) for at in (m.start(), m.end() - 1)}
    for m in _FEET_INCHES.finditer(text):
        apostrophes.update((m.start() + 1, m.start(1)))
    for m in _ATTRIBUTE.finditer(text):
        apostrophes.update((m.start(1), m.start(1) + 1, m.end() - 1))
    marks: list[_Mark] = []
    for m in _MARK.finditer(text):
        start, end = m.span()
        if start in apostrophes:
            continue
        glyph = m.group()
        if glyph[0] == "â":  # a mark or a dash whose bytes were read in the wrong code
            glyph = {"œ": "“", "\x9d": "”"}.get(glyph[2], "")
            if not glyph:
                continue
        if glyph[0] == "'" and len(glyph) == 3:  # a single mark beside a double one
            cut = start + (2 if _opens(text, start, end) else 1)
            for part_start, part_end in ((start, cut), (cut, end)):
                mark = _mark(text, part_start, part_end, "'" * (part_end - part_start))
                if mark is not None:
                    marks.append(mark)
        else:
            mark = _mark(text, start, end, glyph)
            if mark is not None:
                marks.append(mark)
    return marks


def _mark(text: str, start: int, end: int, glyph: str) -> _Mark | None:
    width = 2 if glyph[0] in "`‘’'" and len(glyph) > 1 else 1
    doubled = len(glyph) > width
    glyph = glyph[:width]
    family = _FAMILY.get(glyph, "double")
    opens, closes = _opens(text, start, end), _closes(text, start, end)
    if family == "single":
        return _single(text, start, end, glyph, opens, closes)
    direction = _DIRECTION.get(glyph, "")
    if not direction:
        direction = "either" if opens == closes else "open" if opens else "close"
    elif glyph in "“”«»‹›’’" and (closes and not opens if direction == "open" else opens and not closes):
        direction = "either"
    elif glyph in "“”" and start and not opens and not closes and not text[end : end + 1].strip():
        direction = "either"  # “They see that. “
    if family in ("angle", "small angle") and not opens and not closes and glyph in "»›":
        if not text[end : end + 1].strip() and not text[start - 1 : start].strip(" \xa0\u202f"):
            direction = "close"  # French spacing, or the » of a menu, which closes nothing
    elif glyph in "«»‹›" and direction == "either" and text[start - 1 : start] in ("\xa0", "\u202f"):
        direction = "close"
    spoken = start > 0 and text[start - 1] in ",.!?…"
    return _Mark(start, end, glyph, family, direction, doubled, spoken=spoken)


def _single(text: str, start: int, end: int, glyph: str, opens: bool, closes: bool) -> _Mark | None:
    left, right = text[start - 1 : start], text[end : end + 1]
    if left.isalnum() and right.isalnum():
        return None  # don't, O’Brien
    if glyph in "‘‚‛" and not (closes and not opens):
        opens, closes = True, False
    if opens and not closes:
        if not right or right.isspace():
            return None
        spot = start - 1
        while spot >= 0 and start - spot < 4 and text[spot] in " \xa0\t":
            spot -= 1
        speech_position = spot < 0 or text[spot] in _BREAKS or text[spot] in _SPEECH_STARTS_AFTER or text[spot] in '“"'
        elided = _ELISION.match(text, end) is not None
        speaks = speech_position and right.isupper()
        sure = not elided and (
            glyph in "‘‚‛" or (glyph == "'" and (speaks or _WHOLE_WORD.match(text, end) is not None))
        )
        if elided and not speech_position:
            return None
        return _Mark(start, end, glyph, "single", "elided" if elided else "open", sure=sure)
    if glyph == "`":
        return None
    if closes and not opens:
        if left.isdigit() and right and right in "0123456789 ":
            return _Mark(start, end, glyph, "single", "weak")
        spoken = left in ",.!?…"
        possessive = right.isspace() and right not in _BREAKS and text[end + 1 : end + 2].isalnum()
        weak = not spoken and possessive and _WEAK_BEFORE.search(text, max(0, start - 4), start) is not None
        return _Mark(start, end, glyph, "single", "weak" if weak else "close", spoken=spoken)
    if left in ",.!?:;" and left and right.isalnum():  # said,'We …' or gone,'he said
        return _Mark(start, end, glyph, "single", "either", sure=False, spoken=True)
    return None


def _beside(text: str, at: int, step: int) -> str:
    """The character at ``at``, or the next beyond quotation marks; "" at an end of the text."""
    for _ in range(3):
        if not 0 <= at < len(text):
            return ""
        if (
            text[at] not in "“”„\"‘’'`«»‹›"
            and not "\u200b" <= text[at] <= "\u200f"
            and not "\u202a" <= text[at] <= "\u202e"
        ):
            return text[at]
        at += step
    return text[at] if 0 <= at < len(text) else ""


def _opens(text: str, start: int, end: int) -> bool:
    left, right = _beside(text, start - 1, -1), _beside(text, end, 1)
    if left and not left.isspace() and left not in _LEFT_OF_OPEN:
        return False
    dots = text.startswith(("..", "…"), end)
    return bool(right) and not right.isspace() and (right not in _RIGHT_OF_CLOSE or dots)


def _closes(text: str, start: int, end: int) -> bool:
    left, right = _beside(text, start - 1, -1), _beside(text, end, 1)
    return bool(left) and not left.isspace() and left not in "([{" and not right.isalnum()


def _by_paragraph(marks: Sequence[_Mark], blocks: Sequence[tuple[int, int]]) -> list[list[_Mark]]:
    shared: list[list[_Mark]] = [[] for _ in blocks]
    number = 0
    for mark in marks:
        while blocks[number][1] <= mark.start:
            number += 1
        shared[number].append(mark)
    for group in shared:
        after: dict[str, _Mark] = {}
        closer = any_closer = ""
        for mark in reversed(group):
            mark.after = after.get(mark.family)
            after[mark.family] = mark
            if mark.family != "single":
                continue
            mark.closer, mark.any_closer = closer, any_closer
            if mark.direction == "weak":
                any_closer = "close"
            elif mark.direction != "elided":
                closer = any_closer = "open" if mark.direction == "open" else "spoken" if mark.spoken else "close"
    return shared


# --- a paragraph ---------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Frame:
    """An opening mark whose fellow has not come yet; the paragraph itself is the frame at the bottom."""

    mark: _Mark | None
    continued: bool = False
    children: list[Quoted] = field(default_factory=list)


class _Paragraph:
    """One pass over the marks of a paragraph with a stack of those that are open."""

    def __init__(
        self,
        text: str,
        start: int,
        end: int,
        marks: Sequence[_Mark],
        before: set[str],
        follows: Sequence[_Mark],
        following: int,
    ) -> None:
        self.text, self.start, self.end, self.marks = text, start, end, marks
        self.before = before
        self.follows = follows
        self.following = following  # where the next paragraph starts
        self.left_open: set[str] = set()
        self.stack = [_Frame(None)]
        self.last: dict[str, int] = {}  # family -> end of the last mark of it
        self.done: list[Quoted] = []

    def quotations(self) -> list[Quoted]:
        for mark in self.marks:
            if mark.family == "single":
                self._take_single(mark)
            else:
                self._take(mark)
            self.last[mark.family] = mark.end
        while len(self.stack) > 1:
            self._leave_open(self.end, "paragraph")
        return self.done

    def _frame(self, family: str) -> int:
        """Index on the stack of the innermost open mark of a family, 0 where there is none."""
        for index in range(len(self.stack) - 1, 0, -1):
            mark = self.stack[index].mark
            if mark is not None and mark.family == family:
                return index
        return 0

    def _take(self, mark: _Mark) -> None:
        at = self._frame(mark.family)
        direction = mark.direction
        if mark.family in ("angle", "small angle") and at:
            opener = self.stack[at].mark
            direction = "close" if opener is not None and opener.glyph != mark.glyph else direction
        if direction == "either":
            direction = "close" if at else "open"
        if direction == "open":
            if at and not self._reopen(mark, at):
                return
            self._push(mark)
        elif at:
            if self._is_inch(mark, at):
                return
            self._close(mark, at)
        else:
            self._unopened(mark)

    def _reopen(self, mark: _Mark, at: int) -> bool:
        """An opening mark where one of its family is open: whether it opens a quotation after all."""
        after = mark.after
        closes = after is not None and after.direction != "open"
        if closes and after is not None and after.after is not None and after.after.direction == "close":
            return True  # “… “…” …”
        opener = self.stack[at].mark
        unlike = opener is not None and (opener.glyph in _STRAIGHT) != (mark.glyph in _STRAIGHT)
        if unlike and closes and after is not None and mark.glyph + after.glyph in _PAIRS:
            return True  # "… “…” …": another kind of mark inside
        if at != len(self.stack) - 1:
            return True  # “… ‘… “…” …’ …”
        if not closes and mark.glyph in ('"', "''"):
            self._close(mark, at)  # "… "he said: a slip of the space bar
            return False
        self._leave_open(mark.start, "mark")
        return True

    def _is_inch(self, mark: _Mark, at: int) -> bool:
        """12" inside a quotation: a digit before, and the next of its family closes."""
        after = mark.after
        if mark.glyph not in ('"', "''") or not self.text[mark.start - 1 : mark.start].isdigit() or after is None:
            return False
        return after.direction == "close" and self.text[mark.end : mark.end + 1] == " "

    def _push(self, mark: _Mark) -> None:
        if len(self.stack) <= _DEEPEST:
            self.stack.append(_Frame(mark, continued=mark.start == self.start and mark.family in self.before))

    def _take_single(self, mark: _Mark) -> None:
        at = self._frame("single")
        top = at and at == len(self.stack) - 1
        direction = mark.direction
        if direction == "elided":  # ’Tis: opens a speech only where the next mark closes one
            direction = "open" if not at and mark.any_closer == "spoken" else ""
        elif direction == "either":
            direction = "close" if top else "open"
        if direction == "open":
            goes_on = mark.start == self.start and self._next_starts_with("single")
            if not mark.sure and mark.any_closer in ("", "open") and not goes_on:
                return
            if top and not self._reopen_single(mark):
                return
            self._push(mark)
        elif direction == "weak":
            if top and mark.closer in ("", "open"):
                self._close(mark, at)
        elif direction == "close":
            if top:
                self._close(mark, at)
            elif at:
                double = self._frame("double")
                inner = self.stack[double].mark if double > at else None
                if inner is None or self._next_double(mark, inner) != "close":
                    self._close(mark, at)
            else:
                self._unopened_single(mark)

    def _reopen_single(self, mark: _Mark) -> bool:
        frame = self.stack[-1]
        after = mark.after
        last = after.after if after is not None and after.direction == "close" else None
        if last is not None and last.direction == "close":
            return True  # ‘… ‘…’ …’
        if frame.mark is not None and frame.mark.sure and not mark.sure:
            return False
        self._leave_open(mark.start, "mark")
        return True

    def _next_double(self, mark: _Mark, open_: _Mark) -> str:
        """Direction of the first double mark after ``mark``, given one that is open before it."""
        after = open_.after
        while after is not None and after.start < mark.start:
            after = after.after
        return "" if after is None else "close" if after.direction == "either" else after.direction

    def _next_starts_with(self, family: str) -> bool:
        first = next(iter(self.follows), None)
        return first is not None and first.start == self.following and first.family == family

    def _unopened(self, mark: _Mark) -> None:
        text = self.text
        left = text[mark.start - 1 : mark.start]
        if mark.family != "double":
            return  # a » or › alone is an arrow
        if left.isdigit() and mark.glyph in ('"', "''"):
            return  # 12"
        single = self._frame("single")
        if single and single == len(self.stack) - 1:
            opener = self.stack[single].mark
            if opener is not None and self._first_after(opener, mark) in ("", "open"):
                self._close(mark, single)
                return
        after = mark.after
        if (
            left.isalpha()
            and mark.glyph == '"'
            and after is not None
            and after.direction == "close"
            and not after.doubled
        ):
            self._push(mark)  # said" We go": a slip of the space bar
            return
        self._claim(mark)

    def _first_after(self, opener: _Mark, mark: _Mark) -> str:
        """Direction of the first single mark beyond ``mark``."""
        after = opener.after
        while after is not None and (after.start < mark.start or after.direction in ("weak", "elided")):
            after = after.after
        return "" if after is None else after.direction

    def _unopened_single(self, mark: _Mark) -> None:
        double = self._frame("double")
        opener = self.stack[double].mark
        if opener is not None:
            reported = mark.spoken or _reported_after(_TOKEN.findall(self.text, mark.end, mark.end + 60))
            if reported and double == len(self.stack) - 1 and self._next_double(mark, opener) != "close":
                self._close(mark, double)
            return
        right = self.text[mark.end : mark.end + 1]
        if mark.spoken and (not right or right.isspace()):
            self._claim(mark)

    def _claim(self, mark: _Mark) -> None:
        """A closing mark that nothing opens takes its sentence."""
        parent = self.stack[-1]
        floor = max(self.start, self.last.get(mark.family, 0), parent.mark.end if parent.mark else 0)
        continued = mark.family in self.before and mark.family not in self.last and parent.mark is None
        start = floor
        for stop in () if continued and mark.start - floor <= _LONGEST else sentence_ends(self.text, floor, mark.start):
            start = stop
        inside: list[Quoted] = []
        while parent.children and parent.children[-1].end > start:
            if parent.children[-1].start < start:
                start = parent.children[-1].end
            else:
                inside.append(parent.children.pop())
        start = self._skip(start, mark.start)
        if start >= mark.start:
            parent.children.extend(reversed(inside))
            return
        self._finish(
            parent,
            Quoted(
                start,
                mark.end,
                None,
                mark.span(self.text),
                _level(mark),
                problem=None if continued else "doubled" if mark.doubled else "unopened",
                continued=continued,
            ),
        )

    def _skip(self, start: int, end: int) -> int:
        """``start`` moved over white space and the punctuation that a clause leaves behind."""
        while start < end and (self.text[start].isspace() or self.text[start] in ",;:.!?)]"):
            start += 1
        return start

    def _close(self, mark: _Mark, at: int) -> None:
        while len(self.stack) - 1 > at:
            self._leave_open(mark.start, "close")
        frame = self.stack.pop()
        opener = frame.mark
        if opener is None:
            return
        problem: Problem | None = None
        if opener.family != mark.family:
            problem = "mismatched"
        elif opener.doubled or mark.doubled:
            problem = "doubled"
        elif opener.glyph + mark.glyph not in _PAIRS:
            problem = "typography"
        quotation = Quoted(
            opener.start,
            mark.end,
            opener.span(self.text),
            mark.span(self.text),
            _level(opener),
            problem=problem,
            continued=frame.continued,
        )
        self._finish(self.stack[-1], quotation)

    def _leave_open(self, limit: int, why: str) -> None:
        """Take the top of the stack off: nothing closes it before ``limit`` (the paragraph's end, an outer closing
        mark, or a mark that opens again)."""
        frame = self.stack.pop()
        parent = self.stack[-1]
        opener = frame.mark
        if opener is None:
            return
        arrow = why != "paragraph" or self.text[opener.end : opener.end + 1] == " "
        if not opener.sure or (opener.family not in ("double", "single") and arrow):
            parent.children.extend(frame.children)  # an apostrophe, or an arrow
            return
        end, reported = self._reach(opener, limit, why)
        for child in frame.children:
            if child.start < end < child.end:
                end = child.end
        end = max(end, opener.end)
        while end > opener.end and self.text[end - 1].isspace():
            end -= 1
        continues = why == "paragraph" and not reported and parent.mark is None and self._goes_on(opener)
        if continues:
            self.left_open.add(opener.family)
        parent.children.extend(child for child in frame.children if child.start >= end)
        quotation = Quoted(
            opener.start,
            end,
            opener.span(self.text),
            None,
            _level(opener),
            problem=None if continues else "unclosed",
            continues=continues,
            continued=frame.continued,
        )
        self._finish(parent, quotation)

    def _goes_on(self, opener: _Mark) -> bool:
        """The next paragraph opens with the same kind of mark, or closes one that it does not open.

        A paragraph that breaks off in a word or between two was cut: whatever follows is not its continuation.
        """
        if self.text[self.end - 1].isalnum():
            return False
        if self._next_starts_with(opener.family):
            return True
        first = next((mark for mark in self.follows if mark.family == opener.family), None)
        return first is not None and first.direction == "close" and first.spoken and opener.family == "double"

    def _reach(self, opener: _Mark, limit: int, why: str) -> tuple[int, bool]:
        """Where a quotation that is never closed ends, and whether a reporting clause says so."""
        clause = _CLAUSE.search(self.text, opener.end, limit)
        if clause is not None:
            return clause.start() + 1, True
        if why == "close":
            return limit, False
        stops = sentence_ends(self.text, opener.end, limit)
        if why == "mark":
            last = limit
            for stop in stops:
                last = stop
            return last, False
        before = self.text[max(self.start, opener.start - 3) : opener.start].rstrip()
        if (opener.start == self.start or before[-1:] in (",", ":")) and limit - opener.end <= _LONGEST:
            return limit, False
        return next(stops, limit), False

    def _finish(self, parent: _Frame, quotation: Quoted) -> None:
        parent.children.append(quotation)
        self.done.append(quotation)


def _level(mark: _Mark) -> Level:
    return "single" if mark.family in ("single", "small angle") else "double"


def _nested(text: str, found: list[Quoted]) -> tuple[Quoted, ...]:
    found.sort(key=lambda quotation: (quotation.start, -quotation.end))
    ends: list[int] = []
    nested = []
    for quotation in found:
        while ends and ends[-1] <= quotation.start:
            ends.pop()
        nested.append(replace(quotation, depth=len(ends), role=role(text, quotation)))
        ends.append(quotation.end)
    return tuple(nested)


def _outermost(quotations: Sequence[Quoted], start: int, end: int) -> Iterator[Quoted]:
    """The outermost quotations that touch ``[start, end)``."""
    at = max(0, bisect_right(quotations, start, key=lambda quotation: quotation.start) - 1)
    while at > 0 and quotations[at].depth:
        at -= 1
    while at < len(quotations) and quotations[at].start < end:
        if not quotations[at].depth and quotations[at].end > start:
            yield quotations[at]
        at += 1


def _sentence_around(text: str, quotation: Quoted) -> str:
    """The sentence that holds a short quotation, at most 160 characters either side."""
    start, end = max(0, quotation.start - 160), min(len(text), quotation.end + 160)
    before = max([start, *sentence_ends(text, start, quotation.start)])
    for stop in _BREAK.finditer(text, before, quotation.start):
        before = stop.end()
    after = next(sentence_ends(text, quotation.end, end), end)
    stop_after = _BREAK.search(text, quotation.end, after)
    return text[before : quotation.start] + " " + text[quotation.end : stop_after.start() if stop_after else after]
