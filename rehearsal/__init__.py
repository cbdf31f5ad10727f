"""A synthetic city, its phones and its people, and robot operators who call them."""
