"""Attributions to sources: who "he", "Bermudez" and "the official" are, and who speaks where no source is named."""

from quotes.resolve.resolver import Resolver

__all__ = ["Resolver"]
