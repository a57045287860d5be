"""The page: a NiceGUI application that serves data; what is seen is drawn by the JavaScript in `static`."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import replace
from importlib import resources
from typing import Any

from nicegui import app, ui
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from kaa.explorer.hood import listing
from kaa.explorer.limits import Limits, can_serve_strangers
from kaa.explorer.page.export import SCRIPTS, STYLE, static_page
from kaa.explorer.page.gate import Gate
from kaa.explorer.road.bytecode import instruction_set
from kaa.explorer.sandbox import Run
from kaa.explorer.survey import survey

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_RUNS = 4
"""Runs that are kept; the oldest is stopped when one more begins."""

_AT_ONCE = 4
"""Programs that are compiled at the same time, for roads and for the hood; others wait for their turn."""

_PATIENCE = 86_400.0
"""Seconds for which NiceGUI keeps a page that does not answer: what is seen lives in the browser, and a page
that draws a large program must not be reloaded for it."""


def serve(
    source: str | None, filename: str | None, host: str, port: int, public: bool, browser: bool
) -> None:
    """Listen until Ctrl-C. `public` is needed for other addresses than loopback, and confines programs further."""
    if host not in _LOOPBACK and not public:
        sys.exit(
            "kaa-explore: strangers could run programs there: add --public, which confines what they run"
        )
    if public and not can_serve_strangers():
        sys.exit(
            "kaa-explore: --public needs a kernel that refuses system calls and hides files:"
            " Linux 5.13 or later with Landlock, on x86-64"
        )
    limits = Limits(seconds=20.0, memory=1 << 30, road=32 << 20, public=True) if public else Limits()
    start = {"source": source, "filename": filename or "program.py"}
    _Server(limits, start).install()
    app.add_middleware(Gate, port=port, public=public)
    app.add_static_files("/static", str(resources.files(__name__) / "static"))
    ui.run(
        host=host, port=port, show=browser, reload=False, tailwind=False, title="Kaa explorer", favicon="🐍"
    )


class _Server:
    """The page and its data."""

    def __init__(self, limits: Limits, start: dict[str, Any]) -> None:
        self._limits, self._start = limits, start
        self._runs: dict[str, Run] = {}
        self._count = 0
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._longest = (32 if limits.public else 1024) << 20  # bytes of what a page may send

    def install(self) -> None:
        """Tell the application of the addresses."""
        ui.page("/", reconnect_timeout=_PATIENCE)(self.index)
        app.get("/api/start")(self.start)
        app.post("/api/road")(self.road)
        app.post("/api/run")(self.run)
        app.get("/api/run/{number}")(self.journal)
        app.post("/api/run/{number}/{action}")(self.act)
        app.post("/api/native")(self.native)
        app.post("/api/export")(self.export)

    def index(self) -> None:
        ui.add_head_html(f'<link rel="stylesheet" href="/static/{STYLE}">')
        ui.add_body_html("".join(f'<script src="/static/{name}"></script>' for name in SCRIPTS))

    async def start(self) -> JSONResponse:
        folder = resources.files("kaa.explorer") / "examples"
        examples = {file.name: file.read_text() for file in folder.iterdir() if file.name.endswith(".py")}
        names = sorted(examples)
        return JSONResponse(
            self._start
            | {"examples": {name: examples[name] for name in names}, "instructions": instruction_set()}
        )

    async def road(self, request: Request) -> Response:
        order = await self._order(request)
        source, filename, imports = str(order["source"]), str(order["filename"]), bool(order.get("imports"))
        async with self._turns:
            made = await asyncio.to_thread(survey, source, filename, self._limits, imports)
        return Response(made, media_type="application/json")

    async def run(self, request: Request) -> JSONResponse:
        order = await self._order(request)
        while len(self._runs) >= _RUNS:
            self._runs.pop(next(iter(self._runs))).stop()
        self._count += 1
        number = str(self._count)
        limits = replace(self._limits, breakpoints=_places(order.get("breakpoints", ())))
        self._runs[number] = Run(str(order["source"]), str(order["filename"]), limits)
        return JSONResponse({"run": number})

    async def journal(self, number: str, start: int = 0) -> Response:
        """The lines from a byte on; headers say whether the run goes on and how it has ended."""
        run = self._runs.get(number)
        if run is None:
            return Response(status_code=404)
        running = run.is_running
        ending = {} if running else run.ending or {}
        headers = {"x-running": str(int(running)), "x-ending": json.dumps(ending)}
        if not running and run.raw_output:
            headers["x-raw"] = json.dumps(run.raw_output[:2000])
        return Response(run.journal(start), media_type="text/plain; charset=utf-8", headers=headers)

    async def act(self, number: str, action: str, request: Request) -> Response:
        run = self._runs.get(number)
        if run is None:
            return Response(status_code=404)
        if action == "input":
            run.answer(str((await self._order(request))["line"]))
        elif action == "stop":
            run.stop()
        return Response()

    async def native(self, request: Request) -> JSONResponse:
        """The machine code of all functions, and what their caches know after a run."""
        order = await self._order(request)
        answers = [str(line) for line in order["answers"]] if order["run"] else None
        source, filename = str(order["source"]), str(order["filename"])
        async with self._turns:
            return JSONResponse(await asyncio.to_thread(listing, source, filename, self._limits, answers))

    async def export(self, request: Request) -> Response:
        return Response(static_page(await self._order(request)), media_type="text/html")

    async def _order(self, request: Request) -> dict[str, Any]:
        """What the page sends. 413 if that is more than it may."""
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > self._longest:
                raise HTTPException(413, f"more than {self._longest >> 20} MiB were sent, which is the limit")
        order: dict[str, Any] = json.loads(body)
        return order


def _places(rows: list[list[Any]]) -> tuple[tuple[str, int], ...]:
    """Breakpoints as the page sends them: files and lines."""
    return tuple((str(file), int(line)) for file, line in rows)
