"""Synthetic cities on which an order of calling is judged: everybody's true chances are known to the test bench alone."""
