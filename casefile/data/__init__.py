"""Data with the dates from which it holds, and the sources it was taken from."""
