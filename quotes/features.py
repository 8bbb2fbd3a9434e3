"""What the classifier sees of an attribution: named figures about its source, its link and its words.

Damage is looked for in the attribution's *reach*: the sentences that its spans touch. Evidence that touches the spans
themselves counts as ``….here``, the rest of the reach as ``….near``. Evidence in another's words is the other's alone,
but for swapped words, which are counted by sentences. Evidence in no attribution's reach but in its paragraph goes to
the attribution nearest to it, since a record keeps flags by quote.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from quotes.marks import Quoted, paragraphs, quoted
from quotes.records import Analysis, Attribution, Candidate, Evidence, Features, Link, Resolution, Source
from quotes.surroundings import OCCASION, Surroundings

#: Signs that rules give, and classes of damaged words that the model gives (``word …``).
RULES = (
    "unclosed", "unopened", "mismatched", "doubled", "typography", "stray", "repeated", "stump", "hanging", "open end",
    "stump inside", "hanging inside",
)  # fmt: skip
WORDS = ("truncated", "stray", "spliced", "repeated", "missing", "spun")

_WORD = re.compile(r"\w+(?:['’\-–]\w+)*")
_HEADING = re.compile(r"[\"“‘'«][^.!?…,;:]*[^\W_][\"”’'»]")
_HEADING_WORDS = 12
_SHORT = 4  # blanks around and between three words, which anybody may say twice
_PRONOUN = re.compile(r"(?:he|she|they|it|him|her|them)", re.IGNORECASE)
_DEFINITE = re.compile(r"(?:the|that|this|these|those|same)\s", re.IGNORECASE)
_GENERIC = re.compile(  # people who must have been introduced before they are *the* ...
    r"\b(?:officials?|sources?|spokes(?:man|woman|person|people)|analysts?|experts?|critics|observers|authors?|"
    r"researchers?|lawyers?|attorneys?|aides?|diplomats?|ministers?|man|woman|men|women|director|chief|"
    r"chair(?:man|woman)?|leaders?|members?|professor|doctor|officers?|prosecutors?|senators?|candidates?|"
    r"commissioner|owner|manager|founder|witness(?:es)?|residents?|students?|teachers?|victims?|mother|father)\Z",
    re.IGNORECASE,
)
_SECONDHAND = re.compile(
    r"\b(?:quoted|cited)\s+(?:[\w.’'-]+\s+){0,6}?as\s+saying|\bhas\s+been\s+told\b|\bwas\s+told\s+(?:by|that)\b|"
    r"\baccording\s+to\s+[^,.]{3,60}\bwho\s+(?:said|says|told|quoted|cited)\b|\bciting\b|\bquoting\b",
    re.IGNORECASE,
)

_HELD = (
    r"said|told|reported|believed|thought|suggested|alleged|claimed|rumou?red|understood|expected|anticipated|feared|"
    r"accused|blamed|considered|described|regarded|viewed|quoted|critici[sz]ed|argued|assumed|speculated|predicted|"
    r"estimated|hoped"
)
_IMPERSONAL = re.compile(  # it is said, was widely accused of, it emerged, allegedly; Asked whether
    rf"\b(?:is|are|was|were|be|been|being|[’']s)\s+(?:(?:\w+ly|also|not|once|even|still|often|long|now)\s+)*(?:{_HELD})\b|"
    r"\b[iI]t\s+(?:has\s+|had\s+)?emerged\b|\b(?:[Rr]eportedly|[Aa]llegedly|[Ss]upposedly)\b|"
    r"\A(?:[Ww]hen\s+|[Ii]f\s+)(?:asked|pressed|questioned)\b|\A(?:Asked|Pressed|Questioned)\b"
)
_HEARSAY = re.compile(  # rumours that, allegations of
    r"\b(?:reports|rumou?rs?|speculation|talk|gossip|allegations?|claims|accusations|suggestions|suspicions)(?:\s+of)?\Z",
    re.IGNORECASE,
)
_BY_SOMEBODY = re.compile(
    r"\s*(?:by|from)\s+(?!\d|then\b|now\b|mistake|\w+ing\b|"
    r"(?:the|this|next|mid)[\s-]*(?:end|time|year|week|month|summer|winter))",
    re.IGNORECASE,
)
_POSSESSOR = re.compile(
    r"(?:\w[’']s|s[’']|\b(?:my|our|your|his|her|its|their|whose))\s+(?:\w+\s+){0,2}\Z", re.IGNORECASE
)
_NO_ONE_MEANT = re.compile(
    r"(?:nobody|no[\s-]one|none|neither|few|both|all|each|every|one|any(?:one|body)?)\b", re.IGNORECASE
)


def impersonal(text: str, said: Attribution) -> bool:
    """A report with nobody behind it: *it is said*, *was accused of*, *reports that* …, but not *was accused by*,
    *his claim*, nor aims, plans and fears, which say no more than that somebody has them."""
    if said.source or not said.cue:
        return False
    start, end = said.cue[0].start, said.cue[-1].end
    cue = " ".join(span.text for span in said.cue)
    if cue.lower().endswith((" by", " from")) or _BY_SOMEBODY.match(text, end):
        return False
    if _HEARSAY.search(cue):
        return _POSSESSOR.search(text[max(0, start - 40) : start]) is None
    return _IMPERSONAL.search(cue) is not None


def extract(
    analysis: Analysis,
    attributions: Sequence[Attribution],
    resolution: Resolution,
    damage: Sequence[Evidence] = (),
) -> tuple[Features, ...]:
    """The features of each attribution, in their order; ``damage`` is the evidence that rules and the model found."""
    seen = _Article(analysis, attributions, damage)
    around = Surroundings(analysis.text, attributions, resolution.links, resolution.sources, seen.quotations)
    sources = {source.id: source for source in resolution.sources}
    made = []
    for number, (said, link) in enumerate(zip(attributions, resolution.links, strict=True)):
        words, evidence = seen.damage(number)
        values = words | seen.place(number) | source_values(analysis, said, link, sources)
        values |= around.values(number)
        values["secondhand"] = float(secondhand(analysis, number, attributions))
        made.append(Features(values, evidence))
    return tuple(made)


def names_of_words() -> tuple[str, ...]:
    """The names of the features that tell damage, in the order in which the classifier takes them.

    A ``single`` word is one that is swapped, it seems, and that the article uses once: what it keeps saying is its own.
    """
    rules = [f"{sign}.{where}" for sign in RULES for where in ("here", "near")]
    model = [f"word {sign}.{what}" for sign in WORDS for what in ("first", "second", "third", "sum", "near")]
    joints = ("word joint.first", "word joint.second", "word joint.sum")
    single = tuple(f"word single.{what}" for what in ("first", "second", "third", "sum"))
    article = ("article.spun", "article.joints", "article.damage", "article.open ends")
    place = ("direct", "mixed", "alone", "ends paragraph", "single marks")
    return (*rules, *model, *joints, *single, "words", *article, *place)


NAMES_OF_SOURCES = (
    "has source", "has cue", "pronoun", "definite", "generic", "first", "second", "nobody", "candidates", "before",
    "distance", "known earlier", "named", "described", "vague", "person", "organization", "group", "document", "role",
    "affiliation", "anonymity", "occasion", "detector", "direct", "mixed", "alone", "words", "opening",
    "same paragraph",
)  # fmt: skip

NAMES_OF_ORPHANS = (
    "has source", "has cue", "pronoun", "definite", "generic", "first", "nobody", "known earlier", "direct",
    "same paragraph", "beside", "closes", "finished", "comma", "capitals", "quote words", "continued", "leans",
    "after colon", "after mark", "after quote", "after report", "after cut", "after end", "after person", "after body",
    "after pronoun", "after saying", "introduced", "words before", "beside report", "after lone", "after few", "asked",
    "after statement", "before occasion", "speakers before", "spoken of", "report before", "goes on", "added", "signed",
    "last", "speaks", "shared words", "shared elsewhere", "named", "person", "organization", "group", "document",
)  # fmt: skip
"""What tells a quote that nobody says: its source words and its look, who may be meant, and what stands around it."""


def _stem(word: str) -> str:
    return word.lower()[:6]


def _plain(said: Attribution) -> str:
    """An attribution's words in lower case without marks, each between blanks."""
    return f" {' '.join(_WORD.findall(' '.join(span.text for span in said.contents).lower()))} "


def _touches(said: Attribution, trace: Evidence) -> bool:
    """Whether evidence stands in an attribution's words, right after them, or between the parts of what is said."""
    first, last = min(span.start for span in said.contents), max(span.end for span in said.contents)
    spans = (*said.contents, *said.cue, *said.source)
    return any(
        first < one.end <= last or any(span.start < one.end and one.start - 1 < span.end for span in spans)
        for one in trace.spans
    )


class _Article:
    """What is counted once for an article: paragraphs, reaches, and whose each piece of evidence is."""

    def __init__(self, analysis: Analysis, attributions: Sequence[Attribution], damage: Sequence[Evidence]):
        self.analysis = analysis
        self.attributions = attributions
        self.blocks = paragraphs(analysis.text)
        self.quotations: tuple[Quoted, ...] = quoted(analysis.text)
        self.reaches = [reach(analysis, said) for said in attributions]
        self.mine: dict[int, list[Evidence]] = defaultdict(list)
        self.spun = sum(trace.probability for trace in damage if trace.sign == "word spun")
        self.joints = sum(joints(damage))
        self.used = Counter(_stem(word) for word in _WORD.findall(analysis.text)) if self.spun else Counter()
        self.words = max(1, sum(len(_WORD.findall(analysis.text, *hull)) for hulls in self.reaches for hull in hulls))
        open_ends = sum(trace.sign in ("open end", "hanging", "stump") for trace in damage)
        self.open_ends = open_ends / max(1, len(self.blocks))
        owners = sorted((start, end, number) for number, hulls in enumerate(self.reaches) for start, end in hulls)
        longest = max((end - start for start, end, _ in owners), default=0)
        self.said = "|".join(_plain(said) for said in attributions if said.source)
        for trace in damage:
            for number in self._owners(trace, owners, longest):
                self.mine[number].append(trace)

    def _said_again(self, number: int) -> bool:
        """Whether somebody says the words of a quote without source elsewhere: a pull quote, a heading made of one."""
        said = self.attributions[number]
        return not said.source and (mine := _plain(said)).count(" ") > _SHORT and mine in self.said

    def _owners(self, trace: Evidence, owners: Sequence[tuple[int, int, int]], longest: int) -> list[int]:
        start, end = trace.spans[0].start, trace.spans[-1].end
        low = bisect_left(owners, (start - longest, 0, 0))
        high = bisect_right(owners, (end, math.inf, 0))
        found = {
            number
            for first, last, number in owners[low:high]
            if any(first < span.end and span.start < last for span in trace.spans)
        }
        if found:
            own = found if trace.sign == "word spun" else {at for at in found if _touches(self.attributions[at], trace)}
            return sorted(own or found)
        block = self.block(start)
        near = [
            (min(abs(first - end), abs(start - last)), number)
            for first, last, number in owners
            if self.block(first) == block
        ]
        return (
            [min(near)[1]] if near and trace.sign in ("stray", "unclosed", "unopened", "doubled", "mismatched") else []
        )

    def block(self, offset: int) -> int:
        return max(0, bisect_right(self.blocks, offset, key=lambda block: block[0]) - 1)

    def damage(self, number: int) -> tuple[dict[str, float], tuple[Evidence, ...]]:
        said = self.attributions[number]
        values = dict.fromkeys((*names_of_words(), "echo", "own spun"), 0.0)
        by_class: dict[str, list[float]] = defaultdict(list)
        for trace in self.mine[number]:
            here = _touches(said, trace)
            if trace.sign.startswith("word "):
                by_class[trace.sign].append(trace.probability)
                if trace.sign == "word spun" and self.used[_stem(trace.spans[0].text)] < 2:
                    by_class["word single"].append(trace.probability)
                if here and trace.sign == "word spun":
                    values["own spun"] = max(values["own spun"], trace.probability)
                if not here:
                    values[f"{trace.sign}.near"] = max(values[f"{trace.sign}.near"], trace.probability)
            elif trace.sign == "echo":
                values["echo"] = max(values["echo"], here * trace.probability)
            else:
                name = f"{trace.sign}.{'here' if here else 'near'}"
                values[name] = max(values[name], trace.probability)
        for sign, found in by_class.items():
            found.sort(reverse=True)
            for what, value in zip(("first", "second", "third"), found, strict=False):
                values[f"{sign}.{what}"] = value
            values[f"{sign}.sum"] = float(sum(found))
        text = self.analysis.text
        length = sum(len(_WORD.findall(text, *hull)) for hull in self.reaches[number])
        broken = joints(self.mine[number])
        for what, value in zip(("first", "second"), broken, strict=False):
            values[f"word joint.{what}"] = value
        values["word joint.sum"] = float(sum(broken))
        values["words"] = float(length)
        elsewhere = max(20, self.words - length)
        values["article.spun"] = (self.spun - sum(by_class["word spun"])) / elsewhere
        values["article.joints"] = (self.joints - sum(broken)) / elsewhere
        values["article.damage"] = len(self.mine[number]) / max(10, length)
        values["article.open ends"] = self.open_ends
        values["ends paragraph"] = float(any(
            not _WORD.search(text, end, self.blocks[self.block(start)][1]) for start, end in self.reaches[number]
        ))  # fmt: skip
        values["single marks"] = float(any(
            one.level == "single" and one.depth == 0 and one.start < span.end and span.start < one.end
            for one in self.quotations if one.start < said.end and said.start < one.end for span in said.contents
        ))  # fmt: skip
        evidence = sorted(self.mine[number], key=lambda trace: (-trace.probability, trace.spans[0], trace.sign))
        return values, tuple(evidence)

    def place(self, number: int) -> dict[str, float]:
        said = self.attributions[number]
        block = self.block(min(span.start for span in said.contents))
        start, end = self.blocks[block] if self.blocks else (0, 0)
        together = [
            other
            for place, other in enumerate(self.attributions)
            if place != number and self.block(other.start) == block
        ]
        return {
            "alone": float(self._fills(said)),
            "direct": float(said.speech == "direct"),
            "mixed": float(said.speech == "mixed"),
            "same paragraph": float(any(other.source for other in together)),
            "opening": float(block < 2),
            "paragraph": float(block),
            "headline": float(
                (block == 0 and not re.search(r"[.!?…]", self.analysis.text[start:end])) or self._heads(said, block)
            ),
            "said again": float(self._said_again(number)),
        }

    def _heads(self, said: Attribution, block: int) -> bool:
        """A few words in marks, without a stop or a comma, that fill a paragraph and are not the last: a heading."""
        words = said.contents[0].text
        return (
            0 < block < len(self.blocks) - 1
            and len(said.contents) == 1
            and self._fills(said)
            and _HEADING.fullmatch(words) is not None
            and len(_WORD.findall(words)) <= _HEADING_WORDS
        )

    def _fills(self, said: Attribution) -> bool:
        """The quote is all of the paragraph in which it begins."""
        start, end = self.blocks[self.block(min(span.start for span in said.contents))] if self.blocks else (0, 0)
        spoken = sum(max(0, min(span.end, end) - max(span.start, start)) for span in said.contents)
        return spoken > 0.9 * max(1, end - start)


def joints(traces: Iterable[Evidence]) -> list[float]:
    """How likely each suspect word does not join the one before it, falling: a word is lost there, or it is a splice.

    The model often knows that two words do not fit and not why, so that its two classes count together.
    """
    found: dict[int, float] = defaultdict(float)
    for trace in traces:
        if trace.sign in ("word missing", "word spliced"):
            found[trace.spans[0].start] += trace.probability
    return sorted(found.values(), reverse=True)


def reach(analysis: Analysis, said: Attribution) -> tuple[tuple[int, int], ...]:
    """The stretches of text in which damage counts against an attribution: the sentences of its spans, merged."""
    found: list[tuple[int, int]] = []
    for span in sorted((*said.contents, *said.cue, *said.source)):
        first = analysis.sentences[analysis.sentence_at(span.start)] if analysis.sentences else span
        last = analysis.sentences[analysis.sentence_at(max(span.start, span.end - 1))] if analysis.sentences else span
        start, end = min(first.start, span.start), max(last.end, span.end)
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return tuple(found)


def source_values(analysis: Analysis, said: Attribution, link: Link, sources: Mapping[str, Source]) -> dict[str, float]:
    """The figures about who is said to say it, and how sure that is."""
    named = [candidate for candidate in link.candidates if candidate.source_id is not None]
    best = sources.get(named[0].source_id or "") if named else None
    start = min(span.start for span in said.contents)
    words = " ".join(span.text for span in said.source).strip()
    around = analysis.text[max(0, said.start - 80) : said.end + 160]
    mentions = best.mentions if best else ()
    own = said.source[0] if said.source else None
    earlier = [span for span in mentions if span.start < start and (own is None or not span.overlaps(own))]
    distance = min((analysis.sentence_at(start) - analysis.sentence_at(span.start) for span in earlier), default=30)
    values = {
        "has source": float(bool(words)),
        "has cue": float(bool(said.cue)),
        "pronoun": float(_PRONOUN.fullmatch(words) is not None),
        "thing": float(words.lower() == "it"),  # nobody, or an organization, which is hard to tell
        "definite": float(_DEFINITE.match(words) is not None),
        "generic": float(_GENERIC.search(words) is not None and len(words.split()) <= 3),
        "first": named[0].probability if named else 0.0,
        "second": named[1].probability if len(named) > 1 else 0.0,
        "rival": _rival(named, sources),
        "nobody": sum(candidate.probability for candidate in link.candidates if candidate.source_id is None),
        "candidates": float(len(named)),
        "before": float(len(earlier)),
        "distance": float(min(30, distance)),
        "known earlier": float(bool(earlier)),
        "role": float(bool(best and best.role)),
        "affiliation": float(bool(best and best.affiliation)),
        "anonymity": float(bool(best and best.anonymity)),
        "occasion": float(OCCASION.search(around) is not None),
        "impersonal": float(impersonal(analysis.text, said)),
        "no one meant": float(_NO_ONE_MEANT.match(words) is not None),
        "detector": said.probability,
    }
    for naming in ("named", "described", "vague"):
        values[naming] = float(best is not None and best.naming == naming)
    for kind in ("person", "organization", "group", "document"):
        values[kind] = float(best is not None and best.kind == kind)
    return values


def _rival(named: Sequence[Candidate], sources: Mapping[str, Source]) -> float:
    """The probability of the second candidate where it is another of the same kind, not the first in other words."""
    if len(named) < 2:
        return 0.0
    first, second = (sources.get(candidate.source_id or "") for candidate in named[:2])
    if first is None or second is None:
        return 0.0
    alike = first.kind == second.kind or "unknown" in (first.kind, second.kind)
    heads = [source.name.lower().split()[-1:] for source in (first, second)]
    same = "named" not in (first.naming, second.naming) and heads[0] == heads[1]
    return named[1].probability if alike and not same else 0.0


def secondhand(analysis: Analysis, number: int, attributions: Sequence[Attribution]) -> bool:
    """X says that Y says: it stands inside another's words and has its own source, or the cue says so."""
    said = attributions[number]
    clause = " ".join(span.text for span in (*said.cue, *said.source))
    if _SECONDHAND.search(clause):
        return True
    mine = (*said.cue, *said.source)
    if not said.source or not said.cue:
        return False
    return any(
        other.source
        and number != place
        and all(any(span.covers(one) for span in other.contents) for one in mine)
        and {span.text.lower() for span in other.source} != {span.text.lower() for span in said.source}
        for place, other in enumerate(attributions)
    )
