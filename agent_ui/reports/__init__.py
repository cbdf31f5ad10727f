"""Pages of the reports room, rendered."""
