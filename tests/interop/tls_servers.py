#!/usr/bin/env python3
"""Our TLS client against other people's servers: openssl, GnuTLS, nginx, HAProxy, Python."""

import os
import socket
import ssl
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import _program as program  # noqa: E402
from _pki import Pki  # noqa: E402

PATIENCE = 20  # seconds, for whatever hangs


def setUpModule():
    global pki, pair
    pki = Pki()
    pair = pki.issue("server")


def tearDownModule():
    pki.close()


def ask(port, line="hello"):
    """Our client: gives who answered, with what, and the answer."""
    done = subprocess.run([program.binary("examples/tls_client"), "localhost", str(port), pki.authority, line],
                          capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    who, _, answer = done.stdout.partition("\n")
    return who, answer


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
        return True
    except OSError:
        return False


class Peer:
    """A server of somebody else, until the end of the block."""

    def __init__(self, port, *command):
        self.port = port
        self.process = subprocess.Popen([program.need(command[0]), *command[1:]], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        program.wait_for(lambda: listens(port), PATIENCE, command[0])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()


class Servers(unittest.TestCase):
    def test_openssl_with_each_version_and_key(self):
        rsa = pki.issue("rsa", kind=["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"])
        for version, name in (("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")):
            for files in (pair, rsa):
                port = free_port()
                with Peer(port, "openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", files[0], "-key", files[1], version, "-rev"):
                    who, answer = ask(port)
                    self.assertTrue(who.startswith(name + ","), who)
                    self.assertIn("olleh", answer)

    def test_gnutls(self):
        for priority in ("NORMAL", "NORMAL:-VERS-TLS1.3"):
            port = free_port()
            with Peer(port, "gnutls-serv", "--echo", "--x509certfile", pair[0], "--x509keyfile", pair[1], "--priority", priority,
                      "-p", str(port)):
                who, answer = ask(port)
                self.assertIn("CN=server", who)
                self.assertEqual(answer.strip(), "hello")

    def test_nginx(self):
        port = free_port()
        config = pki.write("nginx.conf", f"""daemon off; worker_processes 1; pid {pki.path('pid')}; error_log stderr; events {{}}
http {{ access_log off; client_body_temp_path {pki.folder}; proxy_temp_path {pki.folder}; fastcgi_temp_path {pki.folder};
uwsgi_temp_path {pki.folder}; scgi_temp_path {pki.folder}; server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {pair[0]};
ssl_certificate_key {pair[1]}; location / {{ return 200 "hello from nginx"; }} }} }}""")
        with Peer(port, "nginx", "-c", config, "-p", pki.folder):
            _, answer = ask(port, "GET / HTTP/1.0\r\n")
            self.assertIn("hello from nginx", answer)

    def test_haproxy(self):
        port = free_port()
        with open(pki.path("both.pem"), "w") as out:
            for file in pair:
                with open(file) as part:
                    out.write(part.read())
        config = pki.write("haproxy.cfg", f"""defaults
  mode http
  timeout client 10s
frontend f
  bind 127.0.0.1:{port} ssl crt {pki.path('both.pem')}
  http-request return status 200 content-type text/plain string "hello from haproxy"
""")
        with Peer(port, "haproxy", "-f", config, "-db"):
            _, answer = ask(port, "GET / HTTP/1.0\r\n")
            self.assertIn("hello from haproxy", answer)

    def test_python_that_closes_properly_and_one_that_does_not(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*pair)
        for proper in (True, False):
            with socket.create_server(("127.0.0.1", 0)) as listener:
                def serve():
                    raw, _ = listener.accept()
                    raw.settimeout(PATIENCE)
                    client = context.wrap_socket(raw, server_side=True)
                    client.sendall(client.recv(100).upper())
                    if proper:
                        client.unwrap()
                    client.close()
                thread = threading.Thread(target=serve)
                thread.start()
                _, answer = ask(listener.getsockname()[1])
                self.assertEqual(answer.strip(), "HELLO")
                thread.join(PATIENCE)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
