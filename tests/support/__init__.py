"""What several test modules need: random nets, and two oracles that share no code with the package."""
