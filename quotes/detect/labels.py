"""What the network says of each word: a span label, and links between cues, sources and contents."""

from __future__ import annotations

import numpy as np

ROLES = ("cue", "source", "content")
LABELS = ("O", *(f"{place}-{role}" for role in ROLES for place in "BIES"))
OUTSIDE = 0

# Links go from one word to another, or to none. PolNeAR's cues have at most one source and its contents one cue.
LINKS = ("cue to source's first", "cue to source's last", "content's first to cue", "content's last to cue")

DISTANCES = (0, 1, 2, 3, 4, 6, 9, 14, 22, 35, 60, 100)  # words, either way
BREAKS = 3  # paragraphs or sentences between, either way; more count as this many
BUCKETS = 2 * len(DISTANCES) + 2 * (2 * BREAKS + 1)
REACH = 300  # words that a link can span


def label(role: int, place: str) -> int:
    """Number of a label: ``place`` is B, I, E or S (begins, inside, ends, single word)."""
    return 1 + 4 * role + "BIES".index(place)


def allowed() -> np.ndarray:
    """``[from, to]``: True where one label may follow another."""
    may = np.zeros((len(LABELS), len(LABELS)), dtype=bool)
    for before, first in enumerate(LABELS):
        for after, second in enumerate(LABELS):
            if first[0] in "BI":
                may[before, after] = second[0] in "IE" and first[2:] == second[2:]
            else:
                may[before, after] = second[0] in "OBS"
    return may


def may_start() -> np.ndarray:
    return np.array([name[0] in "OBS" for name in LABELS])


def may_end() -> np.ndarray:
    return np.array([name[0] in "OES" for name in LABELS])


def buckets(words: np.ndarray, paragraphs: np.ndarray, sentences: np.ndarray) -> np.ndarray:
    """Three bucket numbers, ``[..., 3]``, for signed distances in words, paragraphs and sentences."""
    size = np.searchsorted(DISTANCES, np.abs(words), "right") - 1
    far = np.where(words < 0, len(DISTANCES) + size, size)
    breaks = [np.clip(count, -BREAKS, BREAKS) + BREAKS for count in (paragraphs, sentences)]
    offset = 2 * len(DISTANCES)
    return np.stack([far, offset + breaks[0], offset + 2 * BREAKS + 1 + breaks[1]], axis=-1)
