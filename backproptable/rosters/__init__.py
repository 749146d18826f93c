"""The class list: what a spreadsheet or a course system gives, and who the students in it are."""
