"""A static copy of the site: files that any web server can serve, without the program."""
