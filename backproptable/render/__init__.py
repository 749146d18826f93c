"""From a plan and its numbers to text: expression printers, documents, templates, formats."""
