"""What a sheet is, before it is text: its notation and style, what it asks for, the words that its reader looks for."""
