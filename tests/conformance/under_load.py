"""A Flask application under load: threads of a server answer threads of clients, and every answer is right.

Run by pytest on the Python that is to be tested (see `package_tests`).
"""

import json
import sys
import threading
from collections import Counter
from http.client import HTTPConnection

import pytest
from flask import Flask, abort, g, jsonify, render_template_string, request, session
from werkzeug.serving import make_server

CLIENTS, REQUESTS = 8, 25
PAGE = "{% for n in numbers %}{{ loop.index }}:{{ n * 2 }}{% if not loop.last %},{% endif %}{% endfor %}"


def application() -> Flask:
    app = Flask(__name__)
    app.secret_key = "of no worth"
    seen = Counter()
    lock = threading.Lock()

    @app.before_request
    def remember():
        g.started = request.args.get("client", "")

    @app.route("/sum", methods=["POST"])
    def add():
        return jsonify(total=sum(request.get_json()), client=g.started)

    @app.route("/page/<int:count>")
    def page(count):
        return render_template_string(PAGE, numbers=range(count))

    @app.route("/session")
    def visits():
        session["visits"] = session.get("visits", 0) + 1
        return str(session["visits"])

    @app.route("/lines")
    def lines():
        client = g.started
        return app.response_class((f"{n} {client}\n" for n in range(50)), mimetype="text/plain")

    @app.route("/count")
    def count():
        with lock:
            seen[g.started] += 1
            return str(seen[g.started])

    @app.route("/fails")
    def fails():
        return jsonify(1 // int(request.args["by"]))

    @app.route("/teapot")
    def teapot():
        abort(418)

    @app.errorhandler(ZeroDivisionError)
    def divided(error):
        return f"{type(error).__name__}: {error}", 500

    return app


@pytest.fixture
def port():
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    server = make_server("127.0.0.1", 0, application(), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()
    sys.setswitchinterval(interval)


class Client(threading.Thread):
    """Asks for everything, again and again; `wrong` has what came back otherwise than it should."""

    def __init__(self, port: int, number: int) -> None:
        super().__init__()
        self.port, self.number = port, number
        self.wrong: list[tuple[str, object, object]] = []
        self.cookie = ""

    def run(self) -> None:
        for turn in range(REQUESTS):
            numbers = list(range(turn + self.number))
            page = ",".join(f"{i}:{2 * (i - 1)}" for i in range(1, turn + 1))
            lines = "".join(f"{n} {self.number}\n" for n in range(50))
            self.expect(
                "/sum", (200, {"total": sum(numbers), "client": str(self.number)}), json.dumps(numbers)
            )
            self.expect(f"/page/{turn}", (200, page))
            self.expect("/session", (200, str(turn + 1)))
            self.expect("/lines", (200, lines))
            self.expect("/count", (200, str(turn + 1)))
            self.expect("/fails", (500, "ZeroDivisionError: integer division or modulo by zero"), by=0)
            self.expect("/fails", (200, 1), by=1)
            self.expect("/teapot", (418, None))
            self.expect("/nowhere", (404, None))

    def expect(
        self, path: str, right: tuple[int, object], body: str | None = None, by: int | None = None
    ) -> None:
        query = f"?client={self.number}" + ("" if by is None else f"&by={by}")
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Content-Type": "application/json", "Cookie": self.cookie}
        connection.request("POST" if body else "GET", path + query, body, headers)
        answer = connection.getresponse()
        self.cookie = (answer.getheader("Set-Cookie") or self.cookie).partition(";")[0]
        text = answer.read().decode()
        connection.close()
        found = json.loads(text) if answer.getheader("Content-Type") == "application/json" else text
        if (answer.status, found if right[1] is not None else None) != right:
            self.wrong.append((path, right, (answer.status, found)))


def test_every_answer_is_right(port):
    clients = [Client(port, number) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert [wrong for client in clients for wrong in client.wrong[:2]] == []
