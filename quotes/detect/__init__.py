"""Attributions in an article: the trained :class:`Detector`, and the rules it is measured against."""

from quotes.detect.neural import Detector

__all__ = ["Detector"]
