"""One file per sub-command: `configure(parser)` says what it takes, `run(args)` does it and gives the exit code."""
