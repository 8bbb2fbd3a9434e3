"""Clean articles damaged as the web damages them, with what was done on record: training data that cannot be bought.

A damager takes a :class:`Copy` and gives back the damaged one, or None where the damage would not show: damage that
clean copy would also have teaches nothing. So no adverb is lost whose sentence stands without it, no closing mark is
dropped before a paragraph that opens with one, and no quote is robbed of its speaker beside a quote by the same one.

Each :class:`Wound` names the variety and the very words that give it away: the word before a cut, the word after a gap
or a splice, the second of two equal words, a swapped word, the debris. All chance comes from the ``Random`` passed in.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random

from quotes.marks import paragraphs, quoted
from quotes.records import Attribution, Span


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


GARBLED = ("truncated", "marks", "stray", "spliced", "repeated", "missing", "spun")
VARIETIES = ("orphaned", *GARBLED)

WORD = re.compile(r"[^\W_]+(?:['’\-–.][^\W_]+)*")
OPENERS, CLOSERS = '"“‘«„', '"”’»'
PRONOUNS = _words("he she they it him her")
DETERMINERS = _words("the a an this these those my your his her its our their every each")
PREPOSITIONS = _words("of to in for on with at from by about into between against during under")
AUXILIARIES = _words("is are was were be been am will would can could should must may has have had do does did")
CONJUNCTIONS = _words("and or but because if when while although whether")
_OTHERS = _words("i we you who which that not there what as than so them us me more no")
FUNCTION = DETERMINERS | PREPOSITIONS | AUXILIARIES | CONJUNCTIONS | PRONOUNS | _OTHERS
MODAL = _words("will would can could should must may do did")
_WANTING = _words("the a an my your our their its of")  # a quotation cannot end with them
_CLOSING = re.compile(r"[,.]?[\"”’]")
POSSESSIVE = _words("my your his our their its")
_PLURAL = _words("i you we they these those who people")
TWICE = _words("had that very no really so bye many long again never far more much ha yes now on in up out her")


@dataclass(frozen=True, slots=True)
class Wound:
    """A damage done: its variety and the words of the damaged text that show it."""

    variety: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Copy:
    """An article's text with its attributions, and the damage done to it so far."""

    text: str
    attributions: tuple[Attribution, ...]
    wounds: tuple[Wound, ...] = ()


Piece = tuple[int, int] | str  # a stretch of the old text, or new words


def rewrite(
    copy: Copy, pieces: Sequence[Piece], variety: str, shown: Callable[[str, list[int]], Iterable[tuple[int, int]]]
) -> Copy:
    """The copy put together again from pieces, every span taken along.

    ``shown`` gets the new text and the places in it where each piece starts (and its end), and says what shows the
    damage. A span that was torn apart is its longest part; one of which nothing is left is dropped.
    """
    parts: list[str] = []
    origin: list[int] = []
    seams: list[int] = []
    for piece in pieces:
        seams.append(len(origin))
        if isinstance(piece, str):
            parts.append(piece)
            origin.extend([-1] * len(piece))
        else:
            parts.append(copy.text[slice(*piece)])
            origin.extend(range(*piece))
    seams.append(len(origin))
    text = "".join(parts)
    places = [-1] * len(copy.text)
    for new, old in enumerate(origin):
        if old >= 0:
            places[old] = new

    def moved(span: Span) -> Span | None:
        kept = [places[old] for old in range(span.start, span.end) if places[old] >= 0]
        if not kept:
            return None
        runs, start = [], 0
        for number in range(1, len(kept) + 1):
            if number == len(kept) or not 0 < kept[number] - kept[number - 1] < 60:
                runs.append((kept[start], kept[number - 1] + 1))
                start = number
        return _trimmed(text, *max(runs, key=lambda run: run[1] - run[0]))

    def all_moved(spans: Iterable[Span]) -> tuple[Span, ...]:
        return tuple(new for span in spans if (new := moved(span)) is not None)

    attributions = []
    for said in copy.attributions:
        contents = all_moved(said.contents)
        attributions.append(replace(said, contents=contents, cue=all_moved(said.cue), source=all_moved(said.source)))
    wounds = [replace(wound, spans=all_moved(wound.spans)) for wound in copy.wounds]
    spans = tuple(Span(start, end, text[start:end]) for start, end in shown(text, seams))
    return Copy(text, tuple(attributions), (*(wound for wound in wounds if wound.spans), Wound(variety, spans)))


def damage(
    copy: Copy,
    variety: str,
    random: Random,
    at: int,
    synonyms: Mapping[str, Sequence[str]] | None = None,
    donors: Sequence[str] = (),
) -> Copy | None:
    """The copy with attribution number ``at`` damaged in one way; None where that way is not open.

    A splice may take its second half from ``donors``, sentences of other articles.
    """
    if not copy.attributions[at].contents:
        return None
    if variety == "spun":
        start, end = _reach(copy.attributions[at])
        return spin(copy, random, start, end, synonyms or thesaurus())
    if variety == "spliced":
        return spliced(copy, copy.attributions[at], random, donors)
    return _DAMAGERS[variety](copy, copy.attributions[at], random)


# --- nobody says it -----------------------------------------------------------------------------------------------


def orphaned(copy: Copy, said: Attribution, random: Random) -> Copy | None:
    """The reporting clause dropped, the speaker's paragraphs dropped, or the article's top cut off."""
    ways = [_clause_dropped, _speaker_dropped, _top_cut]
    for way in random.sample(ways, len(ways)):
        damaged = way(copy, said, random)
        if damaged is not None:
            return damaged
    return None


def _clause_dropped(copy: Copy, said: Attribution, random: Random) -> Copy | None:
    """``"Words," she said.`` becomes ``"Words."``, in its place or set elsewhere where nobody speaks before it."""
    text, blocks = copy.text, paragraphs(copy.text)
    inside = [number for number, (start, end) in enumerate(blocks) if start <= said.start and said.end <= end]
    if not inside or said.speech != "direct" or not said.cue:
        return None
    block = blocks[inside[0]]
    others = [other for other in copy.attributions if other is not said and other.contents]
    if any(other.start < block[1] and block[0] < other.end for other in others):
        return None  # somebody else in the paragraph
    contents = sorted(said.contents)
    outside = block[1] - block[0] - sum(len(span) for span in contents)
    words = sum(len(WORD.findall(span.text)) for span in contents)
    if words < 5 or outside > 90:
        return None
    body: list[Piece] = []
    for span in contents:
        end = span.end
        closer = text[end - 1]
        stop = text[end - 2] if closer in CLOSERS else ""
        last = span is contents[-1]
        if body:
            body.append(" ")
        if stop == "," and last and random.random() < 0.8:
            mark = (end - 1, end)
            tails: list[list[Piece]] = [[".", mark], [".", mark], [mark, "."]]
            body += [(span.start, end - 2), *random.choice(tails)]
        else:
            body.append((span.start, end))
    names = {
        word.lower() for span in said.source for word in WORD.findall(span.text) if word.lower() not in DETERMINERS
    }

    def quiet(number: int) -> bool:
        """Nobody who may be the speaker stands in the paragraph before this place, and no speech goes on after it.

        Others may speak there, if their quotations are closed: whoever reads on takes the words for theirs or nobody's.
        """
        following = number + (number == here)
        if following < len(blocks) and text[blocks[following][0]] in OPENERS:
            return False
        if number == 0:
            return True
        start, end = blocks[number - 1]
        before = text[start:end]
        closed = before[-1:] in CLOSERS and before[-2:-1] in ".!?"
        if not (before[-1:] in ".!?" or closed) or (names & {word.lower() for word in WORD.findall(before)}):
            return False
        beside = [other for other in others if other.start < end and start < other.end]
        if not beside:
            return not closed
        known = all(other.source and not PRONOUNS & {span.text.lower() for span in other.source} for other in beside)
        return known and not names & PRONOUNS and all(one.close is not None for one in quoted(before))

    here = inside[0]
    places = [here] if quiet(here) and not names & PRONOUNS else []
    places += [number for number in range(2, len(blocks)) if number not in (here, here + 1) and quiet(number)]
    if quiet(len(blocks)) and here != len(blocks) - 1:
        places += [len(blocks)] * 2
    if not places:
        return None
    place = random.choice(places)
    pieces: list[Piece] = []
    cursor, shown = 0, 0
    order: list[tuple[int, str]] = sorted(
        [(block[0], "cut"), (blocks[place][0] if place < len(blocks) else len(text), "put")],
        key=lambda item: (item[0], item[1] == "cut"),
    )
    for at, what in order:
        pieces.append((cursor, at))
        cursor = at
        if what == "put":
            if at == len(text):
                pieces.append("" if text.endswith("\n\n") else "\n\n")
            shown = len(pieces)
            pieces += body
            if at != len(text) and place != here:
                pieces.append("\n\n")
        if what == "cut":
            cursor = block[1] if place == here else (blocks[here + 1][0] if here + 1 < len(blocks) else len(text))
    pieces.append((cursor, len(text)))
    if place == here:
        pieces = [(0, block[0]), *body, (block[1], len(text))]
        shown = 1
    count = len(body)
    bare = replace(said, cue=(), source=())
    copy = replace(copy, attributions=tuple(bare if other is said else other for other in copy.attributions))
    return rewrite(copy, pieces, "orphaned", lambda new, seams: [_trim(new, seams[shown], seams[shown + count])])


def _speaker_dropped(copy: Copy, said: Attribution, random: Random) -> Copy | None:
    """``the official said`` with every other paragraph gone that has an official in it."""
    if said.speech == "indirect" or len(said.source) != 1:
        return None
    words = WORD.findall(said.source[0].text.lower())
    if not 2 <= len(words) <= 3 or words[0] not in ("the", "that", "this") or said.source[0].text[4:5].isupper():
        return None
    head = words[-1].removesuffix("s")
    blocks = paragraphs(copy.text)
    kept = [
        (start, end)
        for start, end in blocks
        if (start < said.end and said.start < end) or not re.search(rf"\b{re.escape(head)}", copy.text[start:end], re.I)
    ]
    if not 3 <= len(kept) <= len(blocks) - 1:
        return None
    return _blocks_kept(copy, kept, said)


def _top_cut(copy: Copy, said: Attribution, random: Random) -> Copy | None:
    """The article begins with ``"Words," he said.``"""
    if said.speech == "indirect" or len(said.source) != 1 or said.source[0].text.lower() not in PRONOUNS - {"it"}:
        return None
    blocks = paragraphs(copy.text)
    inside = [number for number, (start, end) in enumerate(blocks) if start <= said.start and said.end <= end]
    if not inside or inside[0] == 0 or len(blocks) - inside[0] < 3:
        return None
    start, end = blocks[inside[0]]
    outside = copy.text[start : said.contents[0].start] + copy.text[said.contents[-1].end : end]
    names = [word for word in WORD.findall(outside) if word[0].isupper() and word.lower() not in PRONOUNS]
    return None if names else _blocks_kept(copy, blocks[inside[0] :], said)


def _blocks_kept(copy: Copy, kept: Sequence[tuple[int, int]], said: Attribution) -> Copy:
    pieces: list[Piece] = []
    for block in kept:
        pieces += ["\n\n", block] if pieces else [block]
    number = next(2 * i for i, (start, end) in enumerate(kept) if start <= said.contents[0].start < end)
    at = said.contents[0].start - kept[number // 2][0]
    length = len(said.contents[0])
    return rewrite(
        copy,
        pieces,
        "orphaned",
        lambda new, seams: [(seams[number] + at, min(seams[number] + at + length, seams[number + 1]))],
    )


# --- the words are damaged ----------------------------------------------------------------------------------------


def truncated(copy: Copy, said: Attribution, random: Random) -> Copy | None:
    """The paragraph's end gone, mid-word or mid-sentence; or a quotation's last words gone inside its marks."""
    text = copy.text
    content = max(said.contents)
    block = next(((start, end) for start, end in paragraphs(text) if start <= content.start < end), None)
    if block is None:
        return None
    words = list(WORD.finditer(text, content.start, min(content.end, block[1])))
    if len(words) < 6:
        return None
    inside = text[content.start] in OPENERS and text[content.end - 1 : content.end] in CLOSERS and random.random() < 0.3
    number = random.randrange(4, len(words) - 1)
    word = words[number]
    before = words[number - 1].group().lower()
    if len(word.group()) >= 5 and word.group().isalpha() and random.random() < 0.55:
        cut = word.start() + random.randrange(2, len(word.group()) - 1)
    elif inside and before not in DETERMINERS | PREPOSITIONS - {"in", "on"}:
        return None  # people do break off
    elif text[words[number - 1].end()] in ".!?":
        return None
    else:
        cut = words[number - 1].end()
    last = _word_before(text, cut)
    if inside:
        stop = content.end - (2 if text[content.end - 2] in ",." else 1)
        return rewrite(copy, [(0, cut), (stop, len(text))], "truncated", lambda new, seams: [last])
    resume = block[1]
    if random.random() < 0.2:
        resume = len(text)
    return rewrite(copy, [(0, cut), (resume, len(text))], "truncated", lambda new, seams: [last])


def stops_lost(copy: Copy, random: Random, rate: float = 0.06) -> Copy:
    """A copy some of whose paragraphs have lost their last full stop and nothing else: careless, but no harm."""
    ends = [
        end - 1
        for start, end in paragraphs(copy.text)
        if copy.text[end - 1] == "." and copy.text[end - 3 : end - 1].islower() and random.random() < rate
    ]
    if not ends:
        return copy
    kept = list(zip([0, *(end + 1 for end in ends)], [*ends, len(copy.text)], strict=True))
    made = rewrite(copy, kept, "", lambda new, seams: ())
    return replace(made, wounds=made.wounds[:-1])


def marks(copy: Copy, said: Attribution, random: Random) -> Copy | None:
    """A mark dropped, doubled, or single where its fellow is double."""
    text = copy.text
    spans = [span for span in said.contents if len(span) > 20]
    found = [
        (span.start + m.start(), m.group())
        for span in spans
        for m in re.finditer(r"(?<!\w)[\"“](?=\w)|(?<=[\w.,!?])[\"”](?!\w)", span.text)
    ]
    if len(found) < 2:
        return None
    at, mark = random.choice(found)
    opening = at + 1 < len(text) and text[at + 1].isalnum()
    way = random.choice(["drop", "drop", "double", "kind"])
    new = ""
    if way == "drop":
        block = next((number for number, (start, end) in enumerate(paragraphs(text)) if start <= at < end), None)
        blocks = paragraphs(text)
        if block is None:
            return None
        ends = not text[at + 1 : blocks[block][1]].strip(" .,")
        if not opening and ends and block + 1 < len(blocks) and text[blocks[block + 1][0]] in OPENERS:
            return None  # the speech runs on: that is the rule
        if opening and block and said.contents[0].start < blocks[block][0]:
            return None
    elif way == "double":
        new = mark * 2
    else:
        new = {"“": "‘", "”": "’", '"': "'"}[mark]
        if not opening and text[at - 1] == "s":
            return None
    shown = (at, at + len(new)) if new else (at, at)

    def words(damaged: str, seams: list[int]) -> list[tuple[int, int]]:
        start, end = shown
        if start == end:
            return [_word_at(damaged, start if opening else max(0, start - 1))]
        return [(start, end)]

    return rewrite(copy, [(0, at), new, (at + 1, len(text))], "marks", words)


_POINTS = (", .", " , .", ",,", " .", ";,", ". ,", ",.", " ;", ".,", " ,,", ":.")
_DEBRIS = (
    "<br />",
    "<p>",
    "</p>",
    "&nbsp;",
    "&amp;nbsp;",
    "&#8217;",
    "&quot;",
    "</span>",
    "<em>",
    "[/caption]",
    "[embed]",
    "{{ad}}",
    "Advertisement",
    "ADVERTISEMENT",
    "Advertisement - story continues below",
    "Story continues below advertisement",
    "(adsbygoogle = window.adsbygoogle || []).push({});",
    "Image copyright Getty Images",
    "Image caption",
    "Loading...",
    "READ MORE:",
    "Read more",
    "Share this article",
    "Click here to subscribe",
    "Related:",
    "Play Video",
    "\ufffd",
    "\ufffd\ufffd",
    "googletag.cmd.push(function()",
    "Photo: Getty Images",
    "SIGN UP",
    "[embedded content]",
    "Continue reading the main story",
    "<a href=",
    'target="_blank">',
    "&lt;",
    "|",
    "\\n",
    "\\u2019",
    "[IMAGE]",
    "###",
)


def stray(copy: Copy, said: Attribution, random: Random) -> Copy | None:
    """Punctuation, mark-up, captions, advertisements or wrongly decoded characters amid the words."""
    text = copy.text
    span = random.choice(said.contents)
    words = list(WORD.finditer(text, span.start, span.end))
    if len(words) < 5:
        return None
    way = random.random()
    if way < 0.15:
        return _mojibake(copy, span)
    word = words[random.randrange(1, len(words) - 1)]
    at = word.end()
    following = text[at : at + 1]
    if following not in (" ", ","):
        return None
    if way < 0.6:
        points = random.choice(_POINTS)
        joined = random.random() < 0.4 and points[-1] == "."
        resume = at + (following == ",")
        resume += text[resume : resume + 1] == " " if joined else 0
        if following == " " and points in (",", " ;"):
            return None
        return rewrite(
            copy, [(0, at), points, (resume, len(text))], "stray", lambda new, seams: [_trim(new, seams[1], seams[2])]
        )
    gap = "\n\n" if random.random() < 0.25 else " "
    debris = random.choice(_DEBRIS)
    pieces: list[Piece] = [(0, at), gap, debris, (at, len(text)) if gap == " " else "\n\n"]
    if gap != " ":
        pieces.append((at + 1 if following == " " else at, len(text)))
    return rewrite(copy, pieces, "stray", lambda new, seams: [(seams[2], seams[3])])


def _mojibake(copy: Copy, span: Span) -> Copy | None:
    """UTF-8 read as Windows-1252: ``don’t`` becomes ``donâ€™t``."""
    pieces: list[Piece] = []
    cursor, shown = 0, []
    for number in range(span.start, span.end):
        character = copy.text[number]
        if character in "'’" and 0 < number < span.end - 1 and copy.text[number - 1].isalpha():
            wrong = "â€™"
        elif ord(character) > 127:
            try:
                wrong = character.encode("utf-8").decode("cp1252")
            except UnicodeDecodeError:
                continue
        else:
            continue
        pieces += [(cursor, number), wrong]
        shown.append(len(pieces) - 1)
        cursor = number + 1
    if not pieces:
        return None
    pieces.append((cursor, len(copy.text)))
    return rewrite(copy, pieces, "stray", lambda new, seams: [(seams[piece], seams[piece + 1]) for piece in shown])


def spliced(copy: Copy, said: Attribution, random: Random, donors: Sequence[str] = ()) -> Copy | None:
    """The beginning of one speaker's sentence run into the middle of another's, or of one from elsewhere."""
    text = copy.text
    span = max(said.contents, key=len)
    mine = list(WORD.finditer(text, span.start, span.end))
    name = " ".join(part.text for part in said.source)
    others = [
        part.text
        for other in copy.attributions
        if other.speech != "indirect" and " ".join(part.text for part in other.source) != name
        for part in other.contents
        if not part.overlaps(span) and len(part) > 50
    ]
    if donors and (not others or random.random() < 0.6):
        others = list(donors)
    if not others or len(mine) < 8 or "\n" in span.text:
        return None
    theirs = random.choice(others)
    theirs = theirs[: -1 if theirs[-1] in CLOSERS else None]
    theirs = theirs[: -1 if theirs[-1:] in (".", ",", "!", "?") else None]
    words = list(WORD.finditer(theirs))
    if len(words) < 9:
        return None
    cut = mine[random.randrange(4, len(mine) - 2)]
    number = random.randrange(3, len(words) - 4)
    tail = theirs[words[number].start() :]
    if not _amid(text, cut.end()) or not _amid(theirs, words[number - 1].end()) or any(c in tail for c in '\n"“”'):
        return None
    before, after = cut.group().lower(), words[number].group().lower()
    if before == after or after in CONJUNCTIONS or after in ("that", "who", "which", "as"):
        return None  # such a join reads on
    if before not in FUNCTION and after in PREPOSITIONS and random.random() < 0.7:
        return None
    end = span.end - (1 if text[span.end - 1] in CLOSERS else 0)
    end -= text[end - 1] in ".,!?"
    rest = replace(said, contents=tuple(part for part in said.contents if part != span))
    copy = replace(copy, attributions=tuple(rest if one is said else one for one in copy.attributions))
    made = rewrite(
        copy,
        [(0, cut.end()), " " + tail, (end, len(text))],
        "spliced",
        lambda new, seams: [_word_at(new, seams[1] + 1)],
    )
    stop = cut.end() + 1 + len(tail) + span.end - end
    joined = Span(span.start, stop, made.text[span.start : stop])
    attributions = (
        replace(new, contents=tuple(sorted((*new.contents, joined)))) if old is rest else new
        for old, new in zip(copy.attributions, made.attributions, strict=True)
    )
    return replace(made, attributions=tuple(attributions))


def repeated(copy: Copy, said: Attribution, random: Random) -> Copy | None:
    """A word, or two or three, set twice."""
    text = copy.text
    span = random.choice(said.contents)
    words = list(WORD.finditer(text, span.start, span.end))
    length = random.choice([1, 1, 1, 2, 3])
    if len(words) < length + 4:
        return None
    first = random.randrange(0, len(words) - length)
    if length == 1 and random.random() < 0.6:
        small = [number for number in range(len(words) - 1) if words[number].group().lower() in FUNCTION]
        first = random.choice(small) if small else first
    chosen = words[first : first + length]
    if length == 1 and (chosen[0].group().lower() in TWICE or not chosen[0].group().isalpha()):
        return None
    start, end = chosen[0].start(), chosen[-1].end()
    if re.search(r"[^\w\s'’-]", text[start:end]) or text[end : end + 1] not in (" ", ",", "."):
        return None
    again = text[start:end]
    return rewrite(
        copy,
        [(0, end), " ", again, (end, len(text))],
        "repeated",
        lambda new, seams: _words_in(new, seams[2], seams[3]),
    )


def missing(copy: Copy, said: Attribution, random: Random) -> Copy | None:
    """A word lost that the sentence cannot do without, a few words in the middle, or what a quotation ended with."""
    text = copy.text
    span = random.choice(said.contents)
    words = list(WORD.finditer(text, span.start, span.end))
    if len(words) < 7:
        return None
    if random.random() < 0.12:
        for left, lost in pairwise(words):
            if left.group().lower() in _WANTING and _CLOSING.match(text, lost.end()):
                pieces = [(0, left.end()), (lost.end(), len(text))]
                return rewrite(copy, pieces, "missing", lambda new, seams: [_word_before(new, seams[1])])
    spelt = [word.group() for word in words]
    amid = [text[one.end() : two.start()] == " " for one, two in pairwise(words)]
    few = random.random() < 0.15
    losses = [
        (number, number + count, _need(spelt, number) if count == 1 else 1.0)
        for count in ((2, 3) if few else (1,))
        for number in range(1, len(words) - count)
        if all(amid[number - 1 : number + count])
        and (count == 1 or (spelt[number - 1] in FUNCTION and spelt[number + count] in FUNCTION))
    ]
    losses = [loss for loss in losses if loss[2] and spelt[loss[0] - 1].lower() != spelt[loss[1]].lower()]
    if not losses:
        return None
    first, last, _ = random.choices(losses, [need for _, _, need in losses])[0]
    return rewrite(
        copy,
        [(0, words[first].start()), (words[last].start(), len(text))],
        "missing",
        lambda new, seams: [_word_at(new, seams[1])],
    )


def _need(words: Sequence[str], at: int) -> float:
    """How much a sentence wants the word that stands between two others: 0 where it reads on without."""
    before, word, after = (each.lower() for each in words[at - 1 : at + 2])
    if after in CONJUNCTIONS or words[at + 1][0].isupper():
        return 0.4 if word in ("of", "to", "be", "been") else 0.0
    if word in MODAL:
        return 0.0 if before in _PLURAL or before.endswith("s") else 1.0
    if word in AUXILIARIES:
        return 1.0
    if word in PREPOSITIONS:
        if before in ("all", "both", "half", "outside", "inside", "help", "helped", "off"):
            return 0.0
        return 1.0 if after not in FUNCTION or word in ("of", "to", "for", "with") else 0.5
    if word in ("a", "an"):
        return 0.5
    if word == "the" or word in POSSESSIVE:
        return 0.3 if (before in PREPOSITIONS or before not in FUNCTION) and not after.endswith("s") else 0.0
    if word in FUNCTION:
        return 0.0
    if before in ("the", "a", "an", *POSSESSIVE) and after in PREPOSITIONS | AUXILIARIES | {"that", "who", "and"}:
        return 1.0  # "in the of"
    if before in PREPOSITIONS and after in PREPOSITIONS | AUXILIARIES:
        return 0.5
    if before in MODAL | PRONOUNS | {"to", "i", "we", "you"} and after in DETERMINERS | PREPOSITIONS | {"him", "them"}:
        return 0.6  # "he will the harbour"
    return 0.0


# --- spinning -----------------------------------------------------------------------------------------------------


@cache
def thesaurus() -> Mapping[str, tuple[str, ...]]:
    """The spinner's thesaurus that stands beside this module."""
    entries: dict[str, tuple[str, ...]] = {}
    for line in (Path(__file__).with_name("thesaurus.txt")).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            word, _, others = line.partition(": ")
            entries[word] = tuple(others.split(", "))
    return entries


_PHRASES = (
    ("President Trump", "Mr Trump"),
    ("the United States", "the USA"),
    ("The United States", "The USA"),
    ("U.S.", "USA"),
    ("the US", "the USA"),
    ("New York", "NY"),
    ("on Monday", "today"),
    ("on Tuesday", "today"),
    ("on Wednesday", "today"),
    ("on Thursday", "today"),
    ("on Friday", "today"),
    ("last week", "this week"),
    ("in order to", "so as to"),
    ("White House", "White home"),
    ("as well as", "in addition to"),
    ("at least", "a minimum of"),
    ("such as", "akin to"),
    ("United Nations", "joined countries"),
    ("Supreme Court", "best court"),
    ("health care", "well being care"),
    ("human rights", "individual rights"),
    ("for example", "as an illustration"),
    ("going to", "planning to"),
    ("take care of", "handle"),
)


def spin(
    copy: Copy, random: Random, start: int, end: int, synonyms: Mapping[str, Sequence[str]], rate: float | None = None
) -> Copy | None:
    """The words of ``[start, end)`` swapped for near synonyms, without regard to agreement, names or fixed phrases.

    The rate is drawn between a sixth and a half of the words that can be swapped; three swaps at least, else None.
    """
    rate = rate or random.uniform(0.2, 0.6)
    pieces: list[Piece] = []
    cursor = start
    pieces.append((0, start))
    edits: list[tuple[int, int, str]] = []
    for phrase, other in _PHRASES:
        found = re.finditer(rf"(?<!\w){re.escape(phrase)}(?!\w)", copy.text[start:end])
        edits += [(start + m.start(), start + m.end(), other) for m in found if random.random() < rate]
    taken = [(first, last) for first, last, _ in edits]
    for m in WORD.finditer(copy.text, start, end):
        if any(first < m.end() and m.start() < last for first, last in taken):
            continue
        if random.random() < rate and (word := swapped(m.group(), synonyms, random)):
            edits.append((m.start(), m.end(), word))
    edits.sort()
    if len(edits) < 3:
        return None
    new_pieces: list[int] = []
    for first, last, new in edits:
        pieces += [(cursor, first), new]
        new_pieces.append(len(pieces) - 1)
        cursor = last
    pieces.append((cursor, len(copy.text)))
    return rewrite(copy, pieces, "spun", lambda new, seams: [(seams[piece], seams[piece + 1]) for piece in new_pieces])


def swapped(word: str, synonyms: Mapping[str, Sequence[str]], random: Random) -> str | None:
    """Another word for this one, in the inflection that a spinner guesses (often wrongly); None if there is none."""
    low = word.lower()
    for ending, stems in _ENDINGS:
        if ending and not low.endswith(ending):
            continue
        base = low.removesuffix(ending) if ending else low
        for stem in stems:
            found = synonyms.get(base + stem)
            if found:
                other = random.choice(list(found))
                other = _inflected(other, ending) if random.random() < 0.85 else other
                if other.lower() == low:
                    return None
                return other[0].upper() + other[1:] if word[0].isupper() else other
    return None


_ENDINGS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("", ("",)),
    ("'s", ("",)),
    ("’s", ("",)),
    ("ies", ("y",)),
    ("s", ("", "e")),
    ("ied", ("y",)),
    ("ed", ("", "e")),
    ("ing", ("", "e")),
    ("ly", ("",)),
)


def _inflected(word: str, ending: str) -> str:
    head, space, rest = word.partition(" ")
    if not ending:
        return word
    if ending in ("'s", "’s"):
        return word + ending
    if ending in ("s", "ies"):
        head = (
            head[:-1] + "ies"
            if head[-1] == "y" and head[-2:-1] not in "aeo"
            else head + ("es" if head[-1] in "sxh" else "s")
        )
    elif ending in ("ed", "ied"):
        head = (
            head + "d"
            if head[-1] == "e"
            else head[:-1] + "ied"
            if head[-1] == "y" and head[-2:-1] not in "aeo"
            else head + "ed"
        )
    elif ending == "ing":
        head = head[:-1] + "ing" if head[-1] == "e" and head[-2:-1] != "e" else head + "ing"
    else:
        head = head + "ly"
    return head + space + rest


# --- places -------------------------------------------------------------------------------------------------------


def _reach(said: Attribution) -> tuple[int, int]:
    return said.start, said.end


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _trimmed(text: str, start: int, end: int) -> Span | None:
    start, end = _trim(text, start, end)
    return Span(start, end, text[start:end]) if start < end else None


def _word_before(text: str, end: int) -> tuple[int, int]:
    start = end
    while start and (text[start - 1].isalnum() or text[start - 1] in "'’-"):
        start -= 1
    return start, end


def _word_at(text: str, place: int) -> tuple[int, int]:
    m = WORD.search(text, max(0, place))
    if m is not None and m.start() - place < 8:
        return m.start(), m.end()
    return _word_before(text, place)


def _words_in(text: str, start: int, end: int) -> list[tuple[int, int]]:
    return [(m.start(), m.end()) for m in WORD.finditer(text, start, end)]


def _amid(text: str, place: int) -> bool:
    """Whether the words run on here: a single space, and no sentence begins."""
    return text[place : place + 1] == " " and text[place + 1 : place + 2].islower()


_DAMAGERS: Mapping[str, Callable[[Copy, Attribution, Random], Copy | None]] = {
    "orphaned": orphaned,
    "truncated": truncated,
    "marks": marks,
    "stray": stray,
    "repeated": repeated,
    "missing": missing,
}


# --- in single words ----------------------------------------------------------------------------------------------


def nearest(spans: Sequence[Span], start: int, end: int) -> list[Span]:
    """The spans (in order of the text) that touch ``[start, end)``."""
    first = bisect_left(spans, start, key=lambda span: span.end)
    return [span for span in spans[first:] if span.start < end]
