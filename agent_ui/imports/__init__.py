"""What was imported and what was refused."""
