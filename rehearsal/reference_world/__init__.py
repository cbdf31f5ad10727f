"""The reference world of PACING.md §2 and the policies in it."""
