"""What every room may use: problems told to the user, plain text, files written whole, processes, shipped files."""
