"""An engine of worker processes over one dataset, any of which may be killed."""
