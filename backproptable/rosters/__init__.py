"""Class lists as teachers have them: exports of course systems, in several languages and kinds of files."""
