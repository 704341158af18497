"""ASGI middlewares: one class, one job and one file each."""
