"""From a plan to text: Markdown, LaTeX, JSON, CSV and the program at the end, through templates."""
