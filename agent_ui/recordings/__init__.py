"""Recordings: a person's list, listening with a reason, holds, the day's missing ones, and who listened."""
