"""Training of what tells the kind of a lone name: the newswire of the NER data, article by article.

A lone name is a single word that no full name of a person in its article holds. All its mentions are one example.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from quotes.resolve import kinds
from quotes.train.corpora import open_text

_KINDS: dict[str, kinds.Kind] = {"Person": "person", "Organization": "organization", "Location": "place"}
_OFTEN = 3  # examples that a feature must be seen in
_LEAST = 0.2  # a weight below this is left out: it changes nothing on the dev articles


@dataclass(frozen=True, slots=True)
class Example:
    """A lone name of an article: its words, where it stands in them, and what it is."""

    words: Sequence[str]
    places: tuple[int, ...]
    kind: kinds.Kind


def articles(path: Path) -> Iterator[tuple[list[str], list[str]]]:
    """Words and tags of each article of the newswire NER data."""
    words: list[str] = []
    tags: list[str] = []
    for line in open_text(path):
        if line.startswith("-DOCSTART-"):
            if words:
                yield words, tags
            words, tags = [], []
        elif line.strip():
            word, tag = line.rstrip("\n").split("\t")[:2]
            words.append(word)
            tags.append(tag)
    if words:
        yield words, tags


def examples(words: Sequence[str], tags: Sequence[str]) -> list[Example]:
    """The lone names of an article, in the order of their first mentions."""
    starts = [place for place, tag in enumerate(tags) if tag.startswith("B-")]
    spans = []
    for start in starts:
        end = start + 1
        while end < len(tags) and tags[end].startswith("I-"):
            end += 1
        spans.append((start, end, _KINDS.get(tags[start][2:])))
    people = [range(start, end) for start, end, kind in spans if kind == "person" and end - start > 1]
    full = {words[place].lower() for name in people for place in name}
    places: dict[str, list[int]] = {}
    votes: dict[str, Counter[kinds.Kind]] = {}
    for start, end, kind in spans:
        word = words[start]
        if kind is not None and end - start == 1 and word[:1].isupper() and word.lower() not in full:
            places.setdefault(word, []).append(start)
            votes.setdefault(word, Counter())[kind] += 1
    return [Example(words, tuple(found), votes[word].most_common(1)[0][0]) for word, found in places.items()]


def fit(found: Iterable[Example]) -> dict[str, tuple[float, float, float]]:
    """The weights of the features that are worth one: a multinomial logistic regression, its classes balanced."""
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    rows = [(kinds.features(one.words, one.places), kinds.KINDS.index(one.kind)) for one in found]
    seen = Counter(name for row, _ in rows for name in row)
    vectors = DictVectorizer()
    x = vectors.fit_transform([{name: value for name, value in row.items() if seen[name] >= _OFTEN} for row, _ in rows])
    model = LogisticRegression(max_iter=300, class_weight="balanced").fit(x, [kind for _, kind in rows])
    weights = {}
    for name, column in zip(vectors.feature_names_, model.coef_.T.tolist(), strict=True):
        added = model.intercept_.tolist() if name == "bias" else [0.0] * len(kinds.KINDS)
        person, organization, place = (round(a + b, 2) for a, b in zip(column, added, strict=True))
        if name == "bias" or max(map(abs, (person, organization, place))) > _LEAST:
            weights[name] = (person, organization, place)
    return weights


def accuracy(found: Sequence[Example], weights: kinds.Weights) -> float:
    """The share of lone names whose kind is right, by form and surroundings alone."""
    right = 0
    for one in found:
        likely = kinds.probabilities(kinds.features(one.words, one.places), weights)
        right += max(kinds.KINDS, key=lambda kind: likely[kind]) == one.kind
    return right / max(1, len(found))


def lone_names(data: Path, part: str) -> list[Example]:
    """The examples of one part (train, dev) of the newswire in the folder of data."""
    path = data / f"ner/worldwide-newswire-{part}.bio.gz"
    return [example for words, tags in articles(path) for example in examples(words, tags)]
