"""The operator's voice: which telephone line the browser speaks over."""
