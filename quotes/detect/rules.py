"""Attributions by rule: the baseline that the trained detector must beat, and the net under it.

Read from left to right: a reporting verb with its auxiliaries is the cue; the noun phrase before it (or after it,
``“…,” said Paul Cole, an author``) the source; the quotation beside it, or the clause that follows to its end, the
content. ``according to``, colons and dashes are cues too. Span conventions are PolNeAR's (Newell, Margolin & Ruths
2018): marks and the punctuation inside them belong to direct content, ``that`` to indirect content, the full stop to
neither, auxiliaries and adverbs within the verb group to the cue, titles and appositives to the source.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from quotes.marks import Quoted, paragraphs, quoted, speech
from quotes.records import Analysis, Attribution, Span, Token


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


# Verbs that stand beside a quotation or before a clause: said, noted.
SAYING = _words(
    "say tell add write ask note report announce suggest argue explain declare continue tweet state claim respond "
    "reply insist acknowledge warn admit conclude recall observe remark joke quip read quote concede complain shout "
    "chant stress emphasize emphasise contend assert reveal confirm predict indicate post yell cry exclaim muse lament "
    "vow pledge promise testify retort wonder agree boast caution recount reiterate repeat allege maintain estimate "
    "email scream comment counter deny believe think answer opine blog interject volunteer signal show hope"
)
# Verbs that report what somebody says, thinks or wants with what follows them, whatever it is: called, accused.
REPORTING = SAYING | _words(
    "call accuse criticize criticise describe urge endorse refer defend cite praise propose blame reject dismiss "
    "denounce condemn slam blast question demand expect worry decline refuse imply mock point remind express discuss "
    "decry encourage recommend hail laud deride rail assail echo portray label welcome applaud advocate regret thank "
    "rip rebuke invoke seek want favor favour prefer mention outline disavow order "
    "voice title plead convince threaten fear compare deem characterize depict underscore list assure "
    "challenge talk focus attack name reference feel"
)
PLAINLY = _words("say tell add note argue claim insist explain write")
SEEMING = _words("seem appear")  # content is what is before and after them, and nobody says it
ADDRESSING = _words("tell remind assure warn ask email promise convince")
PASSIVE = _words("say tell ask expect report believe think quote call describe see")
WHO = _words("he she they who i we it you these those everyone everybody someone somebody others many some one")
_PARTICLES = {
    "call": _words("for on"), "refer": _words("to"), "point": _words("to out"), "talk": _words("about of"),
    "speak": _words("about of"), "agree": _words("with"), "respond": _words("to"), "warn": _words("of about against"),
    "rail": _words("against"), "hope": _words("for"), "ask": _words("for about"), "worry": _words("about"),
    "push": _words("for"), "complain": _words("about of"), "joke": _words("about"), "boast": _words("about of"),
    "write": _words("about of"), "say": _words("of"), "advocate": _words("for"), "focus": _words("on"),
    "comment": _words("on"), "seem": _words("like"), "compare": frozenset(),
}  # fmt: skip
_NOMINAL = _words("NOUN PROPN NUM ADJ SYM X")
_INSIDE = _words("of for from in at with to on by against under behind near about")  # prepositions inside a source
_AFTER_NAME = _words("of for from with")
_TENSED = frozenset(("VBD", "VBZ", "VBP", "MD"))
_HYPHENS = frozenset("-–‑/&")
_NAME = r"[A-Z][\w.’'-]*(?:\s+(?:[A-Z][\w.’'-]*|of|the|de|van|bin|al|and)){0,6}"
_SHORT = re.compile(
    r"(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|Sens?|Reps?|Govs?|Gen|Lt|Col|Sgt|Capt|Maj|Rev|Hon|St|Adm|(?:[A-Z]\.)+[A-Z])\."
)
_LABEL = re.compile(rf"({_NAME}(?:\s*\([^()\n]{{1,30}}\))?)\s*(:)\s+(?=\S)")
_ACCORDING = re.compile(r"\baccording\s+to\b", re.I)
_DASHED = re.compile(r"\s*([—―–]|--?)\s*([^\n\r]{2,120})")


@dataclass(frozen=True, slots=True)
class _Group:
    """A verb with its auxiliaries and adverbs: tokens ``[start, end)``, the verb itself at ``head``."""

    start: int
    head: int
    end: int
    lemma: str
    passive: bool
    participle: bool  # no auxiliary and no tense of its own: adding, to say


class RuleDetector:
    """Attributions of an analysis, in order of the text. Reads tags, lemmas and entities; no parse, nothing trained."""

    def __call__(self, analysis: Analysis) -> tuple[Attribution, ...]:
        if not analysis.sentences:
            return ()
        found = _Reader(analysis).attributions()
        return tuple(sorted((*found, *uncovered(analysis, found)), key=lambda said: (said.start, said.end)))


def uncovered(analysis: Analysis, attributions: Sequence[Attribution]) -> tuple[Attribution, ...]:
    """Quotations of four words or more that look like speech and that no attribution covers by half.

    Each is an attribution with neither cue nor source; one that runs over paragraphs is one attribution.
    """
    text = analysis.text
    quotations = quoted(text)
    taken = sorted(span for said in attributions for span in said.contents)
    found: list[list[Quoted]] = []
    for quotation in _spoken(quotations):
        if len(text[quotation.inner_start : quotation.inner_end].split()) < 4:
            continue
        if _overlap(taken, quotation) * 2 >= quotation.end - quotation.start:
            continue
        if found and quotation.continued and found[-1][-1].continues:
            found[-1].append(quotation)
        else:
            found.append([quotation])
    lost = []
    for group in found:
        contents = tuple(_span(text, quotation.start, quotation.end) for quotation in group)
        lost.append(Attribution(contents, speech=speech(text, contents, quotations), probability=0.5))
    return tuple(lost)


def missed(analysis: Analysis, attributions: Sequence[Attribution]) -> tuple[Attribution, ...]:
    """What the plainest of the rules find and none of the attributions touches: ``…, according to X``, and who reports
    a quotation that nobody was given (``a letter that stated he “would not pay”``)."""
    taken = sorted(span for said in attributions for span in (*said.contents, *said.cue, *said.source))
    lost = [span for said in uncovered(analysis, attributions) for span in said.contents]
    free = (_span(analysis.text, *one.span()) for one in _ACCORDING.finditer(analysis.text))
    if not analysis.sentences or not (lost or any(not _touches(taken, span) for span in free)):
        return ()
    return tuple(
        said
        for said in _Reader(analysis).plainest(lost)
        if not any(_touches(taken, span) for span in (*said.contents, *said.cue, *said.source))
    )


def _touches(taken: Sequence[Span], span: Span) -> bool:
    at = bisect_left(taken, span.end, key=lambda one: one.start)
    return any(one.end > span.start for one in taken[max(0, at - 12) : at])


def _spoken(quotations: Iterable[Quoted]) -> Iterator[Quoted]:
    return (one for one in quotations if not one.depth and one.role == "speech" and one.inner_end > one.inner_start)


def _overlap(taken: Sequence[Span], quotation: Quoted) -> int:
    at = max(0, bisect_left(taken, quotation.start, key=lambda span: span.start) - 8)
    covered = 0
    while at < len(taken) and taken[at].start < quotation.end:
        covered += max(0, min(taken[at].end, quotation.end) - max(taken[at].start, quotation.start))
        at += 1
    return covered


def _span(text: str, start: int, end: int) -> Span:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end, text[start:end])


class _Reader:
    """One article, read once. Places are numbers of tokens; phrases are ``(start, end)``."""

    def __init__(self, analysis: Analysis) -> None:
        self.text = analysis.text
        self.tokens, sentences = _joined(analysis)
        self.words = [token.text.lower() for token in self.tokens]
        self.starts = [token.start for token in self.tokens]
        self.quotations = quoted(self.text)
        self.outer = [quotation for quotation in self.quotations if not quotation.depth]
        self.blocks = paragraphs(self.text)
        self.within = self._places([(one.start, one.end) for one in self.outer])
        self.paragraph = self._places(self.blocks)
        self.sentence = self._places(sentences)
        self.bounds = [(self._at(start), self._at(end)) for start, end in sentences]
        self.dates = self._places([(one.start, one.end) for one in analysis.entities if one.type in ("DATE", "TIME")])
        self.used: set[int] = set()  # outer quotations that have a reporting clause of their own
        self.found: list[Attribution] = []
        self.subjects: dict[int, list[tuple[int, tuple[Span, ...]]]] = {}  # sentence -> its cues and their sources

    def _at(self, offset: int) -> int:
        return bisect_left(self.starts, offset)

    def _places(self, spans: Sequence[tuple[int, int]]) -> list[int]:
        """For every token the number of the span that holds it, or -1."""
        places = [-1] * len(self.tokens)
        for number, (start, end) in enumerate(spans):
            for at in range(self._at(start), self._at(end)):
                places[at] = number
        return places

    def attributions(self) -> list[Attribution]:
        groups = [group for group in self._groups() if not self._inside_speech(group.head)]
        self._labels()
        beside = {group.head for group in reversed(groups) if self._quotation_before(group)}
        for group in groups:
            if group.head in beside:
                continue
            if group.lemma in SEEMING or (group.lemma == "expect" and group.passive):
                self._appear(group)
            elif group.lemma:
                self._report(group)
        self._according()
        self._dashes()
        return self.found

    def plainest(self, lost: Sequence[Span]) -> list[Attribution]:
        """Those whose cue, source and content nothing but grammar ties together; ``lost`` are quotations of nobody."""
        groups = [one for one in self._groups() if one.lemma and not one.passive and not self._inside_speech(one.head)]
        for span in lost:
            number = self.within[at] if (at := self._at(span.start)) < len(self.tokens) else -1
            before = [
                one for one in groups if number >= 0 and one.head < at and self.sentence[one.head] == self.sentence[at]
            ]
            if before and before[-1].lemma in SAYING:
                self._quoting(before[-1], span)
        self._according()
        reported = {one.head for one in groups}
        return [said for said in self.found if said.speech != "indirect" or not reported & self._inside(said)]

    def _inside(self, said: Attribution) -> set[int]:
        return {at for span in said.contents for at in range(self._at(span.start), self._at(span.end))}

    def _quoting(self, group: _Group, quotation: Span) -> None:
        """``X stated he “would not pay”``: a finite verb with its subject right before it, up to the quotation."""
        first, last = self.bounds[self.sentence[group.head]]
        if not any(self.tokens[at].xpos in _TENSED for at in range(group.start, group.head + 1)):
            return
        if any(self.tokens[at].xpos in _TENSED for at in range(group.end, self._at(quotation.start))):
            return
        relative = group.start > first and self.tokens[group.start - 1].xpos in ("WDT", "WP")
        phrase = (group.start - 1, group.start) if relative else self._phrase_left(group.start, first)
        told = phrase is not None and self.words[phrase[0]] != "you"
        contents = self._contents(group, last) if told else []
        if any(start <= quotation.start < end for start, end in contents):
            self._say(contents, (group.start, group.end), phrase, group.head)

    def _inside_speech(self, at: int) -> bool:
        number = self.within[at]
        return number >= 0 and self.outer[number].role == "speech" and self._length(number) > 8

    def _length(self, number: int) -> int:
        return self._at(self.outer[number].end) - self._at(self.outer[number].start)

    # --- cues

    def _groups(self) -> Iterator[_Group]:
        for head, token in enumerate(self.tokens):
            if token.upos != "VERB" or self.sentence[head] < 0 or (head and self.words[head - 1] in _HYPHENS):
                continue
            lemma = _known(token)
            first = self.bounds[self.sentence[head]][0]
            start = head
            while start > first and self._joins(start - 1):
                start -= 1
            while (
                start < head and self.tokens[start].upos == "ADV" and (start == first or self.words[start - 1] == ",")
            ):
                start += 1
            end = head + 1
            if end < len(self.tokens) and self.words[end] in _PARTICLES.get(lemma, ()):
                end += 1
            helpers = [self.tokens[at] for at in range(start, head) if self.tokens[at].upos == "AUX"]
            passive = token.xpos == "VBN" and bool(helpers) and helpers[-1].lemma == "be"
            passive = passive and helpers[-1].text not in ("'s", "’s")
            participle = not helpers and token.xpos in ("VBG", "VB")
            yield _Group(start, head, end, lemma, passive, participle)

    def _joins(self, at: int) -> bool:
        """Whether a token belongs to the verb group to its right."""
        token = self.tokens[at]
        if self.within[at] >= 0:
            return False
        if token.upos in ("AUX", "PART"):
            return self.words[at] not in ("'s", "’s") or token.upos == "AUX"
        return token.upos == "ADV" and self.words[at] not in ("when", "where", "how", "why", "here", "there", "as")

    # --- quotations beside a cue

    def _quotation_before(self, group: _Group) -> bool:
        """``“…,” X said`` and ``“…,” said X``, with the quotation that goes on after the clause."""
        if group.passive or group.participle:
            return False
        at = group.start - 1
        while at >= 0 and self.within[at] < 0 and group.start - at <= 30:
            if self.words[at] in (".", ";", ":") or self.paragraph[at] != self.paragraph[group.head]:
                return False
            at -= 1
        if at < 0 or self.within[at] < 0 or self.paragraph[at] != self.paragraph[group.head]:
            return False
        number, first = self.within[at], at + 1
        quotation = self.outer[number]
        last = self.text[max(quotation.inner_start, quotation.inner_end - 4) : quotation.inner_end].rstrip(" '’”\"")[
            -1:
        ]
        comma = first < group.start and self.words[first] in (",", "—", "–", "-")
        if not comma and last not in (",", "?", "!", "…", "—", "-", ".") and quotation.problem != "unclosed":
            return False
        first += comma
        if group.lemma not in SAYING and (comma or last not in ",?!"):
            return False  # any verb will do where the quotation ends for it: “…,” Toomey fumed
        if last in ".?!…" and not comma and not self._bare(group):
            return False
        end = group.end
        if first >= group.start:
            phrase = self._phrase_right(group.end)
            end = phrase[1] if phrase else end
            if phrase is None and group.lemma not in SAYING:
                return False
        else:
            phrase = self._phrase_left(group.start, first)
            if phrase is None or phrase[0] > first + 1:
                return False
        self.used.add(number)
        contents = [self._widened(number), *self._goes_on(number), *self._after_clause(end)]
        self._say(contents, (group.start, group.end), phrase, group.head)
        return True

    def _bare(self, group: _Group) -> bool:
        """Whether nothing that could be content follows a cue."""
        after = group.end
        if after >= len(self.tokens) or self.paragraph[after] != self.paragraph[group.head]:
            return True
        if group.start and self.within[group.start - 1] >= 0:
            return True  # “…” said X
        return self.words[after] in (".", ",", ":", ";") or self.dates[after] >= 0 or self.tokens[after].upos in (
            "ADP", "ADV", "PUNCT",
        )  # fmt: skip

    def _widened(self, number: int) -> tuple[int, int]:
        """The content that ends with a quotation: all of its sentence, where it is a part of one."""
        quotation = self.outer[number]
        start = self._at(quotation.start)
        first = self.bounds[self.sentence[start]][0] if start < len(self.tokens) else start
        while first < start and self.tokens[first].upos in ("CCONJ", "PUNCT"):
            first += 1
        if first >= start or self.within[first] >= 0 or self.words[start - 1] in (":", "—", "–"):
            return quotation.start, quotation.end
        if self.paragraph[first] != self.paragraph[start] or any(
            self.tokens[at].upos == "VERB" and _known(self.tokens[at]) in SAYING for at in range(first, start)
        ):
            return quotation.start, quotation.end
        return self.tokens[first].start, quotation.end

    def _goes_on(self, number: int) -> Iterator[tuple[int, int]]:
        """The paragraphs that a quotation runs over."""
        while self.outer[number].continues and number + 1 < len(self.outer):
            number += 1
            if not self.outer[number].continued and self.outer[number].start != self._paragraph_start(number):
                return
            self.used.add(number)
            yield self.outer[number].start, self.outer[number].end

    def _paragraph_start(self, number: int) -> int:
        at = self._at(self.outer[number].start)
        return self.blocks[self.paragraph[at]][0] if at < len(self.tokens) else -1

    def _after_clause(self, end: int) -> list[tuple[int, int]]:
        """The second half of ``“…,” X said. “…”``."""
        stops = 0
        for at in range(end, min(len(self.tokens), end + 60)):
            if self.paragraph[at] != self.paragraph[end - 1]:
                return []
            number = self.within[at]
            if number >= 0:
                quotation = self.outer[number]
                near = at == end or self.words[at - 1] in (",", ":", ".", "—", "–", ";", "-")
                if not near or number in self.used or quotation.role != "speech":
                    return []
                if self.words[at - 1] != "." and self._length(number) < 5:
                    return []
                self.used.add(number)
                return [(quotation.start, quotation.end), *self._goes_on(number)]
            if stops:
                return []
            stops += self.words[at] == "."
        return []

    # --- reports

    def _report(self, group: _Group) -> None:
        first, last = self.bounds[self.sentence[group.head]]
        if group.passive and group.lemma not in PASSIVE:
            return
        before = self.tokens[group.start - 1].upos if group.start > first else ""
        loose = group.passive or (group.participle and before in ("PUNCT", "ADP", "SCONJ", "CCONJ"))
        if group.start == first and self.tokens[group.head].xpos in ("VBG", "VBN"):
            self._opening(group, last)
            return
        phrase = None if loose else self._phrase_left(group.start, first)
        if group.lemma in SAYING and not group.passive and self._parenthesis(group, phrase, first, last):
            return
        bare = self.tokens[group.head].xpos == "VBN" and group.start == group.head
        if bare and (phrase is None or (group.end < last and self.tokens[group.end].upos == "ADP")):
            return  # remarks reported by CNN
        contents = self._contents(group, last)
        if not contents or (group.lemma == "continue" and self.tokens[group.head + 1].upos in ("PART", "VERB")):
            return  # continued to build
        source: tuple[Span, ...] | None = None
        if phrase is None and not group.passive:
            source = self._subject(group, first)
            if not source and group.lemma not in SAYING:
                return
        self._say(contents, (group.start, group.end), phrase, group.head, source)

    def _opening(self, group: _Group, last: int) -> None:
        """``Noting that …, she left`` and ``Asked about …, he left``: the clause ends at its comma."""
        end = self._clause_end(group.end, last, group)
        for at in range(group.end + 1, end):
            if self.words[at] == "," and self.within[at] < 0:
                phrase = self._phrase_right(at + 1, appositive=False)
                if phrase is not None and phrase[1] < last and self.tokens[phrase[1]].upos in ("VERB", "AUX", "ADV"):
                    source = phrase if self.tokens[group.head].xpos == "VBG" else None
                    contents = [(self.tokens[group.end].start, self.tokens[at - 1].end)]
                    self._say(contents, (group.start, group.end), source, group.head)
                    return

    def _appear(self, group: _Group) -> None:
        """``X seems to …`` and ``X is expected to …``: nobody's words, and X is part of what is reported."""
        first, last = self.bounds[self.sentence[group.head]]
        phrase = self._phrase_left(group.start, first)
        end = self._clause_end(group.end, last, group)
        if end - group.end < 2:
            return
        contents = [(self.tokens[group.end].start, self._end(end))]
        if phrase is not None:
            contents.insert(0, (self.tokens[phrase[0]].start, self.tokens[phrase[1] - 1].end))
        self._say(contents, (group.start, group.end), None, group.head)

    def _parenthesis(self, group: _Group, phrase: tuple[int, int] | None, first: int, last: int) -> bool:
        """``…, X said.``, ``…, said X.`` and ``…, X said, …``."""
        end = group.end
        inverted = self._phrase_right(end) if self.words[group.start - 1 : group.start] == [","] else None
        if inverted is not None and (phrase is None or inverted[1] >= last - 1):
            comma, phrase, end = group.start - 1, inverted, inverted[1]
        elif phrase is None:
            return False
        else:
            comma = phrase[0] - 1
        if comma <= first + 1 or self.words[comma] != ",":
            return False
        start = first
        while start < comma and self.tokens[start].upos in ("CCONJ", "PUNCT") and self.within[start] < 0:
            start += 1
        while end < last and self.dates[end] >= 0:
            end += 1
        rest = self._clause_end(end, last, group)
        closed = end >= last or self.words[end] in (".", ",") or self.words[end - 1] == ","
        quiet = all(self.tokens[at].upos not in ("VERB", "AUX", "SCONJ") for at in range(end, rest))
        if not closed and not (quiet and rest - end <= 10):
            return False
        between = self.words[end : end + 1] == [","] and not quiet  # The bridge, officials said, will open
        if not between and not any(self.tokens[at].upos in ("VERB", "AUX") for at in range(start, comma)):
            return False
        if any(self.tokens[at].upos == "VERB" and _known(self.tokens[at]) in PLAINLY for at in range(start, comma)):
            return False
        contents = [(self.tokens[start].start, self.tokens[comma - 1].end)]
        if closed and not quiet and end < rest:
            at = end + (self.words[end] == ",")
            if at < rest and self.tokens[at].upos not in ("CCONJ", "SCONJ") and self.tokens[at].xpos != "VBG":
                contents.append((self.tokens[at].start, self._end(rest)))
        contents += self._after_clause(rest)
        self._say(contents, (group.start, group.end), phrase, group.head)
        return True

    def _contents(self, group: _Group, last: int) -> list[tuple[int, int]]:
        """What follows a cue: the quotation it introduces, or its clause."""
        introduced = self._introduced(group)
        if introduced is not None:
            quotation = self.outer[introduced]
            end = self._at(quotation.end)
            finished = self.text[quotation.inner_end - 1 : quotation.inner_end] in (".", "?", "!", "…", '"')
            if not finished and end < last and self.words[end] not in (",", ".", ";"):
                return [(quotation.start, self._end(self._clause_end(end, last, group)))]
            self.used.add(introduced)
            return [(quotation.start, quotation.end), *self._goes_on(introduced)]
        start = self._content_start(group, last)
        end = self._clause_end(start, last, group)
        if end <= start or (end - start == 1 and self.tokens[start].upos in ("ADV", "PUNCT", "ADP")):
            return []
        if group.participle and end - start < 3 and self.within[start] < 0:
            return []
        contents = [(self.tokens[start].start, self._end(end))]
        if group.lemma in SAYING and end + 1 >= last and self.words[last - 1] == ".":
            contents += self._after_clause(last - 1)
        return contents

    def _introduced(self, group: _Group) -> int | None:
        """The quotation that ``X said, “…”`` or ``X told reporters in June: “…”`` introduces."""
        sentence = self.sentence[group.head]
        for at in range(group.end, min(len(self.tokens), group.end + 16)):
            number = self.within[at]
            before = self.words[at - 1]
            if number >= 0:
                whole = self.outer[number].role == "speech" and number not in self.used
                return number if whole and before in (",", ":") else None
            if self.sentence[at] != sentence and before != ":":
                return None
            if self.tokens[at].upos in ("SCONJ", "AUX") or (self.tokens[at].upos == "VERB" and before != ","):
                return None
        return None

    def _content_start(self, group: _Group, last: int) -> int:
        """Past the one who is told, and past the time and place of saying."""
        at = group.end
        if group.lemma in ADDRESSING and at < last:
            addressed = (at, at + 1) if self.tokens[at].upos == "PRON" else self._phrase_right(at, appositive=False)
            if addressed and addressed[1] < last and self.within[at] < 0:
                at = addressed[1]
        while at < last and (
            self.dates[at] >= 0
            or (
                self.words[at] in ("on", "in", "at", "last", "earlier", "late")
                and at + 1 < last
                and self.dates[at + 1] >= 0
            )
        ):
            at += 1
        if group.lemma in SAYING:
            for ahead in range(at, min(last, at + 12)):
                if self.words[ahead] == "that" and self.tokens[ahead].upos == "SCONJ":
                    return ahead
                if self.tokens[ahead].upos in ("VERB", "AUX") or self.within[ahead] >= 0:
                    break
        while at < last and self.words[at] in (":", ","):
            at += 1
        return at

    def _clause_end(self, start: int, last: int, group: _Group) -> int:
        """Where the clause that starts at ``start`` ends, the punctuation after it left out."""
        end = last
        for at in range(start, last):
            if self.within[at] >= 0:
                continue
            word = self.words[at]
            if word == ";" or (at > start and self._breaks_off(at, last, group)):
                end = at
                break
        while (
            end > start
            and self.within[end - 1] < 0
            and self.tokens[end - 1].upos == "PUNCT"
            and (self.words[end - 1] in (".", ",", ":", ";", "?", "!", "—", "–", "-"))
        ):
            end -= 1
        return end

    def _breaks_off(self, at: int, last: int, group: _Group) -> bool:
        """A token at which another clause begins that is not what the source says."""
        comma = self.words[at] == ","
        after = at + comma
        if (
            comma
            and after < last
            and self.words[after] in ("but", "while", "although", "though", "according", "whereas")
        ):
            return True
        if comma and after < last and self.tokens[after].xpos == "VBG":
            return bool(_known(self.tokens[after]))
        if after < last and self.words[after] in ("and", "but"):
            then = after + 1
            while then < last and self.tokens[then].upos in ("ADV", "AUX", "PART"):
                then += 1
            if then < last and self.tokens[then].upos == "VERB":
                verb, mine = self.tokens[then], self.tokens[group.head]
                tense = next((one.xpos for one in self.tokens[after + 1 : then] if one.upos == "AUX"), verb.xpos)
                if tense == mine.xpos and (_known(verb) or (comma and tense in ("VBD", "VBZ"))):
                    return True
            return comma and any(
                self.tokens[ahead].upos == "VERB" and _known(self.tokens[ahead]) in PLAINLY
                for ahead in range(then, min(last, then + 12))
            )
        return False

    def _end(self, end: int) -> int:
        """Offset past token ``end - 1``, and past the quotation that it stands in."""
        number = self.within[end - 1]
        return max(self.tokens[end - 1].end, self.outer[number].end if number >= 0 else 0)

    def _subject(self, group: _Group, first: int) -> tuple[Span, ...]:
        """The source of a cue with no phrase before it: that of the cue before, or the subject of the sentence."""
        known = self.subjects.get(self.sentence[group.head], [])
        for head, source in reversed(known):
            if head < group.head and source:
                return source
        for at in range(first + 1, group.start):
            if self.tokens[at].upos in ("VERB", "AUX") and self.within[at] < 0 and self.tokens[at].xpos != "VBG":
                return self._spans(self._phrase_left(at, first))
        return ()

    # --- other cues

    def _according(self) -> None:
        for at in range(len(self.tokens) - 2):
            if self.words[at] != "according" or self.words[at + 1] != "to" or self._inside_speech(at):
                continue
            first, last = self.bounds[self.sentence[at]]
            end = at + 2
            while end < last and self.words[end] not in (",", ".", ";", ":") and self.within[end] < 0:
                if self.tokens[end].upos in ("VERB", "AUX") and self.tokens[end].xpos in ("VBD", "VBZ", "VBP"):
                    break
                end += 1
            if end == at + 2:
                continue
            start = first
            while start < at and self.tokens[start].upos in ("CCONJ", "PUNCT") and self.within[start] < 0:
                start += 1
            contents: list[tuple[int, int]] = []
            if at - start >= 2:
                stop = at - 1 if self.words[at - 1] == "," else at
                contents.append((self.tokens[start].start, self._end(stop)))
            elif self.words[end : end + 1] == [","] and end + 1 < last:
                stop = self._rest(end + 1, last)
                contents.append((self.tokens[end + 1].start, self._end(stop)))
            if contents:
                self._say(contents, (at, at + 2), (at + 2, end), at)

    def _rest(self, start: int, last: int) -> int:
        while last > start + 1 and self.words[last - 1] in (".", ",", ";", ":") and self.within[last - 1] < 0:
            last -= 1
        return last

    def _labels(self) -> None:
        """``Name: …`` at the head of a line: a headline's lead-in or a transcript."""
        for number, (start, end) in enumerate(self.blocks):
            label = _LABEL.match(self.text, start, min(end, start + 120))
            if label is None or label.end() >= end:
                continue
            first, after = self._at(start), self._at(label.end())
            named = self.tokens[first:after]
            if any(token.upos in ("VERB", "AUX") for token in named) or not any(t.upos == "PROPN" for t in named):
                continue
            if number > 1 and not self.text[start : label.end(1)].isupper() and self.within[after : after + 1] == [-1]:
                continue
            content = _span(self.text, label.end(), end)
            if not any(self.tokens[at].upos in ("VERB", "AUX") for at in range(after, self._at(end))):
                continue
            contents = (_span(self.text, content.start, end - (content.text[-1] == "." and number <= 1)),)
            source, cue = (_span(self.text, *label.span(part)) for part in (1, 2))
            self.found.append(Attribution(contents, (cue,), (source,), speech(self.text, contents, self.quotations)))

    def _dashes(self) -> None:
        """``“…” — Name, what he is`` at the end of a line."""
        for number, quotation in enumerate(self.outer):
            dash = _DASHED.match(self.text, quotation.end)
            if number in self.used or quotation.role != "speech" or dash is None:
                continue
            at = self._at(dash.start(2))
            if at < len(self.tokens) and self.tokens[at].upos in ("PROPN", "DET", "NOUN", "ADJ"):
                phrase = range(at, self._at(dash.end(2)))
                if any(self.tokens[one].upos in ("VERB", "AUX") or self.within[one] >= 0 for one in phrase):
                    continue
                contents = (_span(self.text, quotation.start, quotation.end),)
                cue, source = (_span(self.text, *dash.span(part)) for part in (1, 2))
                self.used.add(number)
                self.found.append(
                    Attribution(contents, (cue,), (source,), speech(self.text, contents, self.quotations))
                )

    # --- phrases

    def _phrase_left(self, end: int, floor: int) -> tuple[int, int] | None:
        """The noun phrase that ends right before ``end``, with an appositive between commas."""
        last = end - 1
        if last < floor:
            return None
        if self.words[last] != ",":
            while last > floor and (self.dates[last] >= 0 or self.words[last] in ("today", "yesterday")):
                last -= 1  # an official on Tuesday said
            if last < end - 1 and self.words[last] in ("on", "in", "at", "late", "early", "earlier"):
                last -= 1
            return self._walk_left(last + 1, floor)
        if self.words[last - 1] in ("however", "meanwhile", "though", "too") and self.words[last - 2] == ",":
            return self._walk_left(last - 2, floor)
        for comma in range(last - 2, max(floor, last - 30), -1):
            if self.words[comma] == "," and self.within[comma] < 0:
                phrase = self._walk_left(comma, floor)
                if phrase is not None and self.tokens[comma - 1].upos in ("PROPN", "NOUN"):
                    return phrase[0], end
        phrase = self._walk_left(last, floor)
        return (phrase[0], end) if phrase is not None and (phrase[0] == floor or self.words[last - 1] == ")") else None

    def _walk_left(self, end: int, floor: int) -> tuple[int, int] | None:
        at = end - 1
        if at < floor:
            return None
        if self.tokens[at].upos == "PRON" or self.words[at] in WHO:
            return (at, end) if self.words[at] in WHO else None
        if self.words[at] == ")":
            while at > floor and self.words[at] != "(":
                at -= 1
            at -= 1
        if at < floor or self.tokens[at].upos not in _NOMINAL or self.dates[at] >= 0:
            return None
        complete = False  # a determiner begins the phrase
        joined = False
        while at > floor:
            before = at - 1
            token, word = self.tokens[before], self.words[before]
            if self.within[before] >= 0 and self.within[before] != self.within[at]:
                quotation = self.outer[self.within[before]]
                if quotation.role == "speech" or self._at(quotation.start) <= floor:
                    break
                at = self._at(quotation.start)
            elif self.dates[before] >= 0 and self.words[at] not in ("'s", "’s"):
                break
            elif token.upos in _NOMINAL and not complete:
                at = before
            elif token.upos == "DET" or token.xpos == "PRP$":
                if complete and token.upos != "DET":
                    break
                at, complete = before, True
            elif token.upos == "PART" and word in ("'s", "’s", "'", "’") and before > floor:
                at, complete = before, False
            elif word in _HYPHENS and before > floor:
                at = before
            elif word == ")":
                opening = before
                while opening > floor and self.words[opening] != "(":
                    opening -= 1
                at = opening
            elif (word in _INSIDE and token.upos == "ADP") or word in ("and", "or"):
                if before == floor or not (self._is_nominal(before - 1) or self._is_paired(before)):
                    break
                joined = joined or word in ("and", "or")
                at, complete = before, False
            elif word == "," and joined and before > floor and self.tokens[before - 1].upos == "PROPN":
                at, complete = before, False
            elif (
                token.xpos in ("VBN", "VBG", "VBD")
                and before > floor
                and (self.tokens[before - 1].upos == "DET" or self.words[before - 1] in _HYPHENS)
            ):
                at = before
            else:
                break
        while at < end and self.tokens[at].upos in ("ADP", "CCONJ", "PUNCT", "PART") and self.words[at] != "(":
            at += 1
        return (at, end) if any(self.tokens[one].upos in _NOMINAL for one in range(at, end)) else None

    def _is_paired(self, at: int) -> bool:
        """*current and former officials*, *people close to her*."""
        if self.words[at] in ("and", "or"):
            return self.tokens[at - 1].upos == "ADJ" and self.tokens[at + 1].upos == "ADJ"
        return self.words[at - 1] in ("close", "familiar")

    def _is_nominal(self, at: int) -> bool:
        token = self.tokens[at]
        noun = token.upos in ("NOUN", "PROPN", "NUM") or (token.upos == "ADJ" and self.tokens[at - 1].upos == "DET")
        return noun and self.dates[at] < 0 and self.within[at] < 0

    def _phrase_right(self, start: int, appositive: bool = True) -> tuple[int, int] | None:
        """The noun phrase that begins at ``start``."""
        if start >= len(self.tokens):
            return None
        if self.tokens[start].upos == "PRON" and self.tokens[start].xpos != "PRP$":
            return (start, start + 1) if self.words[start] in WHO else None
        last = self.bounds[self.sentence[start]][1]
        at = start
        while at < last:
            token, word = self.tokens[at], self.words[at]
            upos = token.upos
            if self.within[at] >= 0:
                if self.outer[self.within[at]].role == "speech":
                    break
                at = self._at(self.outer[self.within[at]].end)
                continue
            if self.dates[at] >= 0:
                break
            new = at == start or self.words[at - 1] in ("of", "and", "for", "from", "with", "all", "in", "at", "by")
            name = token.text[0].isupper() and upos != "PRON" and at > start - (upos in ("VERB", "INTJ"))
            if upos in _NOMINAL or name or ((upos == "DET" or token.xpos == "PRP$") and new):
                at += 1
            elif at == start:
                return None
            elif (upos == "PART" and word in ("'s", "’s", "'", "’")) or word in _HYPHENS:
                at += 1
            elif (
                (word in _AFTER_NAME or word in ("and", "in", "at"))
                and at + 1 < last
                and (self.tokens[at + 1].upos in _NOMINAL or self.tokens[at + 1].upos in ("DET", "PRON"))
            ):
                if self.dates[at + 1] >= 0 or (word in ("in", "at") and self.tokens[at - 1].upos == "PROPN"):
                    break
                at += 1
            elif word == "(":
                closing = at
                while closing < last and self.words[closing] != ")":
                    closing += 1
                at = closing + 1
            else:
                break
        at = min(at, last)
        if appositive and at + 1 < last and self.words[at] == "," and self.within[at + 1] < 0:
            after = self.tokens[at + 1]
            if after.upos in ("DET", "ADJ", "NOUN", "PROPN", "NUM") or self.words[at + 1] == "who":
                end = at + 1
                while end < last and self.words[end] not in (",", ".", ";") and not self._spoken_at(end):
                    end += 1
                while (
                    end + 1 < last
                    and self.words[end] == ","
                    and (self.tokens[end + 1].upos in ("DET", "ADJ", "NOUN") or self.words[end + 1] == "who")
                ):
                    end += 1
                    while end < last and self.words[end] not in (",", ".", ";") and not self._spoken_at(end):
                        end += 1
                end += end < last and self.words[end] == ","
                return start, end
        return (start, at) if at > start else None

    def _spoken_at(self, at: int) -> bool:
        return self.within[at] >= 0 and self.outer[self.within[at]].role == "speech"

    # --- what was found

    def _spans(self, phrase: tuple[int, int] | None) -> tuple[Span, ...]:
        if phrase is None or phrase[1] <= phrase[0]:
            return ()
        return (_span(self.text, self.tokens[phrase[0]].start, self.tokens[phrase[1] - 1].end),)

    def _say(
        self,
        contents: Iterable[tuple[int, int]],
        cue: tuple[int, int],
        phrase: tuple[int, int] | None,
        head: int,
        source: tuple[Span, ...] | None = None,
    ) -> None:
        said = tuple(span for span in (_span(self.text, *one) for one in contents) if len(span))
        who = self._spans(phrase) if source is None else source
        self.subjects.setdefault(self.sentence[head], []).append((head, who))
        if said:
            kind = speech(self.text, said, self.quotations)
            self.found.append(Attribution(said, self._spans(cue), who, kind))


def _joined(analysis: Analysis) -> tuple[list[Token], list[tuple[int, int]]]:
    """Tokens and sentences, with the full stop of an abbreviation joined to it and no sentence ended by it."""
    tokens: list[Token] = []
    sentences: list[tuple[int, int]] = []
    for sentence in analysis.sentences:
        gap = analysis.text[sentences[-1][1] : sentence.start] if sentences else "\n"
        if (
            sentences
            and tokens
            and tokens[-1].text[-1:] == "."
            and _is_short(tokens[-1].text)
            and gap.strip(" \xa0") == ""
        ):
            sentences[-1] = sentences[-1][0], sentence.end
        else:
            sentences.append((sentence.start, sentence.end))
        for token in sentence.tokens:
            before = tokens[-1] if tokens else None
            if before and token.text == "." and before.end == token.start and _is_short(before.text + "."):
                text = before.text + "."
                tokens[-1] = Token(before.start, token.end, text, before.lemma, before.upos, before.xpos, before.feats)
            else:
                tokens.append(token)
    return tokens, sentences


def _is_short(word: str) -> bool:
    return bool(_SHORT.fullmatch(word))


def _known(token: Token) -> str:
    """The lemma of a reporting verb, "" for any other word. Where a lemma is unknown, its ending is tried."""
    lemma = token.lemma.lower()
    if lemma in REPORTING or lemma in SEEMING:
        return lemma
    word = token.text.lower()
    for ending in ("ing", "ied", "ies", "ed", "es", "s"):
        if word.endswith(ending):
            stem = word[: -len(ending)]
            for tried in (stem, stem + "e", stem + "y", stem[:-1] if stem[-1:] == stem[-2:-1] else stem):
                if tried in REPORTING:
                    return tried
    return ""
