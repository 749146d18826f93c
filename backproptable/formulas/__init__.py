"""Cells by their names, formulas as trees, what a student types as arithmetic, and digits. No net yet."""
