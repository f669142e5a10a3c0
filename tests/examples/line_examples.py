#!/usr/bin/env python3
"""Runs the examples of the line protocols, and talks to them by plain sockets."""

import contextlib
import os
import re
import socket
import subprocess
import sys
import unittest

BIN = os.path.join(os.environ["ROPEWALK_BIN_DIR"], "examples")
PATIENCE = 20  # seconds, for whatever hangs


@contextlib.contextmanager
def server(name, *arguments):
    """Starts a server on a port of its own choice; gives the port; stops it by SIGTERM, which must end it with 0."""
    process = subprocess.Popen(
        [os.path.join(BIN, name), "0", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        found = re.fullmatch(r"listening on 127\.0\.0\.1:(\d+)\n", line)
        assert found, f"{name} said {line!r}"
        yield int(found[1])
    finally:
        process.terminate()
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, f"{name} ended with {process.returncode}: {errors}"


def unused_port():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


def run(name, *arguments):
    return subprocess.run([os.path.join(BIN, name), *arguments], capture_output=True, text=True, timeout=PATIENCE)


class Client:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.file = self.socket.makefile("rb")

    def send(self, data):
        self.socket.sendall(data)

    def line(self):
        return self.file.readline()

    def rest(self):
        return self.file.read()

    def close(self):
        self.file.close()
        self.socket.close()


class Examples(unittest.TestCase):
    def connect(self, port):
        client = Client(port)
        self.addCleanup(client.close)
        return client

    def test_echo_server_sends_back_what_comes(self):
        with server("echo_server") as port:
            client = self.connect(port)
            client.send(b"one\0two\n")
            self.assertEqual(client.line(), b"one\0two\n")
            client.send(b"last")
            client.socket.shutdown(socket.SHUT_WR)
            self.assertEqual(client.rest(), b"last")

    def test_echo_client_says_its_lines(self):
        with server("echo_server") as port:
            result = run("echo_client", str(port), "hello", "world")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stdout, "server said: hello\nserver said: world\n"
                         "connection lost: connection was closed cleanly\n")

    def test_echo_client_tells_why_it_cannot(self):
        result = run("echo_client", str(unused_port()), "hello")
        self.assertEqual(result.returncode, 1)
        self.assertIn("refused", result.stderr)

    def test_timestamp_server_stamps_lines(self):
        with server("timestamp_server") as port:
            client = self.connect(port)
            client.send(b"hel")
            client.send(b"lo\r\nagain\r\n")
            self.assertRegex(client.line(), rb"^\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\S+\] hello\r\n$")
            self.assertTrue(client.line().endswith(b"] again\r\n"))

    def test_timestamp_server_closes_on_an_endless_line(self):
        with server("timestamp_server") as port:
            client = self.connect(port)
            client.send(b"x" * 17000)
            self.assertEqual(client.rest(), b"")

    def test_timestamp_client_prints_the_answers(self):
        with server("timestamp_server") as port:
            result = run("timestamp_client", str(port), "one", "two")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual([line.split("] ")[1] for line in result.stdout.splitlines()], ["one", "two"])

    def test_poetry_server_recites_slowly(self):
        with server("poetry_server", "10") as port:
            poem = self.connect(port).rest().decode().splitlines()
        self.assertEqual(len(poem), 9)
        self.assertEqual(poem[0], "Who has seen the wind?")
        self.assertEqual(poem[-1], "The wind is passing by.")

    def test_poetry_client_gets_several_at_once_and_survives_one_that_is_down(self):
        down = unused_port()
        with server("poetry_server", "20") as one, server("poetry_server", "30") as two:
            result = run("poetry_client", *(f"tcp://127.0.0.1:{port}" for port in (one, down, two)))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stdout.count("The wind is passing by."), 2)
        self.assertIn("refused", result.stdout)
        self.assertTrue(result.stdout.endswith("got 2 of 3 poems\n"))

    def test_chat_tells_the_others(self):
        with server("chat") as port:
            ada = self.connect(port)
            self.assertEqual(ada.line(), b"who are you?\r\n")
            ada.send(b"ada\r\n")
            self.assertEqual(ada.line(), b"welcome, ada; others here: 0\r\n")
            bob = self.connect(port)
            bob.send(b"bob\nhello\n")
            self.assertEqual(bob.line() + bob.line(), b"who are you?\r\nwelcome, bob; others here: 1\r\n")
            self.assertEqual(ada.line(), b"bob has joined\r\n")
            self.assertEqual(ada.line(), b"<bob> hello\r\n")
            ada.send(b"hi\n")
            self.assertEqual(bob.line(), b"<ada> hi\r\n")
            bob.close()
            self.assertEqual(ada.line(), b"bob has left\r\n")

    def test_nobody_in_the_chat_speaks_in_anothers_name_by_a_lone_carriage_return(self):
        with server("chat") as port:
            ada, eve = self.connect(port), self.connect(port)
            for each, name in ((ada, b"ada"), (eve, b"eve")):
                each.send(name + b"\n")
                each.line()
                each.line()
            self.assertEqual(ada.line(), b"eve has joined\r\n")
            eve.send(b"a\r<ada> forged\n")
            self.assertEqual(ada.line() + ada.line(), b"<eve> a\r\n<eve> <ada> forged\r\n")

    def test_testing_tour_checks_what_it_says(self):
        result = run("testing_tour")
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertEqual(result.stdout.count("ok: "), 4)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
