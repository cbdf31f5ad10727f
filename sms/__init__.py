"""What is texted, when, and through whom."""
