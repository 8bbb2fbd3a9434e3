"""Accuracy against labelled texts: one module for each thing measured."""
