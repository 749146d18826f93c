"""From answers to verdicts and points: each line judged on its own numbers, mistakes and slips named."""
