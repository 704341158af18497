// Adds to pages that are complete without it.
