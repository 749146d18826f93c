"""Numbers for a fresh sheet: drawn, tried against the rules of a good sheet, and drawn again where one is broken."""
