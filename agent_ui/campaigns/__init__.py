"""Campaigns: select with count and yen, freeze, start, pause, stop."""
