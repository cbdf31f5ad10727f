"""Asterisk, spoken to over its manager interface (AMI)."""
