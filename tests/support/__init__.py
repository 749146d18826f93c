"""What several test modules need: random nets, and oracles that get the same numbers in other ways."""
