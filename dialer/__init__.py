"""Who is dialed next, and how fast."""
