"""The supervisor's floor: live board and the one switch."""
