"""Nets described by their forward lines: the text, its arrays, and the one rule for the way back."""
