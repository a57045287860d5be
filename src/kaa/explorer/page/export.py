"""A recorded run as one HTML file that needs no server: the page's own style and scripts, with the data inside."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

STYLE = "explorer.css"
SCRIPTS = (
    "dom.js",
    "player.js",
    "links.js",
    "graph.js",
    "heap.js",
    "road.js",
    "source.js",
    "run.js",
    "hood.js",
    "picture.js",
    "commands.js",
    "app.js",
)
"""In the order in which they are loaded: each uses what stands before it."""


def static_page(data: dict[str, Any]) -> str:
    """`data` holds `roads` (by file), `instructions`, `lines` (the recording), `native`, `step` and `ending`."""
    folder = resources.files("kaa.explorer.page") / "static"
    scripts = "\n".join((folder / name).read_text() for name in SCRIPTS).replace("</script", "<\\/script")
    text = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")  # so that no text ends the element
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Kaa explorer</title>'
        f"<style>{(folder / STYLE).read_text()}</style><body>"
        f'<script type="application/json" id="kaa-data">{text}</script>'
        f"<script>{scripts}</script></body></html>\n"
    )
