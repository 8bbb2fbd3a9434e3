"""A newsroom's own list of names: canonical name, aliases, id; sources are matched to it by careful fuzzy matching."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from quotes.records import Source
from quotes.resolve import names

_NAME_COLUMNS = ("name", "canonical name", "canonical_name", "label")
_ALIAS_COLUMNS = ("aliases", "alias", "also known as")
_ID_COLUMNS = ("id", "qid", "identifier", "authority_id", "wikidata")
_ALIKE = 92.0  # out of 100


class AuthorityError(ValueError):
    """An authority list cannot be read; the message says where and what would do."""


@dataclass(frozen=True, slots=True)
class Entry:
    id: str
    name: str
    forms: tuple[str, ...]


class Authority:
    """A list read from CSV with the columns name, aliases (parted by ``;`` or ``|``) and id."""

    def __init__(self, path: Path) -> None:
        self.entries = tuple(_read(path))
        self._forms: dict[str, set[str]] = {}
        for entry in self.entries:
            for form in entry.forms:
                self._forms.setdefault(_plain(form), set()).add(entry.id)

    def id_of(self, source: Source) -> str | None:
        """The id of the one entry that the source's name matches; None where none or more than one does.

        Equal forms first; then forms alike (token-sort ratio of 92 of 100 and more), whose family name must be
        the same for a person, so that two people of one family are never taken for each other.
        """
        if source.naming != "named":
            return None
        from rapidfuzz import fuzz

        wanted = _plain(source.name)
        if same := self._forms.get(wanted):
            return next(iter(same)) if len(same) == 1 else None
        words = wanted.split()
        if len(words) < 2:
            return None
        alike: dict[str, float] = {}
        for form, ids in self._forms.items():
            score = fuzz.token_sort_ratio(wanted, form, score_cutoff=_ALIKE)
            other = form.split()
            if source.kind == "person":
                if other[-1:] != words[-1:] or len(other) < 2 or not names.same_given(words[0], other[0]):
                    continue
                score = max(score, _ALIKE) if min(len(words[0]), len(other[0])) > 1 else score
            if score:
                for one in ids:
                    alike[one] = max(alike.get(one, 0.0), score)
        best = max(alike.values(), default=0.0)
        winners = [one for one, score in alike.items() if score == best]
        return winners[0] if len(winners) == 1 else None


def _plain(text: str) -> str:
    """Lower-case words without title and article, but never less than two of what had two."""
    words = names.organization_words(text.split())
    bare = names.person_words(words)
    return " ".join(words if len(bare) == 1 < len(words) else bare)


def _read(path: Path) -> Iterator[Entry]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise AuthorityError(f"{path.name}: not a readable CSV file in UTF-8 ({error})") from error
    for number, row in enumerate(rows, 2):
        columns = {
            (key or "").strip().lower(): (value or "").strip() for key, value in row.items() if isinstance(value, str)
        }
        name, id_ = _column(columns, _NAME_COLUMNS), _column(columns, _ID_COLUMNS)
        if name is None or id_ is None:
            raise AuthorityError(
                f"{path.name}: no column 'name' or no column 'id'; the first line must name the columns"
            )
        if not name or not id_:
            raise AuthorityError(f"{path.name}: line {number} has no {'name' if not name else 'id'}")
        aliases = (_column(columns, _ALIAS_COLUMNS) or "").replace("|", ";").split(";")
        yield Entry(id_, name, (name, *(alias.strip() for alias in aliases if alias.strip())))


def _column(columns: Mapping[str, str], wanted: Sequence[str]) -> str | None:
    return next((columns[name] for name in wanted if name in columns), None)
