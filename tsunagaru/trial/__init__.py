"""A floor under load on this machine: what measurements and the soak are made of."""
