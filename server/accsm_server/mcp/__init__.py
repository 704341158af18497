"""Tools for assistants: what a site knows as text, by the Model Context Protocol."""
