"""Damage for evaluation: written apart from the generator that training uses, paragraph by paragraph, with its own words.

What it shares with that one is the meaning of the varieties and nothing else: no code, no thesaurus, no debris. It works
on paragraphs that hold one quotation with its reporting clause, and leaves a *site*: where the damage is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

VARIETIES = ("orphaned", "truncated", "marks", "stray", "spliced", "repeated", "missing", "spun")

# What spinning tools put for common words of news speech; a bar parts the replacements.
SWAPS: Mapping[str, tuple[str, ...]] = {
    word: tuple(others.split("|"))
    for word, _, others in (
        entry.partition("=")
        for entry in (
            "problem=trouble|predicament;problems=troubles;country=homeland|kingdom;people=folks|human beings;think=suppose|imagine;"
            "believe=trust|reckon;important=weighty|momentous;president=chairman|premier;government=regime|authorities;"
            "american=yankee|stateside;americans=yankees;world=earth|sphere;great=magnificent|grand;good=decent|fine;bad=horrible|evil;"
            "big=sizeable|giant;new=recent|contemporary;first=initial|foremost;last=closing|remaining;long=prolonged|extensive;"
            "make=fabricate|manufacture;made=fabricated|manufactured;take=seize|grab;took=seized|grabbed;give=hand|donate;"
            "know=comprehend|grasp;see=witness|glimpse;want=crave|covet;need=demand|requirement;work=labour|toil;working=labouring|toiling;"
            "job=chore|occupation;jobs=occupations|chores;help=succour|relief;support=backing|bolster;change=mutation|alternation;"
            "fight=brawl|combat;fighting=brawling;win=triumph|conquer;won=conquered|triumphed;lose=mislay|forfeit;lost=misplaced|forfeited;"
            "vote=ballot|poll;voters=balloters|constituents;election=poll|choosing;campaign=crusade|drive;party=gala|festivity;"
            "law=statute|edict;laws=statutes;right=proper|accurate;rights=entitlements;wrong=erroneous|mistaken;true=factual|veritable;"
            "money=currency|coinage;tax=toll|duty;taxes=tolls|duties;business=commerce|trade;companies=corporations|outfits;"
            "company=corporation|outfit;trade=barter|swap;deal=bargain|transaction;plan=scheme|blueprint;policy=doctrine|coverage;"
            "issue=topic|subject matter;issues=topics|subject matters;question=query|interrogation;questions=queries;answer=reply|rejoinder;"
            "war=warfare|hostilities;peace=tranquillity|calmness;weapons=armaments|weaponry;attack=onslaught|raid;attacks=onslaughts|raids;"
            "threat=menace|hazard;security=safekeeping|protection;safe=secure|unhurt;police=constabulary|cops;military=martial|soldierly;"
            "family=kinfolk|clan;families=clans|kinfolk;children=youngsters|offspring;child=youngster|infant;women=females|dames;"
            "woman=female|dame;men=gentlemen|males;man=gentleman|male;friend=comrade|chum;friends=comrades|chums;"
            "time=period|moment;times=instances|periods;day=daytime|date;days=dates;week=seven days;month=four weeks;years=decades|ages;"
            "year=twelvemonth|annum;today=nowadays|at present;tomorrow=the following day;now=presently|at this instant;never=not ever|nevermore;"
            "always=perpetually|eternally;often=oftentimes|repeatedly;really=genuinely|in truth;very=exceedingly|awfully;"
            "clear=lucid|transparent;clearly=lucidly|transparently;sure=assured|convinced;strong=muscular|robust;hard=arduous|rigid;"
            "difficult=arduous|onerous;easy=effortless|facile;free=gratis|unconfined;real=tangible|bona fide;whole=entirety|complete;"
            "high=lofty|tall;low=shallow|base;state=nation|province;states=provinces|nations;city=metropolis|municipality;"
            "place=spot|locale;home=abode|dwelling;house=abode|dwelling;school=academy|schoolhouse;students=pupils|scholars;"
            "health=wellness|wellbeing;care=caution|attention;life=existence|lifetime;lives=existences;death=demise|dying;"
            "story=tale|anecdote;word=phrase|term;words=phrases;say=utter|pronounce;saying=uttering;talk=chatter|speak;talking=chattering|conversing;"
            "tell=inform|narrate;told=informed|narrated;ask=inquire|beg;asked=begged|inquired;call=telephone|summon;called=telephoned|summoned;"
            "keep=retain|hold on to;stop=halt|cease;start=commence|outset;begin=commence|originate;end=conclusion|terminus;"
            "show=exhibit|display;shows=exhibits|displays;find=locate|unearth;found=located|unearthed;bring=fetch|convey;brought=fetched|conveyed;"
            "continue=persist|carry on;expect=anticipate|await;hope=aspire|optimism;fear=dread|fright;concern=worry|apprehension;"
            "concerns=worries|apprehensions;concerned=apprehensive|bothered;decision=verdict|determination;decisions=verdicts;"
            "leader=chieftain|boss;leaders=chieftains|bosses;leadership=stewardship|command;power=might|clout;strength=potency|vigour;"
            "process=procedure|operation;system=apparatus|mechanism;progress=headway|advance;report=account|write-up;evidence=testimony|proof;"
            "nuclear=atomic;missile=projectile|rocket;missiles=projectiles;border=frontier|boundary;foreign=overseas|alien;"
            "community=neighbourhood|populace;public=populace|communal;media=press|medium;history=past|annals;future=hereafter|times ahead;"
            "economy=frugality|thrift;economic=financial|fiscal;growth=expansion|enlargement;market=bazaar|marketplace;pay=remunerate|wages;"
            "open=unlocked|ajar;close=shut|near;move=budge|motion;moving=budging;run=sprint|jog;running=sprinting|jogging;"
            "serious=grave|solemn;dangerous=perilous|hazardous;terrible=dreadful|ghastly;beautiful=attractive|gorgeous;proud=conceited|haughty;"
            "happy=glad|joyful;angry=irate|cross;tough=sturdy|hard-hitting;fair=blond|reasonable;simple=uncomplicated|plain;"
            "together=collectively|jointly;only=solely|merely;many=numerous|countless;much=a great deal|considerably;most=the bulk of|nearly all;"
            "every=each and every|each;everybody=each person|one and all;everyone=each person|one and all;something=one thing|a thing;"
            "nothing=naught|zilch;things=stuff|objects;thing=object|article;way=method|route;ways=methods|routes;part=portion|slice;"
            "group=bunch|cluster;groups=bunches|clusters;number=numeral|figure;lot=great deal|bunch;kind=sort|variety;idea=notion|brainwave;"
            "reason=motive|rationale;fact=truth|actuality;case=instance|lawsuit;point=spot|tip;side=flank|edge;opportunity=opening|chance;"
            "understand=fathom|apprehend;remember=recollect|reminisce;happen=transpire|befall;happened=transpired|befell;"
            "happening=transpiring|befalling;allow=permit|let;allowed=permitted;create=generate|invent;build=erect|assemble;"
            "protect=shelter|guard;defend=shield|uphold;serve=wait on|function;respect=esteem|admiration;justice=fairness|equity;"
            "freedom=liberty|liberation;campaigning=crusading;court=tribunal|courtyard;judge=adjudicator|referee;office=bureau|workplace;"
            "team=squad|crew;player=participant|gamer;game=contest|amusement;played=performed|toyed;season=time of year"
        ).split(";")
    )
}
_DEBRIS = (
    " , . ", ",. ", " ,, ", ";. ", " .", "<b>", "</div>", "&#8220;", "&rsquo;", " <span class=\"x\">", " Advertisement ", " ADVERTISEMENT ",
    " Image caption ", " â€œ", "Â ", " {{widget}} ", " \ufffd ", " [video] ", " googletag.cmd ", " &nbsp;", " Read more: ",
)  # fmt: skip
_WORD = re.compile(r"[A-Za-z]+(?:['’][a-z]+)?")
_NEEDED = frozenset("is are was were be been to of for with will have has can would should at from in on".split())
_SMALL = frozenset("of in is was and to that for on are with at has who by as".split())
_EMPHATIC = frozenset("very really no so that had many never long again far more bye yes".split())


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
    blocks: Sequence[str], said: Mapping[int, Said], variety: str, random: Random, most: int = 3
) -> tuple[str, tuple[Site, ...]]:
    """An article's paragraphs joined again with up to ``most`` of them damaged, never two neighbours."""
    made, hurt = list(blocks), {}
    for number in random.sample(sorted(said), len(said)):
        if len(hurt) == most or number - 1 in hurt or number + 1 in hurt:
            continue
        if variety == "orphaned":
            found = _orphaned(blocks, number, said[number])
        elif variety == "spliced":
            others = [(blocks[n], one) for n, one in said.items() if n != number and one.source != said[number].source]
            found = _spliced(blocks[number], said[number], others, random)
        elif variety == "marks":
            following = blocks[number + 1] if number + 1 < len(blocks) else ""
            found = _marks(blocks[number], said[number], following, random)
        else:
            found = _BY_VARIETY[variety](blocks[number], said[number], random)
        if found is not None:
            made[number] = found[0]
            hurt[number] = found[1:]
    sites, at = [], 0
    for number, block in enumerate(made):
        if number in hurt:
            sites.append(Site(variety, at + hurt[number][0], at + hurt[number][1]))
        at += len(block) + 2
    return "\n\n".join(made), tuple(sites)


def _words(block: str, one: Said) -> list[re.Match[str]]:
    return list(_WORD.finditer(block, one.start, one.end))


def _orphaned(blocks: Sequence[str], number: int, one: Said) -> Hurt:
    """All of the paragraph gone but the quotation, where no neighbour says whose it is."""
    block = blocks[number]
    quote = block[one.start : one.end]
    if len(quote.split()) < 6 or quote.count('"') + quote.count("“") + quote.count("”") != 2:
        return None
    if len(_WORD.findall(block[: one.start] + block[one.end :])) > 14:
        return None
    names = {word for word in _WORD.findall(one.source) if word[0].isupper()}
    if not names:
        return None
    for near in (number - 1, number + 1):
        if 0 <= near < len(blocks):
            other = blocks[near]
            if any(mark in other for mark in '"“”') or names & set(_WORD.findall(other)) or other.endswith(":"):
                return None
    if quote[-2] == ",":
        quote = quote[:-2] + "." + quote[-1]
    return quote, 0, len(quote)


def _truncated(block: str, one: Said, random: Random) -> Hurt:
    words = _words(block, one)[4:-2]
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
    if way == 4 and block[last] == "”":
        return block[:last] + "“" + block[last + 1 :], last, last + 1
    return None


def _stray(block: str, one: Said, random: Random) -> Hurt:
    gaps = [m.start() for m in re.finditer(r"(?<=[a-z]) (?=[a-z])", block[one.start : one.end])]
    if len(gaps) < 4:
        return None
    at = one.start + random.choice(gaps[1:-1])
    debris = random.choice(_DEBRIS)
    return block[:at] + debris + block[at + (debris[-1] in " .") :], at, at + len(debris)


def _repeated(block: str, one: Said, random: Random) -> Hurt:
    words = _words(block, one)
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
    words = _words(block, one)
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
    mine = _words(block, one)
    if len(mine) < 9 or not others:
        return None
    other, theirs_said = random.choice(others)
    theirs = _words(other, theirs_said)
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
    words = _words(block, one)
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


_BY_VARIETY: Mapping[str, Callable[[str, Said, Random], Hurt]] = {
    "truncated": _truncated,
    "stray": _stray,
    "repeated": _repeated,
    "missing": _missing,
    "spun": _spun,
}
