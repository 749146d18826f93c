"""What goes out to course systems and comes back from them: Moodle and Canvas, whose ways these modules keep."""
