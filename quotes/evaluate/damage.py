"""Damage for evaluation: written apart from the generator that training uses, by paragraphs and with its own words.

What it shares with that one is the meaning of the varieties and nothing else: no code, no thesaurus, no debris. It
works on paragraphs that hold one quotation with its reporting clause, and leaves a *site*: where the damage is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

VARIETIES = ("orphaned", "truncated", "marks", "stray", "spliced", "repeated", "missing", "spun")
ALL_OVER = "spun all over"  # every paragraph of the article, as spinning tools do


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


# What spinning tools put for common words of news speech; a bar parts the replacements.
SWAPS: Mapping[str, tuple[str, ...]] = {
    word: tuple(others.split("|"))
    for word, _, others in (
        entry.partition("=")
        for entry in [
            "problem=predicament",
            "country=homeland|kingdom",
            "people=human beings",
            "think=suppose|imagine",
            "believe=trust|reckon",
            "important=weighty|momentous",
            "president=chairman|premier",
            "government=regime",
            "american=yankee|stateside",
            "americans=yankees",
            "world=earth|sphere",
            "great=magnificent|grand",
            "good=decent|fine",
            "bad=horrible|evil",
            "big=sizeable|giant",
            "new=recent|contemporary",
            "first=initial|foremost",
            "last=closing|remaining",
            "long=extensive",
            "make=fabricate|manufacture",
            "made=fabricated|manufactured",
            "take=seize|grab",
            "took=seized|grabbed",
            "give=hand|donate",
            "know=comprehend|grasp",
            "see=witness|glimpse",
            "want=crave|covet",
            "need=demand|requirement",
            "work=labour|toil",
            "working=labouring|toiling",
            "job=chore|occupation",
            "jobs=occupations|chores",
            "help=succour|relief",
            "support=backing|bolster",
            "change=mutation|alternation",
            "fight=brawl",
            "fighting=brawling",
            "win=triumph|conquer",
            "won=conquered|triumphed",
            "lose=mislay|forfeit",
            "lost=misplaced|forfeited",
            "vote=poll",
            "voters=balloters|constituents",
            "election=poll|choosing",
            "campaign=drive",
            "party=gala|festivity",
            "law=statute|edict",
            "laws=statutes",
            "right=accurate",
            "rights=entitlements",
            "wrong=erroneous|mistaken",
            "true=factual|veritable",
            "money=currency|coinage",
            "tax=toll|duty",
            "taxes=tolls|duties",
            "business=commerce|trade",
            "companies=corporations|outfits",
            "company=outfit",
            "trade=barter|swap",
            "deal=transaction",
            "plan=scheme|blueprint",
            "policy=doctrine",
            "issue=topic|subject matter",
            "issues=topics|subject matters",
            "question=interrogation",
            "answer=rejoinder",
            "war=hostilities",
            "peace=tranquillity|calmness",
            "weapons=armaments|weaponry",
            "attack=onslaught|raid",
            "attacks=onslaughts|raids",
            "threat=menace",
            "security=safekeeping",
            "safe=unhurt",
            "police=constabulary",
            "military=martial|soldierly",
            "family=kinfolk|clan",
            "families=clans|kinfolk",
            "children=offspring",
            "child=infant",
            "women=dames",
            "woman=dame",
            "men=gentlemen",
            "friend=comrade|chum",
            "friends=comrades|chums",
            "day=daytime|date",
            "days=dates",
            "week=seven days",
            "month=four weeks",
            "years=ages",
            "year=twelvemonth|annum",
            "today=at present",
            "tomorrow=the following day",
            "now=presently|at this instant",
            "never=nevermore",
            "always=perpetually|eternally",
            "often=oftentimes|repeatedly",
            "really=in truth",
            "very=exceedingly|awfully",
            "clear=lucid|transparent",
            "clearly=lucidly|transparently",
            "sure=assured|convinced",
            "strong=muscular|robust",
            "hard=arduous|rigid",
            "difficult=arduous|onerous",
            "easy=facile",
            "free=gratis|unconfined",
            "real=tangible|bona fide",
            "whole=entirety",
            "high=lofty|tall",
            "low=shallow|base",
            "state=nation|province",
            "states=provinces|nations",
            "city=municipality",
            "place=locale",
            "home=abode",
            "house=abode|dwelling",
            "school=academy|schoolhouse",
            "students=scholars",
            "health=wellbeing",
            "care=caution|attention",
            "life=lifetime",
            "lives=existences",
            "death=dying",
            "story=anecdote",
            "say=utter|pronounce",
            "saying=uttering",
            "talk=chatter",
            "talking=chattering|conversing",
            "tell=narrate",
            "told=informed|narrated",
            "ask=beg",
            "asked=begged",
            "call=telephone|summon",
            "called=telephoned|summoned",
            "keep=retain|hold on to",
            "start=outset",
            "begin=originate",
            "end=terminus",
            "show=exhibit",
            "shows=exhibits|displays",
            "find=unearth",
            "found=located|unearthed",
            "bring=fetch",
            "brought=fetched|conveyed",
            "continue=persist",
            "expect=await",
            "hope=aspire|optimism",
            "fear=fright",
            "concern=apprehension",
            "concerns=apprehensions",
            "concerned=apprehensive|bothered",
            "decision=verdict",
            "decisions=verdicts",
            "leader=chieftain|boss",
            "leaders=chieftains|bosses",
            "leadership=stewardship|command",
            "power=might|clout",
            "strength=potency|vigour",
            "process=operation",
            "system=apparatus|mechanism",
            "progress=headway|advance",
            "report=account|write-up",
            "evidence=testimony",
            "missile=projectile|rocket",
            "missiles=projectiles",
            "border=frontier",
            "foreign=alien",
            "community=neighbourhood|populace",
            "public=populace|communal",
            "media=press|medium",
            "history=annals",
            "future=hereafter|times ahead",
            "economy=frugality|thrift",
            "economic=fiscal",
            "growth=enlargement",
            "market=bazaar",
            "pay=remunerate|wages",
            "open=unlocked|ajar",
            "move=budge|motion",
            "moving=budging",
            "run=sprint|jog",
            "running=sprinting|jogging",
            "serious=grave|solemn",
            "dangerous=perilous",
            "terrible=ghastly",
            "beautiful=attractive",
            "proud=conceited|haughty",
            "happy=joyful",
            "angry=cross",
            "tough=sturdy|hard-hitting",
            "fair=blond",
            "simple=uncomplicated|plain",
            "together=collectively",
            "only=solely|merely",
            "many=countless",
            "much=a great deal|considerably",
            "most=the bulk of|nearly all",
            "every=each and every|each",
            "everybody=each person|one and all",
            "everyone=each person|one and all",
            "something=one thing|a thing",
            "nothing=naught|zilch",
            "things=objects",
            "thing=object|article",
            "way=route",
            "ways=routes",
            "part=slice",
            "group=bunch|cluster",
            "groups=bunches|clusters",
            "number=numeral|figure",
            "lot=great deal|bunch",
            "kind=variety",
            "idea=brainwave",
            "reason=motive|rationale",
            "fact=actuality",
            "case=lawsuit",
            "point=spot|tip",
            "side=flank|edge",
            "opportunity=opening",
            "understand=fathom|apprehend",
            "remember=recollect|reminisce",
            "happen=befall",
            "happened=befell",
            "happening=transpiring|befalling",
            "create=generate|invent",
            "build=erect|assemble",
            "protect=shelter",
            "defend=uphold",
            "serve=wait on|function",
            "respect=admiration",
            "justice=equity",
            "freedom=liberation",
            "campaigning=crusading",
            "court=courtyard",
            "judge=adjudicator|referee",
            "office=bureau",
            "game=contest|amusement",
            "played=performed|toyed",
        ]
    )
}
_DEBRIS = (
    " , . ",
    ",. ",
    " ,, ",
    ";. ",
    " .",
    "<b>",
    "</div>",
    "&#8220;",
    "&rsquo;",
    ' <span class="x">',
    " Advertisement ",
    " ADVERTISEMENT ",
    " Image caption ",
    " â€œ",
    "Â ",
    " {{widget}} ",
    " \ufffd ",
    " [video] ",
    " googletag.cmd ",
    " &nbsp;",
    " Read more: ",
)
_WORD = re.compile(r"[A-Za-z]+(?:['’][a-z]+)?")
_NEEDED = _words("is are was were be been to of for with will have has can would should at from in on")
_SMALL = _words("of in is was and to that for on are with at has who by as")
_EMPHATIC = _words("very really no so that had many never long again far more bye yes")


@dataclass(frozen=True, slots=True)
class Said:
    """A quotation with its clause inside one paragraph: offsets into it, the marks belonging to the words."""

    start: int
    end: int
    source: str


@dataclass(frozen=True, slots=True)
class Site:
    """Where a text was damaged, and how."""

    variety: str
    start: int
    end: int


Hurt = tuple[str, int, int] | None  # the paragraph, and where in it the damage shows


def damaged(
    blocks: Sequence[str], said: Mapping[int, Said], varieties: Sequence[str], random: Random, most: int = 3
) -> tuple[str, tuple[Site, ...]]:
    """An article's paragraphs joined again with up to ``most`` of them damaged, never two neighbours.

    The variety of each is drawn from ``varieties``; ``orphaned``, which moves paragraphs about, and ``ALL_OVER`` must
    stand alone there.
    """
    if "orphaned" in varieties:
        return _robbed(blocks, said, random, most)
    if ALL_OVER in varieties:
        return _spun_all_over(blocks, said, random)
    made = list(blocks)
    hurt: dict[int, tuple[str, int, int]] = {}
    for number in random.sample(sorted(said), len(said)):
        if len(hurt) == most or number - 1 in hurt or number + 1 in hurt:
            continue
        variety = random.choice(list(varieties))
        if variety == "spliced":
            others = [(blocks[n], one) for n, one in said.items() if n != number and one.source != said[number].source]
            found = _spliced(blocks[number], said[number], others, random)
        elif variety == "marks":
            following = blocks[number + 1] if number + 1 < len(blocks) else ""
            found = _marks(blocks[number], said[number], following, random)
        else:
            found = _BY_VARIETY[variety](blocks[number], said[number], random)
        if found is not None:
            made[number] = found[0]
            hurt[number] = (variety, *found[1:])
    sites, at = [], 0
    for number, block in enumerate(made):
        if number in hurt:
            variety, start, end = hurt[number]
            sites.append(Site(variety, at + start, at + end))
        at += len(block) + 2
    return "\n\n".join(made), tuple(sites)


def _spoken(block: str, one: Said) -> list[re.Match[str]]:
    return list(_WORD.finditer(block, one.start, one.end))


def _robbed(blocks: Sequence[str], said: Mapping[int, Said], random: Random, most: int) -> tuple[str, tuple[Site, ...]]:
    """Paragraphs of which nothing is left but the quotation, set where no neighbour says whose it is."""
    made = list(blocks)
    left: list[str] = []
    for number in random.sample(sorted(said), len(said)):
        quote = blocks[number][said[number].start : said[number].end]
        names = {word for word in _WORD.findall(said[number].source) if word[0].isupper()}
        if len(left) == most or not names or len(quote.split()) < 6 or any(mark in quote[1:-1] for mark in '"“”'):
            continue
        if quote[-2] == ",":
            quote = quote[:-2] + "." + quote[-1]
        others = [block for place, block in enumerate(made) if place != made.index(blocks[number])]
        places = [
            place
            for place in range(1, len(others) + 1)
            if all(
                near.endswith(".")
                and not any(mark in near for mark in "\"“”'‘")
                and not names & set(_WORD.findall(near))
                for near in others[place - 1 : place + 1]
            )
        ]
        if places:
            place = random.choice(places)
            made = [*others[:place], quote, *others[place:]]
            left.append(quote)
    text = "\n\n".join(made)
    return text, tuple(Site("orphaned", text.index(quote), text.index(quote) + len(quote)) for quote in left)


def _truncated(block: str, one: Said, random: Random) -> Hurt:
    words = _spoken(block, one)[4:-2]
    long = [word for word in words if len(word.group()) >= 6]
    small = [word for word in words if word.group() in ("the", "of", "a", "to", "and", "with", "our", "an", "for")]
    if long and (random.random() < 0.6 or not small):
        word = random.choice(long)
        end = word.start() + random.randrange(2, len(word.group()) - 2)
    elif small:
        word = random.choice(small)
        end = word.end()
    else:
        return None
    return block[:end], word.start(), end


def _marks(block: str, one: Said, following: str, random: Random) -> Hurt:
    first, last = one.start, one.end - 1
    if block[first] not in '"“' or block[last] not in '"”' or any(c in block[first + 1 : last] for c in '"“”'):
        return None
    way = random.randrange(5)
    runs_on = following[:1] in ('"', "“", "'", "‘") and not block[last + 1 :].strip(" .")
    if way == 0 and not runs_on:
        return block[:last] + block[last + 1 :], first, last
    if way == 1:
        return block[:first] + block[first + 1 :], first, last
    if way == 2:
        return block[:first] + block[first] + block[first:], first, first + 2
    if way == 3:
        return block[:last] + block[last] + block[last:], last, last + 2
    if way == 4 and block[last - 1] in ".,?!":
        return block[:last] + {"”": "’", '"': "'"}[block[last]] + block[last + 1 :], last, last + 1
    return None


def _stray(block: str, one: Said, random: Random) -> Hurt:
    gaps = [m.start() for m in re.finditer(r"(?<=[a-z]) (?=[a-z])", block[one.start : one.end])]
    if len(gaps) < 4:
        return None
    at = one.start + random.choice(gaps[1:-1])
    debris = random.choice(_DEBRIS)
    return block[:at] + debris + block[at + (debris[-1] in " .") :], at, at + len(debris)


def _repeated(block: str, one: Said, random: Random) -> Hurt:
    words = _spoken(block, one)
    if len(words) < 7:
        return None
    number = random.randrange(1, len(words) - 2)
    last = number + random.choice((0, 0, 1))
    start, end = words[number].start(), words[last].end()
    again = block[start:end]
    if again.lower() in _EMPHATIC or not re.fullmatch(r"[a-z'’]+(?: [a-z'’]+)?", again) or block[end] != " ":
        return None
    return block[:end] + " " + again + block[end:], start, end + 1 + len(again)


def _missing(block: str, one: Said, random: Random) -> Hurt:
    words = _spoken(block, one)
    places = [
        number
        for number in range(2, len(words) - 2)
        if block[words[number - 1].end() : words[number + 1].start()] == f" {words[number].group()} "
        and (
            (words[number].group() in _NEEDED and words[number + 1].group() not in _NEEDED)
            or (words[number - 1].group() in ("the", "a", "an", "our", "their") and words[number + 1].group() in _SMALL)
        )
        and words[number - 1].group().lower() != words[number + 1].group().lower()
    ]
    if not places or len(words) < 8:
        return None
    number = random.choice(places)
    made = block[: words[number].start()] + block[words[number + 1].start() :]
    return made, words[number - 1].start(), words[number].start() + len(words[number + 1].group())


def _spliced(block: str, one: Said, others: Sequence[tuple[str, Said]], random: Random) -> Hurt:
    mine = _spoken(block, one)
    if len(mine) < 9 or not others:
        return None
    other, theirs_said = random.choice(others)
    theirs = _spoken(other, theirs_said)
    if len(theirs) < 9:
        return None
    left = mine[random.randrange(4, len(mine) - 3)]
    right = theirs[random.randrange(3, len(theirs) - 4)]
    if (
        block[left.end()] != " "
        or not right.group().islower()
        or other[right.start() - 1] != " "
        or other[right.start() - 2] in ".,;:!?"
    ):
        return None
    if (
        right.group() in ("and", "but", "or", "because", "that", "when", "if", "as", "who")
        or right.group() == left.group()
    ):
        return None
    tail = other[right.start() : theirs_said.end].rstrip("\"”.,!?'")
    closing = block[one.end - 2 : one.end] if block[one.end - 2] in ".,!?" else block[one.end - 1 : one.end]
    made = block[: left.end()] + " " + tail + closing + block[one.end :]
    return made, left.start(), left.end() + 1 + len(right.group())


def _spun(block: str, one: Said, random: Random) -> Hurt:
    words = _spoken(block, one)
    if len(words) < 12:
        return None
    able = [word for word in words if word.group().lower() in SWAPS]
    if len(able) < 3:
        return None
    chosen = random.sample(able, random.randint(3, max(3, min(len(able), len(words) // 4))))
    made, grown = block, 0
    for word in sorted(chosen, key=lambda word: -word.start()):
        other = random.choice(SWAPS[word.group().lower()])
        other = other.capitalize() if word.group()[0].isupper() else other
        made = made[: word.start()] + other + made[word.end() :]
        grown += len(other) - len(word.group())
    return made, min(word.start() for word in chosen), max(word.end() for word in chosen) + grown


def _spun_all_over(blocks: Sequence[str], said: Mapping[int, Said], random: Random) -> tuple[str, tuple[Site, ...]]:
    """Every paragraph spun that has the words for it; the sites are in those with a quotation."""
    made, sites, at = [], [], 0
    for number, block in enumerate(blocks):
        hurt = _spun(block, said.get(number, Said(0, len(block), "")), random)
        made.append(block if hurt is None else hurt[0])
        if hurt is not None and number in said:
            sites.append(Site("spun", at + hurt[1], at + hurt[2]))
        at += len(made[-1]) + 2
    return "\n\n".join(made), tuple(sites)


_BY_VARIETY: Mapping[str, Callable[[str, Said, Random], Hurt]] = {
    "truncated": _truncated,
    "stray": _stray,
    "repeated": _repeated,
    "missing": _missing,
    "spun": _spun,
}
