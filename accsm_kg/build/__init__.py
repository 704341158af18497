"""Build the dataset from the ontology, the shapes and the data."""
