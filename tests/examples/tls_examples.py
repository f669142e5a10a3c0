#!/usr/bin/env python3
"""Runs the examples of TLS, and talks to them as openssl, curl and Python do."""

import os
import re
import socket
import ssl
import subprocess
import tempfile
import unittest

BIN = os.path.join(os.environ["ROPEWALK_BIN_DIR"], "examples")
PATIENCE = 20  # seconds, for whatever hangs


class Quickstart:
    """examples/quickstart: the five protocols, and https. `where` has the address of each."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.state = self.folder.name
        self.process = subprocess.Popen([os.path.join(BIN, "quickstart"), "0", os.path.join(self.state, "echo")], text=True,
                                        stdout=subprocess.PIPE, env={**os.environ, "XDG_STATE_HOME": self.state})
        self.where = {}
        while not {"chat", "https"} <= self.where.keys():
            line = self.process.stdout.readline()
            assert line, f"quickstart ended with {self.process.wait(PATIENCE)}"
            name, _, address = line.strip().partition(" on ")
            self.where[name] = address
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate(timeout=PATIENCE)
        self.folder.cleanup()


class Server:
    """An example that listens, with a state directory of its own for its certificates."""

    def __init__(self, name, *arguments, first="0"):
        self.state = tempfile.TemporaryDirectory()
        environment = dict(os.environ, XDG_STATE_HOME=self.state.name)
        self.authority = os.path.join(self.state.name, "ropewalk/dev-cert/authority.pem")
        self.process = subprocess.Popen([os.path.join(BIN, name), first, *arguments], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, env=environment)
        line = self.process.stdout.readline()
        found = re.fullmatch(r"listening on 127\.0\.0\.1:(\d+)\n", line)
        assert found, f"{name} said {line!r}"
        self.port = int(found[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        _, errors = self.process.communicate(timeout=PATIENCE)
        self.state.cleanup()
        assert self.process.returncode == 0, f"ended with {self.process.returncode}: {errors}"

    def trusting(self):
        context = ssl.create_default_context(cafile=self.authority)
        return context

    def connect(self):
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        return self.trusting().wrap_socket(raw, server_hostname="localhost")


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)


class Examples(unittest.TestCase):
    def test_tls_echo_sends_back_what_comes(self):
        with Server("tls_echo") as server, server.connect() as client:
            self.assertEqual(client.version(), "TLSv1.3")
            client.sendall(b"round and round")
            self.assertEqual(client.recv(100), b"round and round")
            self.assertIsInstance(client.unwrap(), socket.socket)  # close_notify both ways

    def test_tls_echo_talks_to_openssl(self):
        with Server("tls_echo") as server:
            client = subprocess.Popen(
                ["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-CAfile", server.authority,
                 "-verify_return_error", "-servername", "localhost", "-quiet"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            client.stdin.write("hello\n")
            client.stdin.flush()
            self.assertEqual(client.stdout.readline(), "hello\n")
            client.kill()
            client.communicate(timeout=PATIENCE)

    def test_tls_echo_says_what_is_wrong_with_its_files(self):
        done = run(os.path.join(BIN, "tls_echo"), "0", "/nowhere/a.pem", "/nowhere/a.key")
        self.assertEqual(done.returncode, 5)
        self.assertEqual(done.stderr, "cannot read /nowhere/a.pem: no such file or directory\n")

    def test_https_hello_is_what_curl_trusts_with_its_authority_only(self):
        with Server("https_hello") as server:
            self.assertEqual(server.process.stdout.readline(), f"authority {server.authority}\n")
            url = f"https://localhost:{server.port}/"
            trusted = run("curl", "-sS", "--noproxy", "*", "--cacert", server.authority, url)
            self.assertEqual(trusted.stdout, "hello, in private\n", trusted.stderr)
            self.assertNotEqual(run("curl", "-sS", "--noproxy", "*", url).returncode, 0)

    def test_tls_client_shows_who_answers(self):
        with Server("tls_echo") as server:
            done = run(os.path.join(BIN, "tls_client"), "localhost", str(server.port), server.authority, "ping")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(done.stdout.splitlines(),
                             ["TLSv1.3, TLS_AES_128_GCM_SHA256: CN=localhost", "ping"])

    def test_tls_client_trusts_nobody_else(self):
        with Server("tls_echo") as server, Server("tls_echo") as other:
            done = run(os.path.join(BIN, "tls_client"), "localhost", str(server.port), other.authority)
            self.assertEqual(done.returncode, 1)
            self.assertIn("CN=ropewalk development authority", done.stderr)

    def test_starttls_server_begins_tls_when_asked_and_drops_what_was_slipped_in(self):
        with Server("starttls_server") as server:
            with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as raw:
                reader = raw.makefile("rb", buffering=0)
                self.assertEqual(reader.readline(), b"220 hello; say STARTTLS\r\n")
                raw.sendall(b"WHO\r\n")
                self.assertEqual(reader.readline(), b"250 anybody can read this\r\n")
                raw.sendall(b"STARTTLS\r\nWHO\r\nWHO\r\n")
                self.assertEqual(reader.readline(), b"220 go ahead\r\n")
                with server.trusting().wrap_socket(raw, server_hostname="localhost") as secure:
                    lines = secure.makefile("rb")
                    secure.sendall(b"WHO\r\n")
                    self.assertEqual(lines.readline(), b"250 TLSv1.3 TLS_AES_128_GCM_SHA256\r\n")
                    secure.sendall(b"STARTTLS\r\n")
                    self.assertEqual(lines.readline(), b"500 what?\r\n")


    def test_behind_a_balancer_clients_are_told_apart(self):
        with Server("behind_balancer", first="proxy+tcp://127.0.0.1:0") as server:
            told = run("curl", "-sS", "--noproxy", "*", "--haproxy-protocol", "-w", "%{local_port}", f"http://127.0.0.1:{server.port}/")
            who, _, port = told.stdout.partition("\n")
            self.assertEqual(who, f"you are 127.0.0.1:{port}")
            with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as client:
                client.sendall(b"PROXY TCP4 192.0.2.7 192.0.2.1 4711 80\r\nGET / HTTP/1.0\r\n\r\n")
                self.assertTrue(client.makefile("rb").read().endswith(b"you are 192.0.2.7:4711\n"))

    def test_a_terminator_in_front_of_the_five_protocols_makes_the_chat_private(self):
        with Quickstart() as quickstart:
            with Server("tls_terminator", quickstart.where["chat"]) as server, server.connect() as client:
                self.assertEqual(client.makefile("rb").readline(), b"welcome; 1 in the room\r\n")

    def test_quickstart_serves_https_with_a_development_certificate(self):
        with Quickstart() as quickstart:
            url = f"https://localhost:{quickstart.where['https'].rpartition(':')[2]}/"
            authority = os.path.join(quickstart.state, "ropewalk", "dev-cert", "authority.pem")
            self.assertEqual(run("curl", "-sS", "--noproxy", "*", "--cacert", authority, url).stdout, "hello from ropewalk\n")
            self.assertEqual(run("curl", "-sS", "--noproxy", "*", url).returncode, 60)  # nobody else trusts it


if __name__ == "__main__":
    unittest.main(verbosity=2)
