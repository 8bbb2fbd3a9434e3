"""Traces of damage that rules can tell: debris, words set twice, ends that are none, quotation marks without a fellow.

Every trace is an :class:`Evidence` with the words that show it and a reason. A rule says what it sees and how sure such
a sight is by itself; whether a quote is damaged is for the classifier, which sees where the trace stands.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate

from quotes.marks import Quoted
from quotes.records import Evidence, Span

WORD = re.compile(r"\w+(?:['’\-–]\w+)*")


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


# Words that no English sentence ends with, and those that few do.
_ARTICLES = _words("the a an my your our their every")
_STRANDED = _words("of from into onto upon than between")  # "what it is made of": seldom, but people do
NEVER_LAST = _ARTICLES | _STRANDED | _words("its and or but nor if because although whose to-be among despite whereas")
SELDOM_LAST = _words(
    "to with for by at as is are was were be been am will would could should must may might has have had this his "
    "her he she they we i who which that when while where what how not very so such these those per via about "
    "it's don't i'm can't we're didn't doesn't isn't won't he's they're"
)
HARDLY_LAST = _words(
    "on in over under after before against during through just also even only really all any some more most if "
    "then there up out off being having going get let make want need both each either without within toward "
    "towards"
)


class Vocabulary:
    """Words and how often they were seen, for telling a word from the stump of one."""

    def __init__(self, words: Sequence[str], counts: Sequence[int]):
        order = sorted(range(len(words)), key=words.__getitem__)
        self.words = [words[number] for number in order]
        self.totals = [0, *accumulate(counts[number] for number in order)]

    @classmethod
    def parse(cls, text: str) -> Vocabulary:
        """Lines of a count and the words that have it: ``12 able abroad …``."""
        words: list[str] = []
        counts: list[int] = []
        for line in text.splitlines():
            count, *those = line.split()
            words += those
            counts += [int(count)] * len(those)
        return cls(words, counts)

    def count(self, word: str) -> int:
        at = bisect_left(self.words, word)
        return self.totals[at + 1] - self.totals[at] if at < len(self.words) and self.words[at] == word else 0

    def begun(self, stump: str) -> int:
        """How often words were seen that begin so and go on."""
        first, last = bisect_left(self.words, stump), bisect_left(self.words, stump + "\U0010ffff")
        return self.totals[last] - self.totals[first] - self.count(stump)


def traces(
    text: str, quotations: Sequence[Quoted], blocks: Sequence[tuple[int, int]], known: Vocabulary
) -> tuple[Evidence, ...]:
    """All traces in a text, in order of the text; ``blocks`` are its paragraphs."""
    found = [*debris(text), *twice(text), *unpaired(text, quotations), *ends(text, quotations, blocks, known)]
    return tuple(sorted(found, key=lambda trace: (trace.spans[0], trace.sign)))


# --- debris -------------------------------------------------------------------------------------------------------

_TAGS = (
    "a|abbr|aside|b|blockquote|br|center|cite|div|em|figcaption|figure|font|h[1-6]|hr|i|iframe|img|li|ol|p|script|section|"
    "small|span|strong|style|sub|sup|table|td|tr|u|ul|video"
)
_DOMAINS = r"(?:com|org|net|gov|edu|io|co|uk|mil|eu|us|tv|info|ly|me)\b"
_MARK_UP = "mark-up inside the words"
_PROGRAM = "program text inside the words"
_DECODED = "wrongly decoded characters"
_MID_STOP = "a full stop before a word in mid-sentence"
_STOP_COMMA = "a full stop and a comma together"
_UNFIT = "punctuation that does not fit"
# How sure such a sight is by itself, what it is, and its pattern.
_DEBRIS: tuple[tuple[float, str, re.Pattern[str]], ...] = tuple(
    (sure, reason, re.compile(pattern, re.IGNORECASE if reason == _MARK_UP else 0))
    for sure, reason, pattern in (
        (0.97, _MARK_UP, rf"</?(?:{_TAGS})(?:\s[^<>\n]*)?/?>|<a href=?|target=\"_blank\">?|<!--|-->"),
        (0.97, _MARK_UP, r"&(?:amp;)?(?:#\d{2,5}|#x[0-9a-f]{2,4});"),
        (0.97, _MARK_UP, r"&(?:amp;)?(?:nbsp|amp|quot|apos|lt|gt|[lr][sd]quo|[mn]dash|hellip);"),
        (
            0.95,
            _MARK_UP,
            r"\[/?(?:caption|embed(?:ded)?|gallery|video|audio|image|img|photo|slideshow|tweet|url|youtube)\b[^\]\n]{0,80}\]",
        ),
        (0.85, _MARK_UP, r"\[\[|\]\]"),
        (0.95, _MARK_UP, r"\{\{[^}\n]{0,60}\}\}"),
        (0.95, _PROGRAM, r"\\u[0-9a-fA-F]{4}|\\n|\\t|googletag\.\S*|\(?adsbygoogle\b[^\n;]*;?"),
        (0.95, _PROGRAM, r"window\.\w+|document\.\w+\(|function\s?\([^)\n]*\)"),
        (0.98, _DECODED, r"â€[^\s\w]?[™œ˜“”\x9d\x9c\x99\x98¦]?|Ã[\x80-\xbf©¨¢¶¼¤±³¡­]|Â(?=[\s\xa0«»°£])|ï»¿|\ufffd+"),
        (0.96, "a comma and a full stop together", r"(?<=[\w’'])\s?,\s?\.(?!\.)(?!\d)"),
        (0.95, "two commas together", r"(?<=[\w’'])\s?,(?:\s?,)+(?=[\s\w])"),
        (0.93, _UNFIT, r"(?<=[\w’'])\s?(?:;\s?,|,\s?;|:\s?\.(?!\.)|;\s?\.(?!\.)|:\s?,)(?=[\s\w])"),
        (0.90, _STOP_COMMA, r"(?<=[a-z])\s?\.\s,(?=[\s\w])|(?<=[\w’'])\s\.,(?=[\s\w])"),
        (0.60, _STOP_COMMA, r"(?<=[a-z]{5})\.,(?=[\s\w])"),
        (0.92, _MID_STOP, rf"(?<=[\w,’'])\s\.(?=[a-z]{{2,}})(?!{_DOMAINS})"),
        (0.70, _MID_STOP, rf"(?<=\s[a-z]{{4}})\.(?=[a-z]{{2,}}\s)(?!{_DOMAINS})"),
        (0.70, _MID_STOP, r"(?<=[a-z]{4})\.(?=(?:it|the|he|she|they|we|and|but|in|to|of|is|that)\s)"),
        (0.85, "a full stop that stands alone", r"(?<=[a-z’'])\s\.(?=\s+[a-z])"),
        (0.55, "a comma that stands alone", r"(?<=[\w’'])\s,(?=\s)"),
        (0.55, "a semicolon that stands alone", r"(?<=[\w’'])\s[;](?=\s)"),
        (0.45, "two full stops", r"(?<=[\w’'])\.\.(?![.\w/])"),
        (0.60, "a bar in mid-sentence", r"(?<=[a-z,]\s)\|(?=\s[a-z])|(?<=[a-z,])\s?###+"),
    )
)
_NOTICE = re.compile(
    r"(?:advertisements?|advertisement\W+(?:story\s+)?continues\s+below|(?:story|article)\s+continues\s+(?:below|after)\b.*|"
    r"image\s+(?:copyright|caption|source)\b.{0,60}|media\s+caption\b.{0,60}|(?:photo|picture|image|credit)s?:.{0,60}|"
    r"loading\.*|read\s+more\b.{0,80}|(?:related|see\s+also|also\s+read|watch|recommended|more\s+on\s+this)\b:?.{0,80}|"
    r"share\s+(?:this|on)\b.{0,40}|click\s+(?:here|to)\b.{0,60}|sign\s+up\b.{0,60}|subscribe\b.{0,60}|"
    r"continue\s+reading\b.{0,60}|play\s+video|skip\s+advert(?:isement)?|getty\s+images|\W+)",
    re.IGNORECASE,
)
_INLINE_NOTICE = re.compile(
    r"(?<=[a-z,.] )(?:Advertisement(?: [-–—] story continues below)?|ADVERTISEMENT|Story continues below advertisement|"
    r"Image (?:copyright|caption)(?: Getty Images)?|Loading\.\.\.|READ MORE:?|Read more|Share this article|"
    r"Click here to subscribe|"
    r"Related:|Play Video|SIGN UP|Photo: Getty Images|Continue reading the main story|Skip advert)(?= [a-z])"
)


def debris(text: str) -> Iterator[Evidence]:
    """Punctuation that cannot be, mark-up, program text, wrongly decoded characters, and notices amid a sentence."""
    taken: set[int] = set()
    for probability, reason, pattern in _DEBRIS:
        for m in pattern.finditer(text):
            start = m.start() + len(m.group()) - len(m.group().lstrip())
            if start in taken:
                continue
            taken.update(range(start, m.end()))
            yield Evidence(
                "stray",
                (Span(start, m.end(), text[start : m.end()]),),
                probability,
                f"{reason}: {_shown(text, start, m.end())}",
            )
    for m in _INLINE_NOTICE.finditer(text):
        yield Evidence("stray", (Span(*m.span(), m.group()),), 0.95, f"a page's notice inside the words: “{m.group()}”")


def notices(text: str, blocks: Sequence[tuple[int, int]]) -> Iterator[Evidence]:
    """Paragraphs that belong to the page: debris only where a sentence goes on after them."""
    for before, (start, end), after in zip(blocks, blocks[1:], blocks[2:], strict=False):
        body = text[start:end]
        if len(body) < 90 and _NOTICE.fullmatch(body):
            runs_on = text[before[1] - 1].isalnum() or text[before[1] - 1] == ","
            if runs_on and (text[after[0]].islower() or text[before[1] - 1] == ","):
                yield Evidence(
                    "stray", (Span(start, end, body),), 0.95, f"a page's notice inside the words: “{body[:40]}”"
                )


def _shown(text: str, start: int, end: int) -> str:
    """The words for the reason, with the end of the word before and the start of the one after where they touch."""
    while end < len(text) and text[end].isalnum() and end - start < 20:
        end += 1
    return f"“{text[start:end].strip()}”"


# --- words set twice ----------------------------------------------------------------------------------------------

_TWICE = re.compile(r"(?<![\w'’-])(\w+(?:['’]\w+)?)[ \t]+\1(?![\w'’-])", re.IGNORECASE)
_PHRASE_TWICE = re.compile(
    r"(?<![\w'’-])((?:\w+(?:['’-]\w+)*[ \t]+){1,5}\w+(?:['’-]\w+)*)[ \t]+\1(?![\w'’-])", re.IGNORECASE
)
_MAY_DOUBLE = _words(
    "etc had that very so no really bye long again never far more ha yes now blah yeah ho knock hey well big old there "
    "ok okay please go hot hear bad good quite"
)
_PARTICLES = _words(
    "in on up out her him you all too many much his off over by do"
)  # logged in in May, call her her name
_SMALL = _words(
    "the a an of to and in for with by at from as or but we i he she they it this our their his my your its was "
    "were are be been has have will would can if than not who which into about what when us"
)


def twice(text: str) -> Iterator[Evidence]:
    """A word, or a few words, that stand twice in a row with nothing between."""
    for m in _TWICE.finditer(text):
        word = m.group(1).lower()
        again = text[m.end() - len(m.group(1)) : m.end()]
        if word in _MAY_DOUBLE or not word[0].isalpha() or "\n" in m.group():
            continue
        if m.group(1)[0].isupper() and again[0].isupper() and word != "i":
            continue  # Duran Duran
        probability = 0.5 if word in _PARTICLES else 0.95 if word in _SMALL else 0.7
        yield Evidence(
            "repeated", (Span(m.end() - len(again), m.end(), again),), probability, f"“{again}” stands twice"
        )
    for m in _PHRASE_TWICE.finditer(text):
        words = m.group(1).split()
        linked = len(words) == 2 and {words[0].lower(), words[1].lower()} & {"and", "or", "by", "upon", "after"}
        if linked or len({word.lower() for word in words}) == 1:
            continue  # again and again and again
        start = m.end() - len(m.group(1))
        again = text[start : m.end()]
        if again[0].isupper() and again.split()[-1][0].isupper():
            continue
        yield Evidence("repeated", (Span(start, m.end(), again),), 0.9, f"“{again}” stands twice")


# --- quotation marks ----------------------------------------------------------------------------------------------


def unpaired(text: str, quotations: Sequence[Quoted]) -> Iterator[Evidence]:
    """Marks that open and never close, close what never opened, do not fit each other, or stand doubled."""
    british = _british(quotations)
    for one in quotations:
        opening, closing = one.open, one.close
        if one.problem is None:
            continue
        spans = tuple(span for span in (opening, closing) if span is not None)
        reason = f"{one.problem} quotation marks"
        if one.problem == "unclosed" and opening:
            reason = f"opens with {opening.text} and never closes"
        elif one.problem == "unopened" and closing:
            reason = f"closes with {closing.text} and never opened"
        elif one.problem in ("mismatched", "typography") and opening and closing:
            reason = f"opens with {opening.text} and closes with {closing.text}"
        elif one.problem == "doubled":
            double = [span for span in spans if len(span) > 1]
            spans = tuple(double) or spans
            reason = f"the mark {spans[0].text} is doubled"
        if spans:
            sure = 0.1 if one.problem == "typography" else 0.9 if _is_mark(text, one, british) else 0.5
            yield Evidence(one.problem, spans, sure, reason)


def _british(quotations: Sequence[Quoted]) -> bool:
    """Whether the article quotes in single marks: twice at least, and no less than in double ones."""
    paired = Counter(one.level for one in quotations if one.depth == 0 and one.problem is None)
    return paired["single"] >= max(2, paired["double"])


def _is_mark(text: str, one: Quoted, british: bool) -> bool:
    """Whether a mark without a fellow quotes: a single one may be an apostrophe, or a letter of a name (‘Abd al-Qader).

    One that opens inside a quotation, after the comma or colon of ``he said, ‘`` or in British copy is none of these.
    """
    if one.level == "double":
        return True
    opens = one.problem == "unclosed" and text[one.inner_start : one.inner_start + 1].isalnum()
    introduced = text[max(0, one.start - 3) : one.start].rstrip(" \u00a0").endswith((",", ":"))
    return opens and (british or one.depth > 0 or introduced)


# --- ends ---------------------------------------------------------------------------------------------------------

_SENTENCE_END = re.compile(r"[.!?][\"”’'»)\]]*\s")
_BYLINE = re.compile(r"(?:\s[–—―-]|[–—―])\s*[^.!?–—―]{1,100}\Z")
_SIGNED = re.compile(r"[.!?…\"”’'»]\s*[–—―-]{1,2}\s*[A-Z][^.!?–—―]{1,60}\Z")


def ends(
    text: str, quotations: Sequence[Quoted], blocks: Sequence[tuple[int, int]], known: Vocabulary
) -> Iterator[Evidence]:
    """Paragraphs and quotations that stop in the middle of a word or a sentence.

    Signs: ``stump`` (a word that is not one), ``hanging`` (a word that nothing ends with), ``open end`` (no full stop);
    ``stump inside`` and ``hanging inside`` before a closing mark, where people do break off.
    """
    for number, (start, end) in enumerate(blocks):
        runs_on = number + 1 < len(blocks) and text[blocks[number + 1][0]].islower()
        if runs_on or len(WORD.findall(text, start, min(end, start + 400))) < 5:
            continue
        body_end = end
        while body_end > start and text[body_end - 1] in "\"”’'»)] ":
            body_end -= 1
        if body_end and (text[body_end - 1].isalnum() or text[body_end - 1] in ",-–("):
            for trace in _end(text, start, body_end, known, whole=body_end == end):
                if trace.sign != "open end" or _prose(text[start:end]):
                    yield trace
    for one in quotations:
        last = text[one.inner_end - 1]
        if one.close is None or one.inner_end - one.inner_start < 20 or not (last.isalnum() or last == ","):
            continue
        inner = text[one.inner_start : one.inner_end]
        if len(inner.split()) >= 4:
            yield from _end(text, one.inner_start, one.inner_end, known, whole=False)


def _prose(block: str) -> bool:
    """Whether a paragraph is such that only a full stop can end it: no headline, caption or menu, no dash and name."""
    return (bool(_SENTENCE_END.search(block)) or len(WORD.findall(block)) >= 25) and not _BYLINE.search(block)


def signed(block: str) -> bool:
    """Whether a paragraph ends with a quotation or sentence, a dash and a name: ``“Words.” ― Anna Lind``."""
    return _SIGNED.search(block) is not None


def _end(text: str, start: int, end: int, known: Vocabulary, whole: bool) -> Iterator[Evidence]:
    """``whole``: nothing at all follows in the paragraph, not even a mark."""
    place = end
    while place > start and not text[place - 1].isalnum():
        place -= 1
    first = place
    while first > start and (text[first - 1].isalnum() or text[first - 1] in "'’"):
        first -= 1
    word = text[first:place]
    low = word.lower().replace("’", "'")
    span = Span(first, place, word)
    where = "" if whole else " inside"
    cut, broken = f"stops mid-sentence after “{word}”", f'ends mid-word: "{word}"'
    if low in NEVER_LAST:
        sure = 0.95 if whole or low in _ARTICLES else 0.4 if low in _STRANDED else 0.8
        yield Evidence(f"hanging{where}", (span,), sure, cut)
    elif low in SELDOM_LAST or low in HARDLY_LAST:
        if whole:
            yield Evidence("hanging", (span,), 0.85 if low in SELDOM_LAST else 0.7, cut)
    elif (
        low.isalpha()
        and not (word.isupper() and len(word) > 1)
        and (sure := stump(text, low, word[0].isupper(), known))
    ):
        yield Evidence(f"stump{where}", (span,), sure, broken)
    elif whole and not word[0].isupper():
        yield Evidence("open end", (span,), 0.2, f"ends without a full stop, after “{word}”")


def stump(text: str, word: str, capital: bool, known: Vocabulary) -> float:
    """How likely a word at an unmarked end is the stump of a longer one, by what is known and what the article says.

    One that the article completes elsewhere and never uses by itself is nearly sure; one that is rare by itself while
    many words begin so is likely; a known word is not.
    """
    if len(word) < 2:
        return 0.0
    longer = {m.lower() for m in re.findall(rf"(?<![\w]){re.escape(word)}[a-z]{{2,}}", text, re.IGNORECASE)}
    longer = {other for other in longer if other[len(word) :] not in ("es", "ed", "er", "ers", "ing", "ly")}
    alone = len(re.findall(rf"(?<![\w]){re.escape(word)}(?![\w-])", text, re.IGNORECASE)) > 1
    count, begun = known.count(word), known.begun(word)
    if alone or (capital and not longer):
        return 0.0
    if count == 0 and any(known.count(stem) for stem in _stems(word)):
        return 0.0  # a known word in another form
    if longer and count < 40:
        return 0.97 if begun > 4 * count else 0.6
    if count == 0:
        return 0.95 if begun >= 3 else 0.4 if begun else 0.0
    return min(0.8, begun / (begun + 25 * count)) if begun > 30 * count and len(word) < 6 else 0.0


def _stems(word: str) -> Iterator[str]:
    for ending in ("s", "es", "d", "ed", "ing", "ly", "er", "ness", "al", "ic"):
        if word.endswith(ending) and len(word) - len(ending) > 2:
            yield word.removesuffix(ending)
            yield word.removesuffix(ending) + "e"
