"""The forms of REPORTS.md §6, each from its facts to its tables."""
