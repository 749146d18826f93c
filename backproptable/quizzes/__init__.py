"""Quizzes for course systems: the questions of a class, as files that the systems import."""
