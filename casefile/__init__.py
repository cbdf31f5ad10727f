"""Who owes what, whom we may contact, what was said and promised; storage, access and audit."""
