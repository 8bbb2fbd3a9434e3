"""``quotes train quality``: from damaged and clean articles to ``models/quality-<version>/``.

The articles go through the system itself (analysis, detector, resolver, evidence of damage), so that the estimators
learn its real mistakes. Articles are never split: neither between training and calibration nor between folds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from quotes import artifacts
from quotes.features import NAMES_OF_ORPHANS, NAMES_OF_SOURCES, RULES, extract, names_of_words, reach
from quotes.marks import paragraphs, quoted, sentence_ends, speech
from quotes.quality import SPUN_ARTICLE, may_be_orphaned
from quotes.records import (
    Analysis,
    Article,
    Attribution,
    Candidate,
    Evidence,
    Features,
    Link,
    Resolution,
    Sentence,
    Source,
    Span,
)
from quotes.train.damage import GARBLED, WORD, Copy, damage, spin, stops_lost

VERSION = "1.6.2"
SPUN = "spun all over"
PRIOR = {**dict.fromkeys(GARBLED, 0.02), "garbled": 0.10, "orphaned": 0.2, SPUN_ARTICLE: 0.005}
"""How common each damage is taken to be in the copy that will be scored; probabilities are calibrated to it.

Of orphans, among the quotes that may be such: those without source words, or with no more than *he* or *the official*.
Of articles spun all over, among all articles.
"""


WOUNDS: Mapping[str, float] = {
    "truncated": 2.0, "marks": 2.5, "stray": 2.0, "spliced": 8.0, "repeated": 2.0, "missing": 6.0, "spun": 3.5,
}  # fmt: skip
"""How often an article is given each damage: most often what is hardest to learn."""


@dataclass(frozen=True, slots=True)
class System:
    """What stands before the classifier."""

    analyse: Callable[[Sequence[Article]], Iterable[Analysis]]
    detect: Callable[[Analysis], Sequence[Attribution]]
    resolve: Callable[[Analysis, Sequence[Attribution]], Resolution]
    damage: Callable[[Analysis, Sequence[Attribution]], Sequence[Evidence]]


@dataclass(frozen=True, slots=True)
class Copies:
    """``(article, kind, copy)``: those that go through the whole system, and those read for their words alone."""

    whole: list[tuple[str, str, Copy]]
    words: list[tuple[str, str, Copy]]


@dataclass(frozen=True, slots=True)
class Row:
    """An attribution as the system found it, and what is true of it: 1, 0, or absent where nobody knows."""

    article: str
    kind: str  # clean, damaged, spun all over
    said: Attribution
    features: Features
    truth: Mapping[str, int]


ROUNDS = 2  # of damage done to the articles: chance decides less of what the estimators learn
_SURE = 0.85  # what a rule gives for damage that clean copy has not
NEWS = 4.0  # what newswire counts for orphans: of each article of PolNeAR there are seven copies

#: How an estimator is grown, by name: an orphan shows in how several things meet, a variety of damage in its own signs.
_GROWN: Mapping[str, Mapping[str, int]] = {
    "orphaned": {"max_iter": 100, "max_leaf_nodes": 12, "min_samples_leaf": 15},
    "": {"max_iter": 100, "max_leaf_nodes": 8, "min_samples_leaf": 5},
}


def spun_all_over(copy: Copy, random: Random, spins: Sequence[Mapping[str, Sequence[str]]]) -> Copy:
    """A copy as article spinners make it, no sentence spared."""
    return spin(copy, random, 0, len(copy.text), random.choice(spins), random.uniform(0.15, 0.5)) or copy


def spun_copy(copy: Copy, random: Random, spins: Sequence[Mapping[str, Sequence[str]]]) -> Copy:
    """A copy spun in the sentences of some attributions."""
    for at in random.sample(range(len(copy.attributions)), min(len(copy.attributions), 8)):
        said = copy.attributions[at]
        if said.contents:
            copy = spin(copy, random, said.start, said.end, random.choice(spins)) or copy
    return copy


def wounded_copy(
    copy: Copy, random: Random, spins: Sequence[Mapping[str, Sequence[str]]], wounds: Mapping[str, float]
) -> Copy:
    """A copy with half of its quotes damaged, and some reported speech; full stops are lost, which is no harm."""
    quotes = [at for at, said in enumerate(copy.attributions) if said.speech != "indirect"]
    other = [at for at, said in enumerate(copy.attributions) if said.speech == "indirect"]
    wanted = max(2, len(quotes) // 2)
    places = random.sample(quotes, min(wanted, len(quotes))) + random.sample(other, min(4, len(other)))
    varieties = list(wounds)
    for at in places:
        variety = random.choices(varieties, list(wounds.values()))[0]
        tries = (damage(copy, variety, random, at, random.choice(spins)) for _ in range(4))
        copy = next((hurt for hurt in tries if hurt is not None), copy)
        if random.random() < 0.1 and copy.attributions[at].contents:
            copy = damage(copy, random.choice(GARBLED), random, at, random.choice(spins)) or copy
    return stops_lost(copy, random)


def orphaned_copy(copy: Copy, random: Random, most: int = 4) -> Copy:
    """A copy with up to ``most`` quotes that nobody says."""
    done = 0
    for at in random.sample(range(len(copy.attributions)), len(copy.attributions)):
        hurt = damage(copy, "orphaned", random, at)
        if hurt is not None and done < most:
            copy, done = hurt, done + 1
    return copy


def rows(system: System, items: Sequence[tuple[str, str, Copy]]) -> list[Row]:
    """Run ``(article, kind, copy)`` through the system and set what is true beside what it saw."""
    analyses = system.analyse([Article(f"{number}", copy.text) for number, (_, _, copy) in enumerate(items)])
    return [
        row
        for (article, kind, copy), analysis in zip(items, analyses, strict=True)
        for row in _rows(system, article, kind, copy, analysis, system.detect(analysis))
    ]


def worded_rows(system: System, items: Sequence[tuple[str, str, Copy]]) -> list[Row]:
    """The same with the gold attributions, for the words alone: a tenth of the time, and no truth about sources."""
    bare = replace(system, resolve=_nobody)
    made = []
    for article, kind, copy in items:
        found = [said for said in copy.attributions if said.contents]
        for row in _rows(bare, article, kind, copy, _sentences(Article(article, copy.text)), found):
            known = {name: value for name, value in row.truth.items() if name not in ("link", "orphaned")}
            made.append(replace(row, truth=known))
    return made


def _rows(
    system: System, article: str, kind: str, copy: Copy, analysis: Analysis, found: Sequence[Attribution]
) -> Iterator[Row]:
    resolution = system.resolve(analysis, found)
    features = extract(analysis, found, resolution, system.damage(analysis, found))
    sources = {source.id: source for source in resolution.sources}
    for said, link, each in zip(found, resolution.links, features, strict=True):
        best = next((sources[one.source_id] for one in link.candidates if one.source_id in sources), None)
        known = truth(analysis, said, copy, best, fewest=1 if kind == SPUN else 3)
        yield Row(article, kind, said, each, undisputed(each, known))


def _nobody(analysis: Analysis, found: Sequence[Attribution]) -> Resolution:
    return Resolution((), tuple(Link(None, (Candidate(None, 1.0),)) for _ in found))


def _sentences(article: Article) -> Analysis:
    """An analysis that knows sentences, by their punctuation, and nothing else."""
    found = []
    for start, end in paragraphs(article.text):
        at = start
        for stop in (*sentence_ends(article.text, start, end), end):
            while at < stop and article.text[at].isspace():
                at += 1
            if at < stop:
                found.append(Sentence(at, stop, ()))
            at = stop
    return Analysis(article, tuple(found))


def truth(analysis: Analysis, said: Attribution, copy: Copy, best: Source | None, fewest: int = 3) -> dict[str, int]:
    """What is true of an attribution of a damaged copy.

    Three swapped words among a dozen are a spun quote, and fewer might be the speaker's; but where all else is spun
    (``fewest`` is 1), one in the attribution's own words will do.
    """
    reached = reach(analysis, said)
    known: dict[str, int] = dict.fromkeys(("garbled", *GARBLED), 0)
    for wound in copy.wounds:
        here = [span for span in wound.spans if any(start < span.end and span.start < end for start, end in reached)]
        if wound.variety not in GARBLED or not here:
            continue
        own = [
            span
            for span in here
            if any(
                one.start < span.end + 1 and span.start < one.end + 1
                for one in (*said.contents, *said.cue, *said.source)
            )
        ]
        if wound.variety == "spun":
            long = sum(len(WORD.findall(analysis.text, *hull)) for hull in reached) >= 12
            enough = len(here) >= 3 and long if fewest > 1 else bool(own)
            if not enough:
                known.pop("spun", None)
                known.pop("garbled", None)
                continue
        elif not own:  # beside it, not in it: either answer is right
            known.pop(wound.variety, None)
            known.pop("garbled", None)
            continue
        if wound.variety in known:
            known[wound.variety] = 1
        if "garbled" in known:
            known["garbled"] = 1
    if said.speech != "indirect":
        orphans = [wound for wound in copy.wounds if wound.variety == "orphaned"]
        known["orphaned"] = int(any(_mostly(said.contents, wound.spans) for wound in orphans))
    gold = max(copy.attributions, key=lambda other: _shared(said.contents, other.contents), default=None)
    if gold is not None and _shared(said.contents, gold.contents) > 0.5:
        if said.source:
            known["link"] = int(any(a.overlaps(b) for a in said.source for b in gold.source))
        elif not gold.source:
            known["link"] = int(not known.get("orphaned", 0))
        elif best is not None:
            words = {word.lower() for span in gold.source for word in WORD.findall(span.text) if word[0].isupper()}
            known["link"] = int(bool(words & {word.lower() for word in WORD.findall(best.name)}))
        else:
            known["link"] = 0
    return known


def undisputed(features: Features, known: Mapping[str, int]) -> dict[str, int]:
    """What is true of an attribution that we left alone, but for what rules are sure of: somebody else did that.

    (Of 34 such places in the training copy 31 are damage: ``GuantÃ¡namo``, ``legally,.”``, marks that never close.)
    """
    others = {one.sign for one in features.evidence if one.sign in RULES and one.probability >= _SURE}
    disputed = {variety for variety in GARBLED if others.intersection(_OWN[variety])}
    if known.get("garbled") != 0 or not disputed:
        return dict(known)
    return {name: value for name, value in known.items() if name != "garbled" and name not in disputed}


def _shared(some: Sequence[Span], others: Sequence[Span]) -> float:
    """Intersection over union, in characters."""
    common = sum(max(0, min(a.end, b.end) - max(a.start, b.start)) for a in some for b in others)
    total = sum(map(len, some)) + sum(map(len, others)) - common
    return common / total if total else 0.0


def _mostly(contents: Sequence[Span], spans: Sequence[Span]) -> bool:
    common = sum(max(0, min(a.end, b.end) - max(a.start, b.start)) for a in contents for b in spans)
    return common > 0.5 * sum(map(len, contents))


_OWN: Mapping[str, tuple[str, ...]] = {
    "truncated": ("stump", "hanging", "open end", "stump inside", "hanging inside", "word truncated", "unclosed"),
    "marks": ("unclosed", "unopened", "mismatched", "doubled"),
    "stray": ("stray", "word stray"),
    "spliced": ("word spliced", "word missing", "word joint"),
    "repeated": ("repeated", "word repeated"),
    "missing": ("word missing", "word spliced", "word joint", "hanging inside"),
    "spun": ("word spun", "word single"),
    SPUN_ARTICLE: ("word spun", "word single"),
}
_BESIDE: Mapping[str, tuple[str, ...]] = {
    "truncated": ("ends paragraph",),
    "marks": ("stump.here", "hanging.here", "open end.here", "ends paragraph"),
    "spliced": ("words", "word spun.sum", "article.joints"),
    "missing": ("words", "word spun.sum", "article.joints"),
    "spun": ("words",),
    SPUN_ARTICLE: ("words", "article.spun"),
}


def columns(name: str) -> tuple[str, ...]:
    """What an estimator sees: of a variety its own signs and little else, so that chance finds nothing to lean on."""
    if name == "link":
        return NAMES_OF_SOURCES
    if name == "orphaned":
        return NAMES_OF_ORPHANS
    if name == "garbled":
        return names_of_words()
    own = tuple(column for column in names_of_words() if column.split(".")[0] in _OWN[name])
    return own + _BESIDE.get(name, ())


def fit(
    data: Sequence[Row], names: Iterable[str] = (*GARBLED, SPUN_ARTICLE, "garbled", "orphaned", "link"), seed: int = 1
) -> dict[str, tuple[tuple[str, ...], Any]]:
    """An estimator for each name, calibrated on folds that part no article."""
    return {name: _fit(data, name, seed) for name in names}


def _fit(data: Sequence[Row], name: str, seed: int) -> tuple[tuple[str, ...], Any]:
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.model_selection import GroupKFold

    wanted = columns(name)
    truth = "spun" if name == SPUN_ARTICLE else name
    known = [row for row in data if truth in row.truth and _teaches(name, row)]
    table = np.array([[row.features.values[column] for column in wanted] for row in known])
    target = np.array([row.truth[truth] for row in known])
    groups = np.array([row.article for row in known])
    if name == SPUN_ARTICLE:  # how many of its quotes have a swapped word is no matter of how common such articles are
        weights = balanced(np.array([row.kind == SPUN for row in known]), PRIOR[name])
    else:
        often = np.array([NEWS if name == "orphaned" and row.kind == "news" else 1.0 for row in known])
        weights = balanced(target, PRIOR.get(name), often)
    folds = list(GroupKFold(4).split(table, target, groups))
    several = name == "orphaned"  # the mean of those of the folds: there are few orphans, and chance decides less
    calibrated = CalibratedClassifierCV(_estimator(name, wanted, seed), method="sigmoid", cv=folds, ensemble=several)
    calibrated.fit(table, target, sample_weight=weights)
    return wanted, calibrated


def _estimator(name: str, wanted: Sequence[str], seed: int) -> Any:
    """Gradient boosting, each feature bound to its direction.

    For spun quotes a logistic regression held so short that every suspect word counts about alike: few clean quotes
    have as many as spun ones do, and trees learn those few by heart.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression

    if name == "spun":
        return LogisticRegression(C=0.03, max_iter=5000)
    return HistGradientBoostingClassifier(
        learning_rate=0.06,
        l2_regularization=2.0,
        monotonic_cst=[direction(name, column) for column in wanted],
        random_state=seed,
        **_GROWN.get(name, _GROWN[""]),
    )


def _teaches(name: str, row: Row) -> bool:
    """Whether an estimator learns from a row: quotes spun by themselves and spun articles are told apart."""
    if name == "orphaned":
        return may_be_orphaned(row.features.values)
    if name == SPUN_ARTICLE:
        return row.kind != "damaged"
    return name != "spun" or row.kind != SPUN


def direction(name: str, column: str) -> int:
    """1 where more of a feature can only make a thing likelier, -1 where less, 0 where either may be."""
    if name == "garbled":
        return int("." in column and not column.startswith("article"))
    if name == SPUN_ARTICLE and column == "article.spun":
        return 1
    if name in _OWN:
        return int(column.split(".")[0] in _OWN[name] and not (name == "truncated" and column.startswith("unclosed")))
    if name == "orphaned":
        return _OF_ORPHANS.get(column, 0)
    return 0


_OF_ORPHANS: Mapping[str, int] = {
    **dict.fromkeys(("nobody", "comma"), 1),
    **dict.fromkeys(("first", "has source", "has cue", "beside", "same paragraph", "continued", "leans", "signed"), -1),
    **dict.fromkeys(("after colon", "after report", "after person", "after saying", "after few", "asked"), -1),
    **dict.fromkeys(("goes on", "added", "speaks", "shared words", "after statement", "before occasion"), -1),
}


def balanced(target: np.ndarray, prior: float | None, counts: np.ndarray | None = None) -> np.ndarray:
    """Weights under which the positives make up ``prior`` of all, each counted so often."""
    counts = np.ones(len(target)) if counts is None else counts
    if prior is None or not target.any() or target.all():
        return counts
    rate = (counts * target).sum() / counts.sum()
    return counts * np.where(target == 1, prior / rate, (1 - prior) / (1 - rate))


#: Chosen on PolNeAR's development part and on news that no training saw, so that garbled is raised on no more than
#: 0.5 % of clean direct and mixed quotes and orphaned on no more than 1 %; see the model card.
THRESHOLDS: Mapping[str, float] = {
    "orphaned": 0.48, "vague_source": 0.5, "ambiguous_source": 0.6, "unresolved_reference": 0.5, "secondhand": 0.5,
    "unsourced": 0.5, "garbled/truncated": 0.3, "garbled/marks": 0.3, "garbled/stray": 0.12, "garbled/spliced": 0.65,
    "garbled/repeated": 0.55, "garbled/missing": 0.21, "garbled/spun": 0.475,
}  # fmt: skip


def system(models: Path) -> System:
    """The stages before the classifier, with the models of a folder."""
    from quotes.pipeline import Scorer

    scorer = Scorer(models=models)
    return System(
        lambda articles: scorer.analyser.pipe(articles, 32), scorer.attributions, scorer.resolver, scorer.damage
    )


def copies(data: Path, spins: Sequence[Mapping[str, Sequence[str]]], seed: int = 11) -> Copies:
    """The quarter of PolNeAR's training part that the damage model never saw: clean and damaged."""
    from quotes.train.damage_model import kept_out, read_lines

    random, apart = Random(seed), Random(seed + 1)
    whole: list[tuple[str, str, Copy]] = []
    words: list[tuple[str, str, Copy]] = []
    for row in read_lines(data / "polnear" / "polnear-train.jsonl.gz"):
        if kept_out(row["id"], 25):
            clean = read(row)
            whole.append((row["id"], "clean", clean))
            for _ in range(ROUNDS):
                robbed = [orphaned_copy(clean, random) for _ in range(2)]
                made = [*robbed, wounded_copy(clean, random, spins, {**WOUNDS, "orphaned": 5.0})]
                whole += [(row["id"], "damaged", hurt) for hurt in made]
                made = [*(wounded_copy(clean, apart, spins, WOUNDS) for _ in range(3)), spun_copy(clean, apart, spins)]
                words += [(row["id"], "damaged", hurt) for hurt in made]
                words.append((row["id"], SPUN, spun_all_over(clean, apart, spins)))
    return Copies(whole, words)


def news(data: Path) -> list[tuple[str, str, Copy]]:
    """A tenth of the newswire, unlabelled: how the words of other registers look when nobody has damaged them."""
    from quotes.train.damage_model import kept_out, read_lines

    lines = read_lines(data / "news" / "worldwide-articles.jsonl.gz")
    return [(row["id"], "news", Copy(row["text"], ())) for row in lines if kept_out(row["id"], 10)]


def going_on(data: Path) -> list[tuple[str, str, Copy]]:
    """News for orphans alone: how often speakers go on in paragraphs of their own, which PolNeAR's papers seldom do.

    A third of it, which no other classifier sees; that the damage model may have read it is nothing to an orphan.
    """
    from quotes.train.damage_model import kept_out, read_lines

    lines = read_lines(data / "news" / "worldwide-articles.jsonl.gz")
    return [
        (row["id"], "news", Copy(row["text"], ()))
        for row in lines
        if kept_out(row["id"], 76) and not kept_out(row["id"], 40)
    ]


def robbed(stages: System, items: Sequence[tuple[str, str, Copy]], seed: int = 5) -> list[tuple[str, str, Copy]]:
    """Copies of unlabelled articles that lost speakers, by what the system itself finds in them."""
    random = Random(seed)
    analyses = stages.analyse([Article(article, copy.text) for article, _, copy in items])
    copies = [
        (article, orphaned_copy(replace(copy, attributions=tuple(stages.detect(analysis))), random))
        for (article, _, copy), analysis in zip(items, analyses, strict=True)
    ]
    return [(article, "news", copy) for article, copy in copies if copy.wounds]


def orphan_rows(stages: System, data: Path) -> list[Row]:
    """Rows of news that know of orphans and of nothing else."""
    made = rows(stages, [*going_on(data), *robbed(stages, news(data))])
    return [replace(row, truth={"orphaned": row.truth["orphaned"]}) for row in made if row.said.speech != "indirect"]


def read(row: Mapping[str, Any]) -> Copy:
    """A PolNeAR article as a copy to damage."""
    text, quotations = row["text"], quoted(row["text"])

    def spans(found: Sequence[Mapping[str, Any]]) -> tuple[Span, ...]:
        return tuple(Span(one["start"], one["end"], one["text"]) for one in found)

    said = []
    for quote in row["quotes"]:
        if contents := spans(quote["contents"]):
            kind = speech(text, contents, quotations)
            said.append(Attribution(contents, spans(quote["cue"]), spans(quote["sources"]), kind))
    return Copy(text, tuple(said))


def table(data: Path, stages: System, tell: Callable[[str], None] = print) -> list[Row]:
    """All that the estimators are trained on."""
    from quotes.train.damage_model import spinners

    own, close = spinners(data)[:2]  # what would fool a reader: no words drawn at random
    items = copies(data, (own, close, close))
    made = worded_rows(stages, items.words)
    tell(f"{len(items.words)} articles for their words: {len(made)} attributions")
    for start in range(0, len(items.whole), 100):
        made += rows(stages, items.whole[start : start + 100])
        tell(f"{min(start + 100, len(items.whole))} of {len(items.whole)} articles: {len(made)} attributions")
    for row in rows(stages, news(data)):
        made.append(replace(row, truth=dict.fromkeys(("missing", "spliced", "spun", "orphaned"), 0)))
    made += orphan_rows(stages, data)
    tell(f"{len(made)} attributions")
    return made


def train(data: Path, out: Path) -> None:
    """Train on ``data`` (polnear and news) with the other models in ``out``, and write ``quality-<version>`` there."""
    import joblib

    made = table(data, system(out))
    folder = out / f"quality-{VERSION}"
    folder.mkdir(parents=True, exist_ok=True)
    joblib.dump(fit(made), folder / "estimators.joblib", compress=3)
    artifacts.save(folder, requires=("scikit-learn",), thresholds=dict(THRESHOLDS), prior=PRIOR)
