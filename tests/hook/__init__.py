"""The hook in repositories beside the hooks of others: put in, called, taken out."""
