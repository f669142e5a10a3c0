#!/usr/bin/env python3
"""Runs examples/http_hello.cc, json_api.cc, streaming_upload.cc and static_site.cc, and talks to them as their readers would."""
import hashlib
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import tempfile

BIN = os.path.abspath(os.path.join(os.environ.get("ROPEWALK_BIN_DIR", "build/dev/bin"), "examples"))
failures = []


def check(what, wanted, got):
    if wanted != got:
        failures.append(what)
        print(f"FAILED: {what}\n  wanted: {wanted!r}\n  got:    {got!r}")


class Example:
    """One program, in a directory of its own, on a port of its choice."""

    def __init__(self, name, directory, *arguments):
        self.log = open(os.path.join(directory, f"{name}.log"), "w+")
        self.process = subprocess.Popen([os.path.join(BIN, name), "0", *arguments], cwd=directory,
                                        stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.port = int(re.fullmatch(r"listening on 127\.0\.0\.1:(\d+)\n", self.process.stdout.readline()).group(1))
        self.client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.close()
        self.process.send_signal(signal.SIGTERM)
        check(f"{self.process.args[0]} ends on SIGTERM", 0, self.process.wait(30))
        self.log.seek(0)
        self.said = self.log.read()

    def ask(self, method, path, body=None, headers={}):
        self.client.request(method, path, body=body, headers=headers)
        response = self.client.getresponse()
        return response.status, response.read()


def hello(directory):
    with Example("http_hello", directory) as example:
        check("hello", (200, b"hello\n"), example.ask("GET", "/"))
        check("a user", (200, b'{"id":"7"}'), example.ask("GET", "/users/7"))
        check("nothing", 404, example.ask("GET", "/nothing")[0])


def json_api(directory):
    with Example("json_api", directory) as example:
        check("an empty list", (200, b"[]"), example.ask("GET", "/notes"))
        check("a new note", (201, b'{"id":"1"}'), example.ask("PUT", "/notes/1", '{"text":"milk"}'))
        check("an old note", 200, example.ask("PUT", "/notes/1", '{"text":"bread \\u00e9"}')[0])
        check("reading it", {"id": "1", "text": "bread é"}, json.loads(example.ask("GET", "/notes/1")[1]))
        check("the list", [{"id": "1", "text": "bread é"}], json.loads(example.ask("GET", "/notes")[1]))
        check("nonsense", 422, example.ask("PUT", "/notes/1", "milk")[0])
        check("deleting it", (204, b""), example.ask("DELETE", "/notes/1"))
        status, body = example.ask("GET", "/notes/1")
        check("no such note", (404, "no such note"), (status, json.loads(body)["error"]))


def upload(directory):
    content = os.urandom(1 << 20) * 5
    with Example("streaming_upload", directory) as example:
        check("an upload", (201, b"5242880 bytes\n"), example.ask("PUT", "/files/big.bin", content))
        with open(os.path.join(directory, "uploads/big.bin"), "rb") as saved:
            check("what was saved", hashlib.sha256(content).digest(), hashlib.sha256(saved.read()).digest())
        check("a hidden name", 400, example.ask("PUT", "/files/.x", b"x")[0])
        chunks = (b"a\nb\n" for _ in range(1000))
        check("counting chunks", (200, b"4000 bytes, 2000 lines\n"), example.ask("POST", "/count", chunks))
        status, numbers = example.ask("GET", "/numbers")
        check("a million numbers", (200, "".join(f"{i}\n" for i in range(1, 1000001)).encode()), (status, numbers))


def static(directory):
    os.mkdir(os.path.join(directory, "site"))
    with open(os.path.join(directory, "site/a.txt"), "w") as file:
        file.write("0123456789")
    with Example("static_site", directory, "site") as example:
        check("a file", (200, b"0123456789"), example.ask("GET", "/a.txt"))
        check("a range", (206, b"345"), example.ask("GET", "/a.txt", headers={"Range": "bytes=3-5"}))
        check("the page of names", True, b'href="./a.txt"' in example.ask("GET", "/")[1])
        check("a way out", 404, example.ask("GET", "/%2e%2e/site/a.txt")[0])
    check("the access log", True, '"GET /a.txt HTTP/1.1" 200 10 ' in example.said)


for run in (hello, json_api, upload, static):
    with tempfile.TemporaryDirectory() as directory:
        run(directory)
if not failures:
    print("all examples behave")
sys.exit(1 if failures else 0)
