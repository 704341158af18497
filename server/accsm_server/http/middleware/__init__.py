"""ASGI middlewares, one class in each module."""
