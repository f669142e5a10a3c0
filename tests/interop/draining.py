"""How servers end: downloads in flight survive SIGTERM, a second one ends at once, time is limited, and SIGHUP ends nobody."""
import os
import re
import signal
import socket
import ssl
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

import _program as program
from _pki import Pki
from _program import Program, wait_for

DOWNLOADS = 50
SIZE = 8 << 20  # more than the kernel keeps for a client of 16 KiB


class Site:
    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        with open(os.path.join(self.folder.name, "large"), "wb") as out:
            out.truncate(SIZE)
        self.pki = Pki()
        self.pair = self.pki.issue("server")
        self.tls = ssl.create_default_context(cafile=self.pki.authority)
        return self

    def __exit__(self, *_):
        self.pki.close()
        self.folder.cleanup()

    def web(self, *options):
        return Program("ropewalk", "web", self.folder.name, "-l", ":0", "--access-log", "off", *options)

    def begin(self, port, secure=False):
        """A download of which the head has come."""
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
        client.settimeout(60)
        client.connect(("127.0.0.1", port))
        if secure:
            client = self.tls.wrap_socket(client, server_hostname="localhost")
        client.sendall(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(1)
        assert f"Content-Length: {SIZE}".encode() in head, head
        return client


def rest(client):
    """How much more comes, until the end."""
    size = 0
    while piece := client.recv(1 << 16):
        size += len(piece)
    client.close()
    return size


def refused(port):
    try:
        socket.create_connection(("127.0.0.1", port), 5).close()
    except ConnectionRefusedError:
        return True
    return False


def end_with_downloads(site, server, port, secure):
    clients = [site.begin(port, secure) for _ in range(DOWNLOADS)]
    server.process.send_signal(signal.SIGTERM)
    wait_for(lambda: refused(port), 20, "the port to be closed")
    assert server.alive()
    with ThreadPoolExecutor(DOWNLOADS) as readers:  # at once: one that waits for its turn takes nothing meanwhile
        sizes = list(readers.map(rest, clients))
    assert sizes == [SIZE] * DOWNLOADS, f"{sum(size == SIZE for size in sizes)} of {DOWNLOADS} survived"
    assert server.process.wait(20) == 0, server.output()
    assert "connections may finish" in server.output(), server.output()


def test_downloads_in_flight_survive():
    with Site() as site, site.web("--drain", "300") as server:
        end_with_downloads(site, server, server.port, False)


def test_downloads_over_tls_survive():
    with Site() as site, site.web("--drain", "300", "--tls", ",".join(site.pair)) as server:
        end_with_downloads(site, server, server.port, True)


def test_downloads_through_the_terminator_survive_its_end():
    with Site() as site, site.web() as behind:
        with Program("ropewalk", "tls-terminate", "-l", ":0", "--drain", "300", "--cert", site.pair[0], "--key", site.pair[1],
                     "--to", f"127.0.0.1:{behind.port}") as front:
            wait_for(lambda: " on tls://" in front.output(), 20, "the terminator")
            port = int(front.output().split(" on tls://127.0.0.1:")[1].split()[0])
            clients = [site.begin(port, True) for _ in range(10)]
            front.process.send_signal(signal.SIGTERM)
            wait_for(lambda: refused(port), 20, "the port to be closed")
            for client in clients:
                left = SIZE
                while left > 0:
                    piece = client.recv(min(left, 1 << 16))
                    assert piece, "it was cut"
                    left -= len(piece)
                client.close()
            assert front.process.wait(20) == 0


def test_who_was_let_in_before_is_served():
    """The kernel has them, the server has not: it is stopped while they come."""
    with Site() as site, site.web("--drain", "300") as server:
        server.process.send_signal(signal.SIGSTOP)
        clients = []
        for _ in range(20):
            client = socket.create_connection(("127.0.0.1", server.port), 60)
            client.sendall(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
            clients.append(client)
        server.process.send_signal(signal.SIGTERM)
        server.process.send_signal(signal.SIGCONT)
        for client in clients:
            assert rest(client) > SIZE
        assert server.process.wait(20) == 0


def test_idle_connections_do_not_hold_it_up():
    with Site() as site, site.web("--drain", "300") as server:
        idle = socket.create_connection(("127.0.0.1", server.port), 60)
        idle.sendall(b"GET /absent HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert idle.recv(1 << 16).startswith(b"HTTP/1.1 404 ")
        silent = socket.create_connection(("127.0.0.1", server.port), 60)
        assert server.stop() == 0
        assert rest(idle) == 0 and rest(silent) == 0


def test_time_is_limited():
    with Site() as site, site.web("--drain", "0.2") as server:
        client = site.begin(server.port)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0
        client.close()


def test_a_second_signal_ends_at_once():
    for second in (signal.SIGTERM, signal.SIGINT):
        with Site() as site, site.web("--drain", "3600") as server:
            client = site.begin(server.port)
            server.process.send_signal(signal.SIGTERM)
            wait_for(lambda: "may finish" in server.output(), 20, "the drain")
            server.process.send_signal(second)
            assert server.process.wait(20) == 0
            client.close()


def test_streams_of_questions_that_are_idle_do_not_hold_up_a_name_server():
    with Program("ropewalk", "dns", "--hosts", "/etc/hosts", "-l", "tcp://127.0.0.1:0", "--drain", "300") as server:
        with socket.create_connection(("127.0.0.1", server.port), 60) as idle:
            time.sleep(0)
            assert server.stop() == 0
            assert idle.recv(1) == b""


def test_a_log_file_that_was_renamed_is_opened_again():
    """As logrotate does it, by either signal that servers have for this."""
    with Site() as site:
        for number in (signal.SIGHUP, signal.SIGUSR1):
            for words in commands(site):
                path = os.path.join(site.folder.name, "server.log")
                with Program("ropewalk", "--log-file", path, "--log-level", "debug", *words) as server:
                    wait_for(lambda: ignores_hang_up(server), 20, f"{words[0]} to watch SIGHUP")  # noqa: B023
                    with socket.create_connection(("127.0.0.1", port_of(server)), 20):
                        wait_for(lambda: size_of(path) > 0, 20, "a line in the log")
                    os.rename(path, path + ".1")
                    server.process.send_signal(number)
                    wait_for(lambda: os.path.exists(path), 20, f"a new file, of {words} and {number}")
                    with socket.create_connection(("127.0.0.1", port_of(server)), 20):
                        wait_for(lambda: size_of(path) > 0, 20, "a line in the new log")
                os.unlink(path)


def commands(site):
    """Every server command; what they reload, where they reload, is there."""
    for name in ("echo", "discard", "chargen", "qotd", "daytime", "time", "finger"):
        yield name, "-l", "127.0.0.1:0"
    yield "web", site.folder.name, "-l", "127.0.0.1:0"
    yield "web", site.folder.name, "-l", "127.0.0.1:0", "--tls", ",".join(site.pair)
    yield "dns", "--hosts", "/etc/hosts", "-l", "tcp://127.0.0.1:0"
    yield "tls-terminate", "-l", "127.0.0.1:0", "--cert", site.pair[0], "--key", site.pair[1], "--to", "127.0.0.1:1"


def port_of(server):
    return int(re.findall(r"127\.0\.0\.1:(\d+)", server.output())[-1])


def size_of(path):
    return os.path.getsize(path) if os.path.exists(path) else 0


def ignores_hang_up(server):
    with open(f"/proc/{server.process.pid}/status") as status:
        caught = int(re.search(r"SigCgt:\s+([0-9a-f]+)", status.read())[1], 16)
    return bool(caught >> signal.SIGHUP - 1 & 1)


def test_no_server_dies_of_sighup():
    with Site() as site:
        for command in commands(site):
            with Program("ropewalk", *command) as server:
                wait_for(lambda: ignores_hang_up(server), 20, f"{command[0]} to watch SIGHUP")
                server.process.send_signal(signal.SIGHUP)
                assert not refused_later(server), f"{command[0]} died: {server.output()}"
                assert server.stop() == 0, command[0]


def refused_later(server):
    """By the time that a connection is made, the signal has arrived."""
    return refused(port_of(server)) or not server.alive()


if __name__ == "__main__":
    program.main(globals())
