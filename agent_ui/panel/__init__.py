"""The operator's own desk: seat, call, case and result form."""
