"""Clients that leave: four times a hundred that ask for a file and close, read a little, reset, or read all. On files of 1 KiB, 100 KiB
and 10 MiB, in the clear and over TLS, and through the terminator. The server lives, and serves the next."""
import os
import socket
import ssl
import struct
import tempfile

import _program as program
from _pki import Pki
from _program import Program, tls_terminator

SIZES = {"small": 1024, "middle": 100 * 1024, "large": 10 * 1024 * 1024}
CLIENTS = 100
AT_ONCE = 25


class Site:
    """A folder with the files, and a certificate."""

    def __enter__(self):
        self.pki = Pki()
        self.pair = self.pki.issue("server")
        self.folder = tempfile.TemporaryDirectory()
        for name, size in SIZES.items():
            with open(os.path.join(self.folder.name, name), "wb") as out:
                out.write(os.urandom(4096) * (size // 4096 + 1))
                out.truncate(size)
        self.tls = ssl.create_default_context(cafile=self.pki.authority)
        return self

    def __exit__(self, *_):
        self.folder.cleanup()
        self.pki.close()

    def web(self, *options):
        return Program("ropewalk", "web", self.folder.name, "-l", ":0", "--access-log", "off", *options)

    def connect(self, port, secure):
        plain = socket.create_connection(("127.0.0.1", port), 20)
        return self.tls.wrap_socket(plain, server_hostname="localhost") if secure else plain


def ask(client, name):
    client.sendall(f"GET /{name} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())


def leave(client):
    client.close()


def read_a_little(client):
    client.recv(1000)
    client.close()


def reset(client):
    client.recv(1)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def reset_at_once(client):
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def whole(site, port, secure, name):
    client = site.connect(port, secure)
    ask(client, name)
    data = b""
    while piece := client.recv(1 << 16):
        data += piece
    client.close()
    head, _, body = data.partition(b"\r\n\r\n")
    return head.split(b"\r\n")[0], len(body)


def besiege(site, server, secure):
    for name, size in SIZES.items():
        for way in (leave, read_a_little, reset, reset_at_once):
            for _ in range(CLIENTS // AT_ONCE):
                clients = [site.connect(server.port, secure) for _ in range(AT_ONCE)]
                for client in clients:
                    ask(client, name)
                for client in clients:
                    way(client)
            assert server.alive(), f"{way.__name__} of {name}: it ended with {server.process.returncode}:\n{server.output()}"
        assert whole(site, server.port, secure, name) == (b"HTTP/1.1 200 OK", size), name


def test_plain():
    with Site() as site, site.web() as server:
        besiege(site, server, False)
        assert server.stop() == 0


def test_tls():
    with Site() as site, site.web("--tls", ",".join(site.pair)) as server:
        besiege(site, server, True)
        assert server.stop() == 0


def test_through_the_terminator():
    with Site() as site, site.web() as back_end, tls_terminator(site.pair, back_end.port) as server:
        besiege(site, server, True)
        assert back_end.alive(), back_end.output()
        assert server.stop() == 0


if __name__ == "__main__":
    program.main(globals())
