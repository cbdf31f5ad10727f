"""One Asterisk: what it is, its configuration from one set of templates, what it says, and how it is started."""
