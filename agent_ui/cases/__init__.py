"""Finding a person, reading the case, and why it is not called."""
