"""Measures, forms and exports: what worked by hour, district and document."""
