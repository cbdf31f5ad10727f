"""Whom to call now: the reach model, the index policy that orders the list by it, and the proof from the log."""
