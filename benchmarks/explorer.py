"""How fluent the explorer is: a program of 2,000 lines, 100,000 recorded steps, in a headless Chromium.

    python -m benchmarks.explorer

Prints the seconds of recording, the bytes of a step, and the milliseconds of stepping and of the slider in the page.
"""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

from playwright.sync_api import CDPSession, Page, sync_playwright

from kaa.explorer.limits import Limits
from kaa.explorer.sandbox import Run

_PORT = 8397
_FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()


def program(functions: int = 250) -> str:
    """Eight lines a function, and a loop that calls them all until the recording is full."""
    parts = [
        f"def work_{n}(values, table):\n    total = {n}\n    for value in values:\n        total += value * {n}\n"
        f"    table['k{n}'] = [total, str(total)]\n    values.append(total % 7)\n    values.pop(0)\n    return total\n"
        for n in range(functions)
    ]
    calls = ", ".join(f"work_{n}" for n in range(functions))
    return (
        "".join(parts)
        + f"everything = [{calls}]\nvalues, table = [1, 2, 3], {{}}\n"
        + ("while True:\n    for work in everything:\n        work(values, table)\n")
    )


def main() -> None:
    source = program()
    started = time.perf_counter()
    run = Run(source, "large.py", Limits(seconds=300))
    run.wait()
    lines = run.lines()
    steps = [line for line in lines if line.startswith("[")]
    print(f"program       {source.count(chr(10))} lines, {len(steps)} steps")
    print(f"recording     {time.perf_counter() - started:.1f} s")
    print(f"a step        {sum(map(len, steps)) / len(steps):.1f} bytes on average")
    server = subprocess.Popen(
        [sys.executable, "-m", "kaa.explorer", "--no-browser", "--port", str(_PORT)],
        stdout=subprocess.DEVNULL,
    )
    try:
        _measure_page(source)
    finally:
        server.terminate()


def _measure_page(source: str) -> None:
    address = f"http://127.0.0.1:{_PORT}/"
    for _ in range(200):
        try:
            urllib.request.urlopen(address + "api/start").close()
            break
        except OSError:
            time.sleep(0.1)
    with sync_playwright() as driver:
        browser = driver.chromium.launch_persistent_context(
            tempfile.mkdtemp(),
            executable_path=shutil.which("chromium"),
            args=_FLAGS,
            viewport={"width": 1366, "height": 768},
        )
        page = browser.pages[0]
        page.goto(address)
        page.wait_for_selector("#kaa[data-ready]")
        page.evaluate("source => Kaa.app.open(source, 'large.py')", source)
        page.keyboard.press("r")
        page.wait_for_selector("#kaa[data-ended]", timeout=300_000)
        devtools = browser.new_cdp_session(page)
        devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
        _report("stepping", page, devtools, [50_000 + step for step in range(100)])
        _report("returning", page, devtools, page.evaluate(_RETURNS))
        _report("slider", page, devtools, [(step * 37 % 40) * 2499 for step in range(40)])
        browser.close()


_RETURNS = """() => {
    const { depth } = Kaa.app.player, steps = [];
    for (let step = 50_000; steps.length < 40; step++) {
        if (depth[step] < depth[step - 1]) steps.push(step - 1, step);
    }
    return steps;
}"""
"""Steps before and at which a function comes back to the module, so that every panel shows something else."""


_GO = """async step => {
    const start = performance.now();
    Kaa.app.go(step);
    await new Promise(done => requestAnimationFrame(() => {
        const painted = new MessageChannel();
        painted.port1.onmessage = done;
        painted.port2.postMessage(0);
    }));
    return performance.now() - start;
}"""


def _report(name: str, page: Page, devtools: CDPSession, steps: list[int]) -> None:
    """From request to painted frame: by the clock, and as the page's processor time, which load leaves alone."""
    waited, worked = [], []
    for step in steps:
        before = _worked(devtools)
        waited.append(page.evaluate(_GO, step))
        worked.append(_worked(devtools) - before)
    for what, times in (("by the clock", waited), ("of the page's work", worked)):
        print(
            f"{name:13} {statistics.median(times):.0f} ms in the median, {max(times):.0f} ms at most {what}"
        )


def _worked(devtools: CDPSession) -> float:
    """Milliseconds of processor time that the page's main thread has used."""
    metrics = devtools.send("Performance.getMetrics")["metrics"]
    return next(1000 * metric["value"] for metric in metrics if metric["name"] == "TaskDuration")


if __name__ == "__main__":
    main()
