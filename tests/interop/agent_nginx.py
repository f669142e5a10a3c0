#!/usr/bin/env python3
"""The Agent against nginx as the origin: keep-alive, chunks, ranges, redirects, limits, slow and dying upstreams.

Drives the example programs getpage, getpage_coroutine and download. nginx runs with a configuration of its own on loopback
ports, in a temporary directory.
"""
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from _agent_peers import Upstream, check, finish, run, started
from _program import free_port
from _program import binary, need

NGINX = need("nginx")
GETPAGE = binary("examples/getpage")
PAGES = binary("examples/getpage_coroutine")
DOWNLOAD = binary("examples/download")

CONFIGURATION = """
daemon off; master_process off; worker_processes 1; pid {dir}/nginx.pid; error_log {dir}/error.log;
events {{ worker_connections 64; }}
http {{
  log_format probe '$connection $connection_requests $status "$request" "$http_range"';
  access_log {dir}/access.log probe;
  client_body_temp_path {dir}/tmp; proxy_temp_path {dir}/tmp; fastcgi_temp_path {dir}/tmp;
  uwsgi_temp_path {dir}/tmp; scgi_temp_path {dir}/tmp;
  proxy_connect_timeout 2s;
  server {{
    listen 127.0.0.1:{port};
    root {dir}/pages;
    location /limited/ {{ alias {dir}/pages/; limit_rate 2m; }}
    location /redirect/ {{ return 302 ../page.html; }}
    location /there {{ return 301 /back; }}
    location /back {{ return 307 /there; }}
    location /upstream/ {{ proxy_pass http://127.0.0.1:{upstream}/; proxy_http_version 1.1; proxy_buffering off; }}
    location /nobody/ {{ proxy_pass http://127.0.0.1:{nobody}/; }}
    location /empty {{ return 204; }}
    location /refused {{ return 403 "go away"; }}
    location /hangup {{ return 444; }}
  }}
  server {{
    listen 127.0.0.1:{short};
    root {dir}/pages;
    keepalive_requests 3;
  }}
}}
"""


def dying(connection, path):
    """What the upstream says, by path; nginx passes it on as it comes."""
    if path == "/chunked":
        connection.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for piece in (b"one ", b"two ", b"three"):
            connection.say(b"%x\r\n%s\r\n" % (len(piece), piece), pause=0.05)
        connection.say(b"0\r\n\r\n")
    elif path == "/until-close":
        connection.say(b"HTTP/1.0 200 OK\r\n\r\n")
        connection.say(b"all of it", pause=0.05)
    elif path == "/short":
        connection.say(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")
    elif path == "/cut-chunk":
        connection.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nonly this")
    elif path == "/no-answer":
        pass


class Nginx:
    def __init__(self, directory, upstream):
        self.dir = directory
        self.port, self.short = free_port(), free_port()
        for name in ("pages", "tmp"):
            (directory / name).mkdir()
        (directory / "nginx.conf").write_text(CONFIGURATION.format(
            dir=directory, port=self.port, short=self.short, upstream=upstream, nobody=free_port()))

    def __enter__(self):
        self.process = subprocess.Popen([NGINX, "-c", self.dir / "nginx.conf", "-p", self.dir, "-e", self.dir / "error.log"],
                                        stdin=subprocess.DEVNULL)
        started(self.port, self.process)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)

    def url(self, path, port=None):
        return f"http://127.0.0.1:{port or self.port}{path}"

    def log(self):
        lines = re.findall(r'^(\d+) (\d+) (\d+) "\S+ (\S+) [^"]*" "([^"]*)"$', (self.dir / "access.log").read_text(), re.M)
        return [dict(zip(("connection", "nth", "status", "path", "range"), line)) for line in lines]


def digest(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def test_pages(nginx):
    page = "<title>A &amp; B</title>" + "x" * 100_000
    (nginx.dir / "pages/page.html").write_text(page)
    check("a page is the same bytes", run(GETPAGE, nginx.url("/page.html")).stdout == page)
    check("an empty answer", run(GETPAGE, nginx.url("/empty")).stdout == "")
    check("a relative redirect", run(GETPAGE, nginx.url("/redirect/")).stdout == page)
    titles = run(PAGES, nginx.url("/page.html"), nginx.url("/redirect/")).stdout
    check("titles, under the URL that gave them", titles == f"{nginx.url('/page.html')}: A & B\n" * 2)


def test_failures(nginx):
    for path, words in {
        "/missing": "404 Not Found", "/refused": "403 Forbidden", "/nobody/": "502 Bad Gateway",
        "/hangup": "closed the connection without an answer", "/there": "again and again",
        "/upstream/short": "bytes of the body", "/upstream/cut-chunk": "bytes of the body",
        "/upstream/no-answer": "502 Bad Gateway",
    }.items():
        outcome = run(GETPAGE, nginx.url(path), status=1)
        check(f"{path} fails with '{words}'", words in outcome.stderr)
        check(f"{path} prints no page", outcome.stdout == "")


def test_streams(nginx):
    check("chunks that dribble", run(GETPAGE, nginx.url("/upstream/chunked")).stdout == "one two three")
    check("a body until the end of the upstream", run(GETPAGE, nginx.url("/upstream/until-close")).stdout == "all of it")


def test_keep_alive(nginx):
    before = len(nginx.log())
    run(PAGES, *[nginx.url("/page.html")] * 40)
    lines = nginx.log()[before:]
    check("40 pages all arrive", [line["status"] for line in lines] == ["200"] * 40)
    check("over the 6 connections of the limit", len({line["connection"] for line in lines}) == 6)
    before = len(nginx.log())
    run(PAGES, *[nginx.url("/page.html", nginx.short)] * 40)
    lines = nginx.log()[before:]
    check("40 pages from a server that closes after 3", [line["status"] for line in lines] == ["200"] * 40)
    check("over 14 connections or a few more", 14 <= len({line["connection"] for line in lines}) <= 19)


def test_download(nginx):
    source = nginx.dir / "pages/big.bin"
    source.write_bytes(os.urandom(6_000_000))
    target = nginx.dir / "big.bin"
    run(DOWNLOAD, nginx.url("/big.bin"), target)
    check("a download is the same bytes", digest(target) == digest(source))
    check("and leaves nothing beside it", [p.name for p in nginx.dir.glob("big.bin*")] == ["big.bin"])

    target.write_text("old")
    slow = subprocess.Popen([DOWNLOAD, nginx.url("/limited/big.bin"), target], stderr=subprocess.PIPE)
    part = nginx.dir / "big.bin.part"
    while not part.exists() or part.stat().st_size < 1_000_000:
        if slow.poll() is not None:
            raise AssertionError("the download ended early")
        slow.stderr.read1(65536)
    slow.kill()
    slow.wait()
    check("the old file is there while a part is not whole", target.read_text() == "old")
    kept = part.stat().st_size
    outcome = run(DOWNLOAD, nginx.url("/limited/big.bin"), target)
    check("a resumed download is the same bytes", digest(target) == digest(source))
    check("it asked for the rest only", nginx.log()[-1]["range"] == f"bytes={kept}-" and nginx.log()[-1]["status"] == "206")
    check("and says so", f"{kept} of them from before" in outcome.stdout)


def main():
    directory = pathlib.Path(tempfile.mkdtemp(prefix="ropewalk-agent-"))
    try:
        with Upstream(dying) as upstream, Nginx(directory, upstream.port) as nginx:
            for test in (test_pages, test_failures, test_streams, test_keep_alive, test_download):
                test(nginx)
    finally:
        shutil.rmtree(directory)
    finish()


main()
