#!/usr/bin/env python3
"""The Agent against Python's http.server: HTTP/1.0, which closes after each page, and HTTP/1.1, which does not."""
import functools
import http.server
import os
import pathlib
import tempfile
import threading

from _agent_peers import check, finish, run
from _program import binary

GETPAGE = binary("examples/getpage")
PAGES = binary("examples/getpage_coroutine")
DOWNLOAD = binary("examples/download")


class Quiet(http.server.SimpleHTTPRequestHandler):
    connections = set()

    def log_message(self, *_):
        self.connections.add(self.client_address)


def serve(directory, version):
    handler = type("Handler", (Quiet,), {"protocol_version": version, "connections": set()})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=directory))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, handler


with tempfile.TemporaryDirectory(prefix="ropewalk-agent-") as name:
    root = pathlib.Path(name)
    (root / "page.html").write_text("<title>Hello</title>" + "x" * 200_000)
    (root / "data.bin").write_bytes(os.urandom(3_000_000))
    for version in ("HTTP/1.0", "HTTP/1.1"):
        server, handler = serve(name, version)
        url = f"http://127.0.0.1:{server.server_address[1]}"
        check(f"{version}: a page", run(GETPAGE, url + "/page.html").stdout == (root / "page.html").read_text())
        check(f"{version}: a directory, by a redirect", "page.html" in run(GETPAGE, url).stdout)
        check(f"{version}: 404", "404 File not found" in run(GETPAGE, url + "/no", status=1).stderr)
        handler.connections.clear()
        titles = run(PAGES, *[url + "/page.html"] * 20).stdout
        check(f"{version}: 20 titles", titles == f"{url}/page.html: Hello\n" * 20)
        most = 20 if version == "HTTP/1.0" else 6
        check(f"{version}: at most {most} connections", len(handler.connections) <= most)
        target = root / f"copy-{version[-1]}"
        run(DOWNLOAD, url + "/data.bin", target)
        check(f"{version}: a download", target.read_bytes() == (root / "data.bin").read_bytes())
        server.shutdown()
        server.server_close()
finish()
