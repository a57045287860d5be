"""Who may talk to the page: requests that name this server as their host, from pages of this server."""

from __future__ import annotations

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class Gate:
    """Refuses foreign `Host`s (names made to lead here) and foreign `Origin`s (other pages in the browser)."""

    def __init__(self, app: ASGIApp, port: int, public: bool) -> None:
        self._app, self._public = app, public
        self._hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and not self._admits(dict(scope["headers"])):
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
            else:
                await PlainTextResponse("This page is not for you.", 403)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _admits(self, headers: dict[bytes, bytes]) -> bool:
        host = headers.get(b"host", b"").decode("latin-1")
        if not self._public and host not in self._hosts:
            return False
        origin = headers.get(b"origin")
        return origin is None or origin.decode("latin-1") in (f"http://{host}", f"https://{host}")
