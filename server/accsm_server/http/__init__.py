"""HTTP for any application: connections, content negotiation, errors and middlewares."""
