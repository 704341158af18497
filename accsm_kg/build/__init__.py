"""From the ontology, the shapes and the data to one dataset."""
