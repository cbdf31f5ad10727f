"""Recordings from the line to the shelf: sealed on the node by a public key, heard in the office by the private one."""
