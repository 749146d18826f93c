"""The work of each command from end to end. The command line itself (`cli`) only asks for it and prints."""
