"""A recorded run as one HTML file that needs no server: the page's own style and scripts, with the data inside."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

STYLE = "explorer.css"
SCRIPTS = ("player.js", "draw.js", "views.js", "app.js")


def static_page(data: dict[str, Any]) -> str:
    """`data` holds `road`, `instructions`, `lines` (the recording), `step` and `ending`."""
    folder = resources.files("kaa.explorer.page") / "static"
    scripts = "\n".join((folder / name).read_text() for name in SCRIPTS).replace("</script", "<\\/script")
    text = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")  # so that no text ends the element
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Kaa explorer</title>'
        f"<style>{(folder / STYLE).read_text()}</style><body>"
        f'<script type="application/json" id="kaa-data">{text}</script>'
        f"<script>{scripts}</script></body></html>\n"
    )
