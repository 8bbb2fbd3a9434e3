"""The resolver: every attribution of an article linked to its source, named or not, or honestly to nobody."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from quotes import artifacts
from quotes.records import Analysis, Attribution, Candidate, Kind, Link, Naming, Resolution, Source, Span
from quotes.resolve import lexicon, names
from quotes.resolve.anonymity import granted
from quotes.resolve.authority import Authority
from quotes.resolve.linking import CLASH, SURELY, Distribution, Model, distributions, sex, top
from quotes.resolve.mentions import Mention, View, noun, view
from quotes.resolve.ranking import opens_paragraph, speaks
from quotes.resolve.referents import Named, names_of
from quotes.resolve.sources import Reading, affiliation_in, described, possessor, read, source_words, speaks_for
from quotes.resolve.speakers import REACH, Clue, byline_author, clues
from quotes.resolve.standing import standing

_LEAST = 0.02  # a candidate below this is not worth a line in a record
_SINGLE = frozenset(("a", "an", "one", "another", "each", "every"))
_REAL = 0.1  # nor one below this that no quote of the article is likeliest to belong to

#: How often a link is right, by what it rests on; a trained model brings its own figures. Those of pronouns and
#: nominals stand beside the ranker's probability: how often the mentions were read right that it chose from.
CERTAINTY = {
    "full name": 0.96, "short name": 0.95, "other name": 0.93, "described": 0.8, "vague": 0.9, "words": 0.7,
    "several": 0.75, "pronoun": 0.95, "nominal": 0.85, "first person": 0.85, "byline": 0.85, "lead-in": 0.75,
    "answer": 0.75, "continued": 0.9, "same paragraph": 0.75, "same paragraph, before": 0.7, "turns": 0.6,
    "quoted before": 0.5, "reported before": 0.4, "reported before, unnamed": 0.3, "sentence before": 0.55,
    "nobody": 0.85,
}  # fmt: skip


@dataclass(slots=True)
class _Article:
    """All that is known of one article while it is resolved."""

    seen: View
    mentions: tuple[Mention, ...]
    starts: list[int]
    named: Named
    found: list[Distribution]
    extra: list[tuple[Kind, Naming, str, Span]] = field(default_factory=list)
    readings: dict[int, Reading] = field(default_factory=dict)
    sexes: dict[int, set[int]] = field(default_factory=dict)  # by bearer: 1 for *she*, -1 for *he*

    @property
    def base(self) -> int:
        return len(self.named.referents)

    def name(self, who: int) -> str:
        """A referent's name in its fullest form; two who share a family name may be told by it alone."""
        referent = self.named.referents[who]
        best = self.mentions[referent.best]
        words = " ".join(self.seen.span(best.start, best.end).text.split())
        if referent.sort == "group" and len(words.split()) == 1:
            family = words.lower().removesuffix("s")
            people = [
                n for n, one in enumerate(self.named.referents) if one.sort == "person" and one.forms[0][-1] == family
            ]
            if len(people) == 2:
                return listed([self.name(n) for n in people])
        return words

    def calls_a_firm(self, number: int) -> bool:
        """*The company*, *the agency*: a bare noun for whichever was spoken of."""
        one = self.mentions[number]
        bare = one.form == "nominal" and one.end - one.phrase == 2 and self.seen.lower[one.phrase] == "the"
        return bare and one.sort == "organization" and noun(self.seen, one.head) in lexicon.OUTLET_NOUNS

    def spoke_before(self, number: int, spoke: Sequence[tuple[int, Distribution]]) -> Distribution:
        """Who spoke last before a pronoun, at most two paragraphs up: of those who may be meant by it, by ``spoke``
        or, where no attribution was found, by a name beside a reporting verb."""
        seen, pronoun = self.seen, self.mentions[number]
        word = seen.lower[pronoun.start]
        last = next((one for one in reversed(spoke) if one[0] < number and self._may_speak(one[0], word)), None)
        for before in range(number - 1, max(-1, number - 60, -1 if last is None else last[0]), -1):
            one = self.mentions[before]
            named = one.form == "name" and not one.modifier and not seen.quotation[one.head]
            if named and self._may_speak(before, word) and (speaks(seen, one) or opens_paragraph(seen, one)):
                last = (before, self.found[before])
                break
        if last is None or seen.paragraph[pronoun.head] - seen.paragraph[self.mentions[last[0]].head] > 2:
            return {}
        return last[1]

    def _may_speak(self, number: int, pronoun: str) -> bool:
        """Whether a mention may be whom a pronoun, or a noun such as *company*, goes on with."""
        one = self.mentions[number]
        wanted = lexicon.pronoun_sex(pronoun)
        if wanted and self._sex(number) == -wanted:
            return False
        if one.form == "pronoun":
            personal = pronoun in lexicon.HE | lexicon.SHE | lexicon.THEY
            return personal == (self.seen.lower[one.start] not in lexicon.IT)
        if pronoun in lexicon.THEY:
            return one.sort != "document"
        if pronoun in lexicon.HE | lexicon.SHE:
            return one.sort in ("person", "unknown", "group")
        return one.sort in ("organization", "place", "document") and not one.plural

    def _sex(self, number: int) -> int:
        """What the article shows of whoever a mention is: 1 for *she* or *Ms*, -1 for *he* or *Mr*, 0 for nothing."""
        one, who = self.mentions[number], top(self.found[number])[0][0]
        if one.form == "pronoun":
            return sex(self.seen, one)
        words = self.seen.lower[one.phrase : one.end]
        if one.form == "nominal" and (shown := sum(map(lexicon.title_sex, words))):
            return 1 if shown > 0 else -1
        return self._sex_of(who)

    def _sex_of(self, who: int | None) -> int:
        if who is None:
            return 0
        if who < self.base and (feminine := self.named.referents[who].feminine):
            return 1 if feminine > 0 else -1
        return sum(self.sexes.get(who, ()))  # nothing where they are called both

    def agreeing(self, number: int, found: Distribution) -> Distribution:
        """Whom *he* stands for, seldom somebody whom the article calls *Ms* or *she*: then rather nobody."""
        wanted = sex(self.seen, self.mentions[number])
        parts = {who: part * (CLASH if wanted and self._sex_of(who) == -wanted else 1.0) for who, part in found.items()}
        parts[None] = parts.get(None, 0.0) + sum(found.values()) - sum(parts.values())
        return parts

    def heard(self, number: int, found: Distribution) -> None:
        """Remember what a pronoun shows of whoever it surely stands for."""
        who, part = top(found)[0]
        shown = sex(self.seen, self.mentions[number])
        if shown and who is not None and part >= SURELY:
            self.sexes.setdefault(who, set()).add(shown)

    def invent(self, kind: Kind, naming: Naming, name: str, span: Span) -> int:
        """The number of a source that is no mention; those with the same words are one."""
        first = self.base + len(self.mentions)
        for number, (_, _, known, _) in enumerate(self.extra):
            if known.lower() == name.lower():
                return first + number
        self.extra.append((kind, naming, name, span))
        return first + len(self.extra) - 1


class Resolver:
    """Links attributions to sources. ``folder`` is a trained ``resolver`` artifact; ``authority`` a newsroom's CSV."""

    def __init__(self, folder: Path | None = None, authority: Path | None = None) -> None:
        artifact = artifacts.load("resolver") if folder is None else artifacts.check(folder)
        self.model, self.certainty = load(artifact)
        self.authority = None if authority is None else Authority(authority)

    def __call__(self, analysis: Analysis, attributions: Sequence[Attribution]) -> Resolution:
        """The sources of an article and a link for each attribution, in their order."""
        seen = view(analysis)
        found, names_ = names_of(seen, self.model.kinds)
        starts = [one.start for one in found]
        stand = standing(seen, found, starts, names_, distributions(seen, found, names_, self.model))
        article = _Article(seen, found, starts, names_, stand)
        for number, parts in enumerate(stand):
            article.heard(number, parts)
        linked = self._links(article, attributions)
        return self._resolution(article, attributions, linked)

    def _links(self, article: _Article, attributions: Sequence[Attribution]) -> list[tuple[Distribution, Span | None]]:
        """For each attribution who it belongs to, and the words that were resolved."""
        linked: dict[int, tuple[Distribution, Span | None]] = {}
        late: list[int] = []
        spoke: list[tuple[int, Distribution]] = []  # mentions that speak outside quotation marks, and who they are
        for number in sorted(range(len(attributions)), key=lambda n: (_place(attributions[n]), n)):
            said = attributions[number]
            reading = read(article.seen, article.mentions, article.starts, source_words(article.seen, said))
            if reading is None or reading.reference == "first":
                late.append(number)
                continue
            found = self._worded(article, reading)
            if reading.head is not None and not article.seen.quotation[article.mentions[reading.head].head]:
                if article.mentions[reading.head].form == "pronoun" or article.calls_a_firm(reading.head):
                    found = self._going_on(found, article.spoke_before(reading.head, spoke))
                    found = article.agreeing(reading.head, found)
                    article.heard(reading.head, found)
                if top(found)[0][0] is not None:
                    spoke.append((reading.head, found))
            linked[number] = (found, reading.words)
            article.readings[number] = reading
        late.sort()
        personal = {
            n: self._is_person(article, found) for n, (found, _) in linked.items() if top(found)[0][0] is not None
        }
        for number in late:
            if not attributions[number].source:
                found = self._unworded(article, attributions, number, linked, personal)
                linked[number] = (found, None)
                if top(found)[0][0] is not None:
                    personal[number] = self._is_person(article, found)
        for number in late:
            if number not in linked:
                linked[number] = (
                    self._first_person(article, attributions, number, linked),
                    attributions[number].source[0],
                )
        return [linked[number] for number in range(len(attributions))]

    def _going_on(self, found: Distribution, spoke: Distribution) -> Distribution:
        """*He said* after *Smith said*: whoever spoke last is likelier to go on than his place alone tells."""
        total = sum(part**2 for part in spoke.values()) or 1.0
        spoke = {who: part**2 / total for who, part in spoke.items()}  # mostly the likeliest
        weighed = {
            who: part * (1 + self.model.going_on * spoke.get(who, 0.0)) if who is not None else part
            for who, part in found.items()
        }
        scale = sum(found.values()) / sum(weighed.values())
        return {who: part * scale for who, part in weighed.items()}

    def _worded(self, article: _Article, reading: Reading) -> Distribution:
        """Whom source words stand for."""
        if reading.reference in ("question", "answer"):
            return self._interview(article, reading)
        if reading.head is None:
            return self._words(article, reading)
        if reading.also or reading.others:
            return self._several(article, reading)
        if (pair := self._pair(article, reading.head)) is not None:
            return self._sure(pair, "several")
        head = reading.head
        mention, found = article.mentions[head], article.found[head]
        several = reading.some and not reading.words.text.lower().startswith("one")
        if several and mention.form == "pronoun":  # "several of them" are several, and nobody by name
            return self._sure(
                article.invent("group", "described", " ".join(reading.words.text.split()), reading.words), "words"
            )
        if (inner := speaks_for(article.seen, article.mentions, article.starts, head)) is not None:
            head, mention, found = inner, article.mentions[inner], article.found[inner]
        if head not in article.named.candidates:
            best = top(found)[0][0]
            if best == article.base + head and len(found) == 1:
                vague = self._typed(article, head)[1] == "vague" or reading.some
                return self._sure(best, "vague" if vague else "described")
            certain = self.certainty["pronoun" if mention.form == "pronoun" else "nominal"]
            return {who: part * certain for who, part in found.items()}
        found = self._government(article, found, head)
        basis = (
            "full name"
            if mention.end - mention.start > 1
            else "short name"
            if len(found) > 1 or mention.sort == "person"
            else "other name"
        )
        certain = self.certainty[basis]
        return {**{who: part * certain for who, part in found.items()}, None: 1 - certain}

    def _interview(self, article: _Article, reading: Reading) -> Distribution:
        """*A:* is the person whom the article names most, *Q:* whoever asks."""
        people = [r for r, one in enumerate(article.named.referents) if one.sort == "person"]
        if reading.reference == "answer" and people:
            return self._sure(max(people, key=lambda r: (len(article.named.referents[r].mentions), -r)), "answer")
        return self._sure(
            article.invent("person", "described", reading.words.text.strip(" .:"), reading.words), "words"
        )

    def _several(self, article: _Article, reading: Reading) -> Distribution:
        """``A and B``: two people are a group, two names of organizations one organization (often one name)."""
        assert reading.head is not None
        typed = [self._typed(article, number) for number in (reading.head, *reading.also)]
        kinds, namings = {kind for kind, _ in typed}, {naming for _, naming in typed}
        numbers = (reading.head, *reading.also)
        end = article.mentions[numbers[-1]].end
        words = article.seen.span(article.mentions[reading.head].phrase, end + 2 if reading.others else end)
        naming: Naming = "named" if namings == {"named"} else "vague" if namings == {"vague"} else "described"
        kind: Kind = "organization" if kinds == {"organization"} else "document" if kinds == {"document"} else "group"
        whose = [top(article.found[number])[0][0] for number in numbers]
        people = [who for who in whose if who is not None and who < article.base]
        name = " ".join(words.text.split())
        if kinds == {"person"} and len(set(people)) == len(numbers):
            kind, name = "group", listed([article.name(who) for who in people] + ["others"] * reading.others)
        return self._sure(article.invent(kind, naming, name, words), "several")

    def _pair(self, article: _Article, head: int) -> int | None:
        """*Both women*, *the pair*: the two people who were last named together."""
        seen, one = article.seen, article.mentions[head]
        two = (one.plural and seen.lower[one.phrase] in ("both", "two")) or noun(seen, one.head) in ("pair", "duo")
        if not two or one.form != "nominal" or one.end - one.phrase > 2 or one.sort not in ("person", "group"):
            return None
        for number in range(head - 1, 0, -1):
            first, second = article.mentions[number - 1], article.mentions[number]
            joined = first.form == second.form == "name" and first.sort == second.sort == "person"
            if joined and seen.lower[first.end : second.start] == ("and",):
                people = [top(article.found[place])[0][0] for place in (number - 1, number)]
                if None not in people and people[0] != people[1] and max(who or 0 for who in people) < article.base:
                    name = listed([article.name(who) for who in people if who is not None])
                    return article.invent("group", "named", name, seen.span(first.start, second.end))
        return None

    def _words(self, article: _Article, reading: Reading) -> Distribution:
        """Source words with no noun that the analysis knows: ``many``, ``others``, a name in an odd place."""
        words = " ".join(reading.words.text.split())
        lower = words.lower()
        if reading.reference == "second" or lower in lexicon.RELATIVE or lower in lexicon.PRONOUNS:
            return {None: self.certainty["nobody"]}
        if lower.startswith("@"):
            return self._sure(article.invent("person", "named", words, reading.words), "words")
        if (known := self._bearer(article, reading.words.text)) is not None:
            return self._sure(known, "short name")
        if (plural := lower.split()[-1]).removesuffix("s") in lexicon.PERSON_NOUNS:
            group = plural not in lexicon.PERSON_NOUNS
            vague = plural.removesuffix("s") in lexicon.VAGUE_NOUNS and len(lower.split()) == 1
            return self._sure(
                article.invent(
                    "group" if group else "person", "vague" if vague and group else "described", words, reading.words
                ),
                "words",
            )
        if (people := self._nationals(article, reading)) is not None:
            return self._sure(people, "words")
        if "percent" in lower or "%" in lower:
            return self._sure(article.invent("group", "described", words, reading.words), "words")
        if lower in lexicon.SOMEBODY:
            return self._sure(article.invent("person", "vague", words, reading.words), "vague")
        vague = lower.split()[0] in lexicon.VAGUE_PRONOUNS or lower.startswith(("no ", "not ", "neither"))
        told = lexicon.noun_kind(lower.split()[-1])  # Federal court, in a headline
        kind: Kind = "group" if vague or lower == "the two" else told
        return self._sure(
            article.invent(kind, "vague" if vague else "described", words, reading.words), "vague" if vague else "words"
        )

    def _nationals(self, article: _Article, reading: Reading) -> int | None:
        """``every Ghanaian``, ``the Dutch``: people whom the analysis knows by their nation alone."""
        named = {one.end for one in article.seen.analysis.entities if one.type == "NORP"}
        words = reading.words.text.rstrip(" ,")
        if reading.words.start + len(words) not in named:
            return None
        single = words.lower().split()[0] in _SINGLE
        return article.invent("person" if single else "group", "described", " ".join(words.split()), reading.words)

    def _bearer(self, article: _Article, text: str) -> int | None:
        """Whose name words are that the analysis took for none: the one referent with that form or family name."""
        words = names.person_words(text.strip(" :.").split())
        found = [
            r for r, one in enumerate(article.named.referents)
            if words and any(form == words or (one.sort == "person" and form[-1:] == words) for form in one.forms)
        ]  # fmt: skip
        return found[0] if len(found) == 1 else None

    def _sure(self, who: int | None, basis: str) -> Distribution:
        return {who: self.certainty[basis], None: 1 - self.certainty[basis]}

    def _government(self, article: _Article, found: Distribution, mention: int) -> Distribution:
        """A capital that speaks is its country's government, where the article names the country too, unless its
        sentence is about the city."""
        first, last = article.seen.bounds[article.seen.sentence[article.mentions[mention].head]]
        if lexicon.OF_A_CITY.intersection(article.seen.lemma[first:last]):
            return found
        known: Distribution = {}
        for who, part in found.items():
            country = None
            if who is not None and who < article.base and article.named.referents[who].sort == "place":
                forms = article.named.referents[who].forms
                capital = next(
                    (lexicon.METONYMS[" ".join(form)] for form in forms if " ".join(form) in lexicon.METONYMS), None
                )
                country = next(
                    (
                        r
                        for r, one in enumerate(article.named.referents)
                        if capital
                        and any(
                            lexicon.COUNTRY_FORMS.get(" ".join(form), " ".join(form)) == capital for form in one.forms
                        )
                    ),
                    None,
                )
            target = who if country is None else country
            known[target] = known.get(target, 0.0) + part
        return known

    def _unworded(
        self,
        article: _Article,
        attributions: Sequence[Attribution],
        number: int,
        linked: dict[int, tuple[Distribution, Span | None]],
        personal: dict[int, bool],
    ) -> Distribution:
        """Whose a quote is that has no source words beside it."""
        left = 1.0
        total: Distribution = {}
        for clue in clues(article.seen, article.mentions, article.starts, attributions, number, personal):
            part = left * self.certainty[clue.place]
            for who, share in self._clue(article, clue, linked).items():
                total[who] = total.get(who, 0.0) + part * share
            left -= part
        total[None] = total.get(None, 0.0) + left * self.certainty["nobody"]
        return total

    def _clue(self, article: _Article, clue: Clue, linked: dict[int, tuple[Distribution, Span | None]]) -> Distribution:
        if clue.attribution is not None:
            return linked[clue.attribution][0]
        assert clue.mention is not None
        return self._government(article, article.found[clue.mention], clue.mention)

    def _is_person(self, article: _Article, found: Distribution) -> bool:
        who = top(found)[0][0]
        return who is not None and who < article.base and article.named.referents[who].sort == "person"

    def _first_person(
        self,
        article: _Article,
        attributions: Sequence[Attribution],
        number: int,
        linked: dict[int, tuple[Distribution, Span | None]],
    ) -> Distribution:
        """``I``, ``we``: the speaker of the quote around it, else the author that a byline names."""
        words = attributions[number].source[0]
        near = range(max(0, number - REACH), min(len(attributions), number + REACH + 1))
        near_linked = [n for n in near if n != number and n in linked]
        around = [n for n in near_linked if any(span.covers(words) for span in attributions[n].contents)]
        if not around and (quotation := article.seen.quotation_at(words.start)):
            around = [
                n
                for n in near_linked
                if attributions[n].speech != "indirect"
                and any(quotation.start <= span.start < quotation.end for span in attributions[n].contents)
            ]
        if around:
            found = linked[min(around, key=lambda n: sum(map(len, attributions[n].contents)))][0]
            certain = self.certainty["first person"]
            known = {who: part * certain for who, part in found.items()}
            known[None] = known.get(None, 0.0) + 1 - certain
            return known
        if author := byline_author(article.seen):
            span = article.seen.span(*author)
            return self._sure(article.invent("person", "named", span.text, span), "first person")
        return {None: self.certainty["nobody"]}

    def _typed(self, article: _Article, number: int) -> tuple[Kind, Naming]:
        who = top(article.found[number])[0][0]
        if who is not None and who < article.base:
            return _kind(article, who), "named"
        typed = described(article.seen, article.mentions, article.starts, number)
        return typed.kind, typed.naming

    def _resolution(
        self, article: _Article, attributions: Sequence[Attribution], linked: Sequence[tuple[Distribution, Span | None]]
    ) -> Resolution:
        every = [[(who, part) for who, part in top(found) if part >= _LEAST][:5] for found, _ in linked]
        speak = {found[0][0] for found in every if found}
        kept = [[(who, part) for who, part in found if part >= _REAL or who is None or who in speak] for found in every]
        used = {who for found in kept for who, _ in found if who is not None}
        sure: dict[int, list[int]] = {}  # the mentions that surely stand for each
        for n, one in enumerate(article.found):
            best, part = top(one)[0]
            if best is not None and part >= self.model.threshold:
                sure.setdefault(best, []).append(n)
        unnumbered = {who: self._source(article, who, sure) for who in used}
        unnumbered, same = _merged(unnumbered)
        order = sorted(unnumbered, key=lambda who: (unnumbered[who].mentions[0].start, who))
        ids = {who: f"s{number}" for number, who in enumerate(order, 1)}
        sources = {who: replace(unnumbered[who], id=ids[who]) for who in order}
        links = []
        for found, (_, words) in zip(kept, linked, strict=True):
            sums: dict[str | None, float] = {}
            for who, part in found:
                key = None if who is None else ids[same.get(who, who)]
                sums[key] = sums.get(key, 0.0) + part
            candidates = tuple(
                Candidate(key, min(1.0, part))
                for key, part in sorted(sums.items(), key=lambda pair: (-pair[1], pair[0] or "~"))
            ) or (Candidate(None, 1.0),)
            links.append(Link(self._chosen(candidates), candidates, words))
        return Resolution(_with_anonymity(article, tuple(sources.values()), attributions, links), tuple(links))

    def _chosen(self, candidates: Sequence[Candidate]) -> str | None:
        """The likeliest source, where it is likely enough and no other is about as likely."""
        best = candidates[0]
        rival = max((one.probability for one in candidates[1:] if one.source_id is not None), default=0.0)
        clear = best.probability >= self.model.threshold and best.probability >= self.model.margin * rival
        return best.source_id if clear else None

    def _source(self, article: _Article, who: int, sure: Mapping[int, Sequence[int]]) -> Source:
        seen = article.seen
        spans = {_span(article, n) for n in sure.get(who, ())}
        if who >= article.base + len(article.mentions):
            kind, naming, name, span = article.extra[who - article.base - len(article.mentions)]
            return self._known(Source("", name, kind, naming, mentions=tuple(sorted(spans | {span}))))
        if who >= article.base:
            number = self._first_full(article, who - article.base, sure.get(who, ()))
            readings = [reading for reading in article.readings.values() if reading.head == number]
            typed = described(seen, article.mentions, article.starts, number, any(reading.some for reading in readings))
            typed = replace(typed, affiliation=self._affiliation(article, number, typed.affiliation, sure.get(who, ())))
            if any(reading.one for reading in readings):
                typed = replace(typed, kind="person", naming="described", name=" ".join(readings[0].words.text.split()))
            spans.add(_span(article, number))
            return self._known(
                Source("", typed.name, typed.kind, typed.naming, typed.role, typed.affiliation, tuple(sorted(spans)))
            )
        referent = article.named.referents[who]
        name = article.name(who)
        role, affiliation = _role(article, who)
        spans |= {
            _span(article, n) for n in referent.mentions if article.found[n].get(who, 0.0) >= self.model.threshold
        }
        spans.add(_span(article, referent.best))
        return self._known(Source("", name, _kind(article, who), "named", role, affiliation, tuple(sorted(spans))))

    def _first_full(self, article: _Article, number: int, others: Sequence[int]) -> int:
        """The first mention that says more than a bare noun, as a headline has it (*Study finds*)."""
        one = article.mentions[number]
        if one.end - one.phrase > 1 or one.form != "nominal" or one.plural:
            return number
        told = noun(article.seen, one.head)
        fuller = (
            other
            for other in others
            if article.mentions[other].form == "nominal"
            and article.mentions[other].end - article.mentions[other].phrase > 1
            and noun(article.seen, article.mentions[other].head) == told
        )
        return next(fuller, number)

    def _affiliation(self, article: _Article, number: int, told: str | None, others: Sequence[int]) -> str | None:
        """Whom a described source is of: as told there or at a later mention; a body by its name, where it has one."""
        seen, place = article.seen, article.mentions
        called = noun(seen, place[number].head)
        represents = called in lexicon.LAWYERS | lexicon.SPOKESPEOPLE
        for other in others if told is None and represents else ():
            if other != number and place[other].form == "nominal":
                told = told or described(seen, place, article.starts, other).affiliation
        if told is None and called in lexicon.SPOKESPEOPLE:
            owner = possessor(seen, place, article.starts, number)
            who, part = (None, 0.0) if owner is None else top(article.found[owner])[0]
            if who is not None and who < article.base and part >= self.model.threshold:
                return article.name(who)
        if told is None or told not in lexicon.BODIES:
            return told
        bodies = [
            who
            for who, one in enumerate(article.named.referents)
            if one.sort in ("organization", "place") and any(form[-1] == told and len(form) > 1 for form in one.forms)
        ]
        return article.name(bodies[0]) if len(bodies) == 1 else told

    def _known(self, source: Source) -> Source:
        return source if self.authority is None else replace(source, authority_id=self.authority.id_of(source))


def listed(words: Sequence[str]) -> str:
    """``A``, ``A and B``, ``A, B and C``."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _place(said: Attribution) -> int:
    return (said.source or said.contents or said.cue)[0].start


def _merged(sources: dict[int, Source]) -> tuple[dict[int, Source], dict[int, int]]:
    """Sources that are no more than the same name in two places of the analysis, brought together."""
    kept: dict[int, Source] = {}
    same: dict[int, int] = {}
    by_name: dict[tuple[str, str], int] = {}
    for who in sorted(sources):
        one = sources[who]
        words = " ".join(names.organization_words(one.name.split()))
        key = (one.naming, words)
        if key in by_name:
            first = by_name[key]
            same[who] = first
            kept[first] = replace(kept[first], mentions=tuple(sorted({*kept[first].mentions, *one.mentions})))
        else:
            by_name[key] = who
            kept[who] = one
    return kept, same


def _span(article: _Article, number: int) -> Span:
    one = article.mentions[number]
    start = one.phrase if one.form == "nominal" else one.start
    return article.seen.span(start, one.end)


def _kind(article: _Article, who: int) -> Kind:
    referent = article.named.referents[who]
    if referent.sort in ("organization", "place"):
        return "organization"
    if referent.sort == "person":
        return "person"
    if referent.sort in ("document", "group"):
        return referent.sort
    one = article.mentions[referent.best]
    if one.start > 0 and article.seen.lower[one.start - 1] == "the":
        return "organization"  # no person's name has an article
    return "person" if one.end - one.start in (1, 2, 3) else "organization"


def _role(article: _Article, who: int) -> tuple[str | None, str | None]:
    """The fullest thing that the article says of a named source beside its name, and the organization in it."""
    seen, referent = article.seen, article.named.referents[who]
    role: str | None = None
    affiliation: str | None = None
    for start, end in sorted(referent.roles, key=lambda one: (-min(one[1] - one[0], 3), one[0])):
        begin = start
        while begin < end and (
            seen.upos[begin] in ("DET", "PUNCT")
            or seen.lower[begin].rstrip(".") in lexicon.HONORIFICS
            or (seen.upos[begin] == "NUM" and begin + 1 < end and seen.lower[begin + 1] == ",")
        ):
            begin += 1
        if begin == end:
            continue
        if role is None:
            role = " ".join(seen.span(begin, end).text.split()).strip(" ,")
        told = affiliation_in(seen, article.mentions, article.starts, begin, end)
        affiliation = affiliation or told or _body_in(article, seen.lower[begin:end])
    if affiliation is None and referent.sort == "person":
        affiliation = _beside(article, referent.mentions)
    return role, affiliation


def _body_in(article: _Article, words: Sequence[str]) -> str | None:
    """The organization of the article whose name stands in the words of a role (*38 North analyst*)."""
    for who, one in enumerate(article.named.referents):
        if one.sort != "organization" or lexicon.ORGANIZATION_NOUNS.issuperset(one.forms[0]):
            continue  # "North" alone is no body
        for form in one.forms:
            if any(tuple(words[place : place + len(form)]) == form for place in range(len(words) - len(form))):
                return article.name(who)
    return None


def _beside(article: _Article, numbers: Sequence[int]) -> str | None:
    """``38 North's Bermudez``, ``Bermudez of 38 North``."""
    seen = article.seen
    for number in numbers:
        one = article.mentions[number]
        first = bisect_left(article.starts, one.phrase)
        for other in article.mentions[first : first + 8]:
            if other.form != "name" or other.sort != "organization":
                continue
            owns = other.possessive and other.phrase == one.phrase and other.end < one.start
            of = (
                one.end < len(seen.tokens)
                and seen.lower[one.end] in ("of", "from", "at", "with")
                and other.phrase == one.end + 1
            )
            if owns or of:
                return " ".join(seen.span(other.start, other.end).text.split())
    return None


def _with_anonymity(
    article: _Article, sources: tuple[Source, ...], attributions: Sequence[Attribution], links: Sequence[Link]
) -> tuple[Source, ...]:
    """Anonymity goes to the unnamed source that speaks in its sentence, or in the sentence before."""
    spans: dict[str, list[Span]] = {}
    by_id = {source.id: source for source in sources}
    for one in granted(article.seen):
        sentence = article.seen.analysis.sentence_at(one.condition.start)
        near = [
            (
                abs(article.seen.analysis.sentence_at(said.start) - sentence),
                abs((said.source or said.contents)[0].start - one.condition.start),
                link.source_id,
            )
            for said, link in zip(attributions, links, strict=True)
            if link.source_id is not None
            and by_id[link.source_id].naming != "named"
            and any(
                article.seen.analysis.sentence_at(span.start) in (sentence, sentence - 1)
                for span in (*said.source, *said.cue, *said.contents)
            )
        ]
        if near:
            spans.setdefault(min(near)[2], []).extend(one.spans)
    return tuple(replace(source, anonymity=tuple(spans.get(source.id, ()))) for source in sources)


def load(artifact: artifacts.Artifact) -> tuple[Model, dict[str, float]]:
    """The ranker of a checked artifact, and how often each kind of link is right."""
    import joblib

    kept: dict[str, Any] = joblib.load(artifact.path("ranker.joblib"))
    try:
        figures = kept["choices"]
        chosen = {key: figures[key] for key in ("nulls", "sharpness", "threshold", "margin", "agreement", "going_on")}
        model = Model(kept["classifier"], kept["gender"], kinds=kept["kinds"], **chosen)
    except KeyError as error:
        raise artifacts.ArtifactError(
            f"{artifact.folder.name} is older than this version of quotes (it has no {error}); "
            "install the package again or run: quotes train resolver"
        ) from error
    return model, {**CERTAINTY, **figures.get("certainty", {})}
