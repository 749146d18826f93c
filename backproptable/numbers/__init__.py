"""From a plan and its given numbers to all others: exactly, as printed, and what range an honest number lies in."""
