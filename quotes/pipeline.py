"""From articles to records: the only place where the stages are wired together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quotes import artifacts
from quotes.records import Analysis, Article, Attribution, Failure, Quote, Record

if TYPE_CHECKING:
    from quotes.analysis import Analyser
    from quotes.detect import Detector
    from quotes.detect.damage import DamageModel
    from quotes.quality import QualityModel
    from quotes.resolve import Resolver

_MODELS = {
    "stanza": "stanza-en",
    "detector": "detector",
    "resolver": "resolver",
    "damage": "damage",
    "quality": "quality",
}


class Scorer:
    """Scores articles; its models are loaded when the first one comes, and serve all that follow.

    ``models`` is the folder of the trained models (those shipped, by default). ``authority`` is a newsroom's own list
    of sources, a CSV file. ``thresholds`` moves the probability from which a flag is raised, by code or by
    ``garbled/<variety>``. ``stanza`` is a folder of other Stanza models for English, the official ones for instance.
    A Scorer holds no state between articles: a record depends on its article alone.
    """

    def __init__(
        self,
        *,
        models: Path | None = None,
        authority: Path | None = None,
        thresholds: Mapping[str, float] | None = None,
        stanza: Path | None = None,
    ) -> None:
        self.models = models
        self.authority = authority
        self.thresholds = thresholds
        self.stanza = stanza

    def score(self, text: str | Article, id: str = "", meta: Mapping[str, Any] | None = None) -> Record:
        """The record of one article. Raises ArtifactError where a model is missing, damaged or of another version."""
        article = text if isinstance(text, Article) else Article(id, text, meta or {})
        return self._record(self.analyser(article))

    def pipe(self, articles: Iterable[Article], batch: int = 32) -> Iterator[Record | Failure]:
        """A record for each article, in order, and a Failure in the place of one that could not be scored.

        ``batch`` articles are analysed together, which is faster and changes nothing in the records.
        """
        waiting = iter(articles)
        while group := list(islice(waiting, batch)):
            try:
                analyses = list(self.analyser.pipe(group, batch))
            except artifacts.ArtifactError:
                raise
            except Exception:  # one of them is at fault: each by itself shows which
                yield from (self._attempt(article) for article in group)
                continue
            yield from (self._attempt(analysis) for analysis in analyses)

    def _attempt(self, item: Article | Analysis) -> Record | Failure:
        article = item if isinstance(item, Article) else item.article
        try:
            return self._record(self.analyser(item) if isinstance(item, Article) else item)
        except artifacts.ArtifactError:
            raise
        except Exception as error:
            return Failure(article.id, type(error).__name__, f"{article.id}: {error}; report it with the article")

    def attributions(self, analysis: Analysis) -> tuple[Attribution, ...]:
        """What the detector finds, and every quotation that it left to nobody, in order of the text."""
        from quotes.detect.apart import apart
        from quotes.detect.beside import beside
        from quotes.detect.rules import missed, uncovered
        from quotes.detect.unfinished import completed

        found = beside(analysis, apart(analysis, completed(analysis, self.detector(analysis))))
        found = (*found, *missed(analysis, found))
        return tuple(sorted((*found, *uncovered(analysis, found)), key=lambda said: (said.start, said.end)))

    def _record(self, analysis: Analysis) -> Record:
        from quotes.features import extract
        from quotes.flags import flags, moved

        attributions = self.attributions(analysis)
        resolution = self.resolver(analysis, attributions)
        damage = self.damage(analysis, attributions)
        assessments = self.quality(extract(analysis, attributions, resolution, damage))
        thresholds = moved(self.quality.thresholds, self.thresholds or {})
        flagged = flags(analysis, attributions, resolution, assessments, thresholds)
        quotes = tuple(
            Quote(f"q{number}", said, link, assessment.quality, raised)
            for number, (said, link, assessment, raised) in enumerate(
                zip(attributions, resolution.links, assessments, flagged, strict=True), 1
            )
        )
        return Record(analysis.article, resolution.sources, quotes, self.versions)

    @cached_property
    def analyser(self) -> Analyser:
        from quotes.analysis import Analyser

        return Analyser(self.stanza or artifacts.find("stanza-en", self.models))

    @cached_property
    def detector(self) -> Detector:
        from quotes.detect import Detector

        return Detector(artifacts.find("detector", self.models))

    @cached_property
    def resolver(self) -> Resolver:
        from quotes.resolve import Resolver

        return Resolver(artifacts.find("resolver", self.models), self.authority)

    @cached_property
    def damage(self) -> DamageModel:
        from quotes.detect.damage import DamageModel

        return DamageModel(artifacts.find("damage", self.models))

    @cached_property
    def quality(self) -> QualityModel:
        from quotes.quality import QualityModel

        return QualityModel(artifacts.find("quality", self.models))

    @cached_property
    def versions(self) -> dict[str, str]:
        """The version of each model, as records name them."""
        found = {stage: artifacts.find(name, self.models).name for stage, name in _MODELS.items()}
        versions = {stage: folder.removeprefix(f"{stage}-") for stage, folder in found.items()}
        return versions | ({"stanza": self.stanza.name} if self.stanza else {})
