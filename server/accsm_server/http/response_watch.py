"""What a response turned out to be, for metrics and the access log."""

from starlette.types import Message, Send


class ResponseWatch:
    """Passes a response on and notes its status, its size and whether it ended."""

    __slots__ = ("_send", "complete", "size", "status")

    def __init__(self, send: Send) -> None:
        """Send on by ``send``."""
        self._send = send
        self.status = self.size = 0
        self.complete = False

    async def __call__(self, message: Message) -> None:
        """Send one message."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.size += len(message.get("body", b""))
            self.complete = not message.get("more_body", False)
        await self._send(message)

    @property
    def outcome(self) -> str:
        """Return how the response ended: ok, refused, failed, unfinished, or gone unanswered."""
        if not self.complete:
            return "unfinished" if self.status else "gone"
        return "ok" if self.status < 400 else "refused" if self.status < 500 else "failed"
