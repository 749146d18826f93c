"""From a net to its plan: every cell with its formula and the reason for it. No numbers yet."""
