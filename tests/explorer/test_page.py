"""The page in a headless Chromium: road, links, run, stepping both ways, input, sharing, exports, keys, themes."""

import errno
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright import sync_api as playwright

from kaa.explorer import landlock
from kaa.explorer.recording import Recording

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()

pytestmark = pytest.mark.xdist_group("page")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def serving(log: Path, *options: str) -> Iterator[str]:
    """A server of the page: its address."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    command = [sys.executable, "-m", "kaa.explorer", "--no-browser", "--port", str(port), *options]
    with log.open("w") as output:
        server = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
    deadline = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/api/start", timeout=5).close()
            break
        except OSError:
            assert server.poll() is None and time.monotonic() < deadline, log.read_text()
    yield f"http://127.0.0.1:{port}/"
    server.terminate()
    server.wait()


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("server") / "log") as address:
        yield address


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    if CHROMIUM is None:
        assert not os.environ.get("CI"), "CI installs Chromium: these tests must run there"
        pytest.skip("no chromium on this machine")
    with playwright.sync_playwright() as driver:
        context = driver.chromium.launch_persistent_context(
            str(tmp_path_factory.mktemp("profile")),
            executable_path=CHROMIUM,
            args=FLAGS,
            viewport={"width": 1366, "height": 768},
        )
        yield context
        context.close()


@pytest.fixture
def page(browser, address):
    page = browser.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address)
    page.wait_for_selector("#kaa[data-ready]")
    yield page
    page.close()
    assert errors == []


def show(page, source: str) -> None:
    page.evaluate("source => Kaa.app.open(source, 'guest.py')", source)


def ended(page, key: str) -> None:
    """Press a key that runs the program, and wait for the end of the run."""
    page.evaluate("delete Kaa.app.parts.root.dataset.ended")
    page.keyboard.press(key)
    page.wait_for_selector("#kaa[data-ended]", timeout=60_000)


def run(page, source: str, step: int = 0) -> None:
    show(page, source)
    ended(page, "r")
    page.evaluate("step => Kaa.app.go(step)", step)


def test_the_road_and_its_links(page) -> None:
    show(page, "def f(x):\n    return x + 2\n")
    page.select_option("#unit", label="f, line 1")
    page.hover("#panel-bytecode .instruction:has-text('BINARY_OP')")
    assert "BinOp" in page.inner_text("#panel-tree .lit >> nth=0")
    assert page.locator(".source .lit").all_inner_texts() == ["x", "+", "2"]
    assert page.locator("#panel-graph .lit").count() >= 1
    page.click("#panel-bytecode .instruction:has-text('BINARY_OP')")
    assert "Apply a binary operator" in page.inner_text("#dialog")


LINKED = """
class Box:
    size = 1
    def grow(self, size):
        return self.size + size
def grow(size): return [size for _ in range(size)]
Box().grow(size=2)
"""


def lit(page, panel: str, part: str) -> list[str]:
    return page.locator(f"{panel} .lit {part}").all_inner_texts()


def test_names_and_symbols_light_up_each_other(page) -> None:
    show(page, LINKED)
    page.select_option("#unit", label="Box.grow, line 4")
    page.hover(".line[data-line='5'] .linked:text-is('size') >> nth=-1")
    assert page.locator("#panel-symbols .lit").all_inner_texts() == ["size local parameter, used"]
    assert [words for words in lit(page, "#panel-tree", "b") if words == "Name"] == ["Name"]
    assert lit(page, "#panel-tokens", "b") == ["size"]
    assert lit(page, "#panel-bytecode", "b") == ["LOAD_FAST"]
    page.hover("#panel-symbols .lit")
    assert page.locator(".source .lit").all_inner_texts() == ["size", "size"]
    assert lit(page, "#panel-tree", "b") == ["arg", "Name"]
    page.hover(".line[data-line='6'] .linked:text-is('grow')")
    assert page.locator("#panel-symbols .lit").all_inner_texts() == ["grow module's namespace assigned"]


def test_an_error_is_shown_where_it_is(page) -> None:
    show(page, "x = 1\ny = = 2\n")
    assert "invalid syntax" in page.inner_text("#message")
    assert "invalid syntax" in page.inner_text(".line[data-line='2']")
    assert page.locator("#unit").count() == 0


def test_a_run_forward_and_back(page) -> None:
    run(page, "def f(n):\n    return n * 2\ntotal = 0\nfor i in range(3):\n    total += f(i)\nprint(total)\n")
    seen = [page.inner_text("#panel-frames")]
    for _ in range(30):
        page.keyboard.press("ArrowRight")
        seen.append(page.inner_text("#panel-frames"))
    for shown in reversed(seen[:-1]):
        page.keyboard.press("ArrowLeft")
        assert page.inner_text("#panel-frames") == shown
    page.keyboard.press("End")
    assert page.inner_text("#output") == "6\n"
    assert "the program ran to its end" in page.inner_text("#message")


def test_lines_breakpoints_over_and_out(page) -> None:
    run(page, "def f(n):\n    m = n * 2\n    return m\na = f(1)\nb = f(2)\n")
    line = "Kaa.app.player.line[Kaa.app.player.at]"
    page.click(".gutter >> text='3'")
    page.keyboard.press("b")
    assert page.evaluate(line) == 3
    assert page.evaluate("Kaa.app.player.state.frames.length") == 2
    page.keyboard.press("u")
    assert page.evaluate(line) == 4
    page.keyboard.press("o")
    assert page.evaluate(line) == 5
    page.keyboard.press("l")
    assert page.evaluate("Kaa.app.player.state.frames.length") == 2
    page.keyboard.press("B")
    assert page.evaluate(line) == 3


def test_the_slider_and_playing(page) -> None:
    run(page, "total = 0\nfor i in range(300):\n    total += i\n")
    page.locator("#slider").evaluate("node => { node.value = 700; node.dispatchEvent(new Event('input')); }")
    page.wait_for_function("Kaa.app.player.at === 700")
    assert page.inner_text("#count").startswith("700 of ")
    page.locator("#slider").evaluate("node => node.blur()")
    page.keyboard.press(" ")
    page.wait_for_function("Kaa.app.player.at >= 702")
    page.keyboard.press(" ")
    assert page.evaluate("Kaa.app.timer") is None


def test_what_is_freed_says_why(page) -> None:
    run(page, "import gc\na = []\na.append(a)\na = None\ngc.collect()\nb = []\nb = 1\n")
    told = []
    for step in range(page.evaluate("Kaa.app.player.steps.length")):
        page.evaluate("step => Kaa.app.go(step)", step)
        told += page.locator("#panel-events .freed").all_inner_texts()
    assert ["the collector found" in told[0], "STORE_NAME took the last reference" in told[1]] == [True, True]


def told(page, kind: str) -> list[str]:
    """What the steps of a run say of one kind of event, in their order."""
    found = []
    for step in range(page.evaluate("Kaa.app.player.steps.length")):
        page.evaluate("step => Kaa.app.go(step)", step)
        found += page.locator(f"#panel-events .{kind}").all_inner_texts()
    return [words.removeprefix(kind).strip() for words in found]


def test_frames_are_suspended_resumed_and_left(page) -> None:
    run(page, "def g():\n    yield 1\n    yield 2\ndef f():\n    for _ in g(): pass\nf()\n")
    assert told(page, "suspended") == ["g", "g", "g"]  # made, and at each yield
    assert told(page, "resumed") == ["g", "g", "g"]
    assert told(page, "left") == ["g", "f", "<module>"]


def test_a_switch_of_tasklets_suspends_frames(page) -> None:
    setting = "import stackless\nc = stackless.channel()\ndef f(): c.send(1)\nstackless.tasklet(f)()\n"
    run(page, setting + "c.receive()\nstackless.run()\n")
    assert told(page, "suspended")[0] == "<module>"
    assert told(page, "resumed")[0] == "<module>"


def test_exceptions_find_their_handler(page) -> None:
    run(page, "def f():\n    raise KeyError('k')\ntry:\n    f()\nexcept KeyError:\n    pass\n")
    words = told(page, "raised")
    assert words[0] == "KeyError('k'): no handler here, the frame is left"
    assert words[1].startswith("KeyError('k'): to the handler at ")


def test_a_run_around_a_breakpoint(page) -> None:
    show(page, "total = 0\nfor i in range(30_000):\n    if i == 29_999:\n        total = i\nprint(total)\n")
    page.evaluate("delete Kaa.app.parts.root.dataset.ended")
    page.click(".gutter >> text='4'")
    page.keyboard.press("R")
    page.wait_for_selector("#kaa[data-ended='done']", timeout=60_000)
    assert page.evaluate("Kaa.app.player.skipped") > 50_000
    assert page.evaluate("Kaa.app.player.line[Kaa.app.player.at]") == 4
    assert "29999" in page.inner_text("#panel-frames")


def test_the_state_is_that_of_recording_py(page) -> None:
    from importlib import resources

    run(page, resources.files("kaa.explorer").joinpath("examples/cycle.py").read_text())
    recording = Recording(page.evaluate("Kaa.app.player.lines"))
    for step in (len(recording.steps) - 1, 5, 300, 299, 100):
        page.evaluate("step => Kaa.app.go(step)", step)
        heap = page.evaluate("[...Kaa.app.player.state.heap].map(([n, o]) => [n, o.type, o.length, o.slots])")
        state = recording.state(step)
        assert heap == [[n, o.type, o.length, o.slots] for n, o in state.heap.items()]
        assert page.evaluate("Kaa.app.player.state.frames.map(f => f.stack)") == [
            f.stack for f in state.frames
        ]


def test_the_heap_is_drawn(page) -> None:
    run(page, "a = [1]\nb = [a, a]\na.append(b)\nc = 3\n")
    page.evaluate("Kaa.app.go(Kaa.app.player.steps.length - 3)")
    assert page.locator("#panel-heap .object").count() == 3  # the module and two lists
    assert page.locator("#panel-heap path.edge").count() == 5
    assert page.locator("#panel-heap .count").all_text_contents() == ["×3", "×2"]


def test_an_immortal_object_has_no_count(page) -> None:
    run(page, "a = ()\nb = [a]\nc = 1\n")
    page.evaluate("Kaa.app.go(Kaa.app.player.steps.length - 3)")
    assert sorted(page.locator("#panel-heap .count").all_text_contents()) == ["immortal", "×1"]


def test_input(page) -> None:
    show(page, "name = input('who? ')\nprint('hello', name)\n")
    page.evaluate("delete Kaa.app.parts.root.dataset.ended")
    page.keyboard.press("r")
    page.fill("#input", "kaa")
    page.press("#input", "Enter")
    page.wait_for_selector("#kaa[data-ended='done']")
    page.keyboard.press("End")
    assert "hello kaa" in page.inner_text("#output")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import ctypes\nctypes.string_at(0)", "segmentation fault"),
        ("import os\nos._exit(3)", "status 3"),
        ("import os\nwhile True: os.fork()", "PermissionError"),
        ("while True: print('x' * 100_000)", "output"),
    ],
)
def test_the_page_outlives_hostile_programs(page, source: str, words: str) -> None:
    run(page, source)
    assert words in page.inner_text("#message")
    run(page, "print('alive')\n")
    page.keyboard.press("End")
    assert page.inner_text("#output") == "alive\n"


def test_the_page_outlives_hostile_sources(page) -> None:
    show(page, "x = " + "-" * 50_000 + "1")
    assert "too complex to parse" in page.inner_text("#message")
    assert len(page.inner_text(".line .code")) == 5001
    run(page, "print('alive')\n")
    page.keyboard.press("End")
    assert page.inner_text("#output") == "alive\n"


def test_a_link_holds_program_and_step(page, browser, address) -> None:
    run(page, "x = 'ä'\nfor i in range(5):\n    x += str(i)\n", 20)
    page.click("#share")
    page.wait_for_function("location.hash.length > 10")
    other = browser.new_page()
    other.goto(page.url)
    other.wait_for_selector("#kaa[data-ready]")
    assert other.evaluate("[Kaa.app.source, Kaa.app.player.at]") == page.evaluate(
        "[Kaa.app.source, Kaa.app.player.at]"
    )
    other.close()


def test_exports(page, browser, tmp_path) -> None:
    run(page, "a = [1]\nb = [a, '</script>']\nprint(b)\n", 8)
    saved = {}
    for kind in ("svg", "png", "html"):
        with page.expect_download() as download:
            page.click("#" + kind)
        saved[kind] = tmp_path / f"saved.{kind}"
        download.value.save_as(saved[kind])
    assert saved["svg"].read_text().startswith("<svg")
    assert saved["png"].read_bytes().startswith(b"\x89PNG")
    other = browser.new_page()
    other.goto(saved["html"].as_uri())
    other.wait_for_selector("#kaa[data-ready]")
    assert other.inner_text("#panel-frames") == page.inner_text("#panel-frames")
    other.keyboard.press("ArrowLeft")
    assert other.evaluate("Kaa.app.player.at") == 7
    other.keyboard.press("1")
    assert "BUILD_LIST" in other.inner_text("#panel-bytecode")
    other.keyboard.press("3")
    assert other.locator("#native .piece").count() == page.evaluate(
        "Object.values(Kaa.app.native.files['guest.py'].functions)[0].length"
    )
    other.close()


def test_under_the_hood(page) -> None:
    run(page, "class A:\n    x = 1\ndef f(a):\n    return a.x + 1\nfor i in range(4):\n    f(A())\n")
    page.keyboard.press("3")
    page.select_option("#unit", label="f, line 3")
    page.wait_for_selector("#native .cache", timeout=90_000)
    row = page.locator("#panel-bytecode .instruction:has-text('LOAD_ATTR')")
    assert row.locator(".hot").inner_text() == "4"
    assert row.locator(".cache").inner_text() == "monomorphic"
    row.hover()
    assert "LOAD_ATTR" in page.inner_text("#native .piece.lit >> nth=-1")


LINE_EVENTS = """
import collections, json, sys
counts = collections.Counter()
def tracer(frame, event, argument):
    if frame.f_code.co_filename != "guest.py":
        return None
    if event == "line":
        counts[frame.f_lineno] += 1
    return tracer
code = compile(sys.argv[1], "guest.py", "exec")
sys.settrace(tracer)
exec(code, {"__name__": "__main__"})
sys.settrace(None)
print(json.dumps(counts))
"""


def test_heat_counts_lines_as_the_host_reports_them(page) -> None:
    source = (
        "def f(n):\n    return [i for i in range(n)]\nfor a in range(3):\n    f(a); f(a)\nwhile a: a -= 1\n"
    )
    run(page, source)
    command = [sys.executable, "-c", LINE_EVENTS, source]
    host = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    heat = dict(
        page.evaluate("[...Kaa.app.player.heat().lines].map(([place, n]) => [place.split(':')[1], n])")
    )
    assert heat == host


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_it_fits_a_laptop_at_125_percent(page, theme: str) -> None:
    run(page, "x = [1, 2]\n", 3)
    page.evaluate("theme => Kaa.app.theme(theme)", theme)
    page.set_viewport_size({"width": 1366 * 4 // 5, "height": 768 * 4 // 5})
    # The page is laid out a frame or two after the window has its new size.
    page.wait_for_function("innerHeight === 614 && document.body.getBoundingClientRect().height === 614")
    for tab in "123":
        page.keyboard.press(tab)
        size = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
        assert size[0] <= 1366 * 4 // 5
        assert size[1] <= 768 * 4 // 5
        assert page.locator("#slider").bounding_box()["y"] < 768 * 4 // 5
    assert page.locator("#slider").is_visible()
    page.set_viewport_size({"width": 1366, "height": 768})


def asked(address: str, path: str, order: object, **headers: str) -> tuple[int, str]:
    """The status and the text with which a server answers an order, or a request for data if there is none."""
    data = None if order is None else json.dumps(order).encode()
    request = urllib.request.Request(address + path, data, {"Content-Type": "application/json", **headers})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 200), ({"Host": "evil.example"}, 403), ({"Origin": "http://evil.example"}, 403)],
)
def test_only_its_own_pages_may_ask(address: str, headers: dict[str, str], status: int) -> None:
    assert asked(address, "api/road", {"source": "x", "filename": "x"}, **headers)[0] == status


@pytest.fixture(scope="module")
def public(tmp_path_factory):
    """A server for strangers, and a folder whose files are not theirs."""
    if not landlock.version():
        pytest.skip("this kernel has no Landlock")
    folder = tmp_path_factory.mktemp("public")
    (folder / "secret.py").write_text("secret = 1\n")
    with serving(folder / "log", "--public", "--host", "0.0.0.0") as address:
        yield address, folder


def test_strangers_may_ask_by_any_name_but_not_from_other_pages(public) -> None:
    address, _ = public
    order = {"source": "x", "filename": "x"}
    assert asked(address, "api/road", order, Host="kaa.example")[0] == 200
    same = {"Host": "kaa.example", "Origin": "https://kaa.example"}
    assert asked(address, "api/road", order, **same)[0] == 200
    assert asked(address, "api/road", order, Origin="http://evil.example")[0] == 403


def test_what_strangers_run_is_confined(public) -> None:
    address, folder = public
    source = (
        f"try: print(open({str(folder / 'secret.py')!r}).read())\nexcept OSError as error: print(error.errno)"
    )
    number = json.loads(asked(address, "api/run", {"source": source, "filename": "x.py"})[1])["run"]
    deadline = time.monotonic() + 60
    while True:
        with urllib.request.urlopen(f"{address}api/run/{number}") as answer:
            if answer.headers["x-running"] == "0":
                break
        assert time.monotonic() < deadline
        time.sleep(0.1)
    recording = Recording(asked(address, f"api/run/{number}", None)[1].splitlines())
    assert recording.output(len(recording.steps) - 1) == f"{errno.EACCES}\n"
    native = {"source": source, "filename": "x.py", "run": True, "answers": []}
    assert json.loads(asked(address, "api/native", native)[1])["files"]["x.py"]


def test_files_are_not_looked_at_for_strangers(public) -> None:
    address, folder = public
    order = {"source": "import secret\n", "filename": str(folder / "program.py"), "imports": True}
    road = asked(address, "api/road", order)[1]
    assert "secret = 1" not in road
    assert not json.loads(road).get("imports")


def test_strangers_cannot_send_without_end(public) -> None:
    address, _ = public
    status, words = asked(address, "api/road", {"source": "#" * (33 << 20), "filename": "x"})
    assert (status, "which is the limit" in words) == (413, True)


def test_other_addresses_need_public() -> None:
    command = [sys.executable, "-m", "kaa.explorer", "--no-browser", "--host", "0.0.0.0"]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert answer.returncode == 1
    assert "--public" in answer.stderr


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "other.py").write_text("def twice(n):\n    m = n.real * 2\n    return m\n")
    program = tmp_path / "program.py"
    program.write_text("import other\nfor i in range(3):\n    print(other.twice(i))\n")
    return program


def test_modules_of_the_program(page, folder) -> None:
    page.evaluate("([s, f]) => Kaa.app.open(s, f)", [folder.read_text(), str(folder)])
    page.select_option("#file", label="other.py")  # which no run has met yet
    page.wait_for_selector("#unit option:has-text('twice')", state="attached")
    page.click(".gutter >> text='2'")
    ended(page, "R")
    assert page.evaluate("Kaa.app.player.place(Kaa.app.player.at)") == "1:2"
    ended(page, "r")
    page.keyboard.press("b")
    assert page.evaluate("Kaa.app.player.place(Kaa.app.player.at)") == "1:2"
    assert page.inner_text("#source .line.now").endswith("m = n.real * 2")
    page.keyboard.press("u")
    assert page.locator("#file").input_value() == "0"
    assert "print" in page.inner_text("#source .line.now")
    page.select_option("#file", label="other.py")
    page.keyboard.press("3")
    page.select_option("#unit", label="twice, line 1")
    row = page.locator("#panel-bytecode .instruction:has-text('LOAD_ATTR')")
    row.locator(".cache.monomorphic").wait_for(timeout=90_000)
    assert row.locator(".hot").inner_text() == "3"


def test_run_to_the_line_that_is_pointed_at(page) -> None:
    run(page, "a = 1\nfor i in range(3):\n    a += i\nb = a\n")
    line = "Kaa.app.player.line[Kaa.app.player.at]"
    page.hover(".line[data-line='4'] .code")
    page.keyboard.press("g")
    assert page.evaluate(line) == 4
    page.hover(".line[data-line='3'] .code")
    page.keyboard.press("G")
    assert page.evaluate(line) == 3
    assert page.evaluate("Kaa.app.player.state.names.get(0).get('i')") == "2"


def test_everything_by_keys(page) -> None:
    run(page, "a = [1]\nb = a\nb = 2\n")
    line = "Kaa.app.player.line[Kaa.app.player.at]"
    page.mouse.move(0, 0)
    page.focus("#source")
    for key in ("ArrowDown", "ArrowDown", "d"):
        page.keyboard.press(key)
    assert page.locator(".gutter.breakpoint").all_inner_texts() == [page.inner_text(".line.pointed .gutter")]
    page.keyboard.press("b")
    assert page.evaluate(line) == int(page.inner_text(".line.pointed .gutter"))
    page.focus("#panel-heap .scroll")
    page.keyboard.press("m")
    assert page.locator(".panel.big").get_attribute("id") == "panel-heap"
    page.keyboard.press("m")
    page.focus("#panel-code .scroll")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.locator("#panel-code .pointed.lit").count() == 1
    page.keyboard.press("Enter")
    assert "Stack:" in page.inner_text("#dialog")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    told = page.inner_text("#dialog")
    page.keyboard.press("Escape")
    commands = page.evaluate("Kaa.COMMANDS.map(c => [c.id, c.words, c.keys.length])")
    assert all(words in told and keys for _, words, keys in commands)
    buttons = page.locator("#kaa header button, #kaa footer button").evaluate_all("all => all.map(b => b.id)")
    assert set(buttons) == {name for name, *_ in commands if name}


TEXT = """selector => {
    const copy = document.querySelector(selector).cloneNode(true);
    copy.querySelectorAll("option, title").forEach(node => node.remove());  // which do not show
    return copy.textContent;
}"""


@pytest.mark.parametrize("key", ["1", "2", "3"])
def test_any_view_and_panel_as_a_picture(page, tmp_path, key: str) -> None:
    run(page, "def f(x):\n    return [x]\nf('kaa <&> text')\n", 12)
    page.keyboard.press(key)
    if key == "3":
        page.wait_for_selector("#native", timeout=90_000)
    panels = page.locator(".panel").evaluate_all("all => all.map(p => p.id)")
    for panel in (None, *panels):
        seen = page.evaluate(TEXT, f"#{panel} .scroll" if panel else "#source").split()
        if panel:
            page.click(f"#{panel} h2 button")
        saved = tmp_path / "saved.svg"
        with page.expect_download() as download:
            page.keyboard.press("v")
        download.value.save_as(saved)
        root = ElementTree.parse(saved).getroot()
        assert not [node for node in root.iter() if not node.tag.startswith("{http://www.w3.org/2000/svg}")]
        drawn = "".join("".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text"))
        assert not Counter("".join(seen)) - Counter(drawn)
        if panel:
            page.click(f"#{panel} h2 button")
    with page.expect_download() as download:
        page.keyboard.press("p")
    assert download.value.path().read_bytes().startswith(b"\x89PNG")
