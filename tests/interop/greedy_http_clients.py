"""Clients that ask for pages and never read them, of the web server, of what stands in front of it, and of what stands behind that. The
memory of each stays within a bound, and others are served meanwhile."""
import os
import ssl
import subprocess
import tempfile

import _program as program
from _pki import Pki
from _program import Program, tls_terminator
from _siege import BOUND, besiege, greedy_socket, push, rss


class Folder:
    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        for name, size in (("small", 1024), ("large", 100 * 1024)):
            with open(os.path.join(self.folder.name, name), "wb") as out:
                out.write(os.urandom(size))
        return self.folder.name

    def __exit__(self, *_):
        self.folder.cleanup()


def http_serves(url, *options):
    done = subprocess.run(["curl", "-sS", "-m", "20", "--noproxy", "*", *options, url + "/small"], capture_output=True, check=False)
    assert len(done.stdout) == 1024, done.stderr


def requests(name):
    return f"GET /{name} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() * 1_000_000  # more than the kernel keeps


def test_http():
    with Folder() as folder, Program("ropewalk", "web", folder, "-l", ":0", "--access-log", "off") as server:
        for name in ("small", "large", "absent"):
            for client in besiege(server, lambda: greedy_socket(server.port), requests(name), lambda: http_serves(server.url)):
                client.close()


def test_the_terminator_and_what_is_behind_it():
    with Folder() as folder, Pki() as pki, Program("ropewalk", "web", folder, "-l", ":0", "--access-log", "off") as behind:
        context = ssl.create_default_context(cafile=pki.authority)
        with tls_terminator(pki.issue("server"), behind.port) as front:
            before = rss(behind)
            besiege(front, lambda: context.wrap_socket(greedy_socket(front.port), server_hostname="localhost"), requests("large"),
                    lambda: http_serves(f"https://localhost:{front.port}", "--cacert", pki.authority))
            assert rss(behind) - before < BOUND


def test_preambles_that_never_end():
    """PROXY v1 without a line end, v2 that announces 65,535 bytes, v2 with TLVs of nothing: 100 clients of each."""
    long = b"\r\n\r\n\0\r\nQUIT\n" + b"\x21\x11\xff\xff"
    with Folder() as folder, Pki() as pki, Program("ropewalk", "web", folder, "-l", ":0", "--access-log", "off") as behind:
        with tls_terminator(pki.issue("server"), behind.port, "--accept-proxy") as front:
            before = rss(front)
            clients = [greedy_socket(front.port) for _ in range(200)]
            for i, client in enumerate(clients):
                push(client, b"PROXY TCP4 " + b"1" * 10_000_000 if i % 2 else long + b"\0" * 65_000)
            assert front.alive(), front.output()
            assert rss(front) - before < BOUND
            for client in clients:
                client.close()


if __name__ == "__main__":
    program.main(globals())
