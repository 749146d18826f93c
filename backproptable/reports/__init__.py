"""What is said of marked sheets: feedback for a student, the page of a class, rulings."""
