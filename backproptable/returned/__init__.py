"""What comes back: zips, files and their lines, rows and answers, as they stand and not yet judged."""
