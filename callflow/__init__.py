"""One call from dial to wrap-up, and what follows from its outcome."""
