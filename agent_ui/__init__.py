"""The operator's panel, the supervisor's wallboard and the HTTP API under them."""
