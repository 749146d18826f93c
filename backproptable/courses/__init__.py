"""A class: its course file and what it weighs, who has which numbers, and the files made for each student."""
