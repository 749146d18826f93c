"""The registry of typical mistakes: for each, which lines it can happen in and the formula that is worked instead."""
