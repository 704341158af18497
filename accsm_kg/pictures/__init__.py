"""Pictures drawn from values, for pages and as files of their own."""
