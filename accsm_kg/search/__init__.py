"""Search the names, codes and texts of a dataset."""
