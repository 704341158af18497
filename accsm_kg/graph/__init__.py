"""The graph as programs use it: opened from a file or a server, asked, and shown in notebooks."""
