"""HTML pages, linked-data documents and downloads of the ACCSM dataset."""
