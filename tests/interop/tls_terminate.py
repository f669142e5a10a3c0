#!/usr/bin/env python3
"""ropewalk tls-terminate in front of other people's servers: nginx that wants the PROXY protocol, Python; with curl, openssl and
Python as clients."""

import os
import re
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


def terminator(to, *options):
    ours = program.Program("ropewalk", "tls-terminate", "-l", ":0", "--cert", pair[0], "--key", pair[1], "--to", to, *options)
    ours.port = int(re.search(r" on tls://127\.0\.0\.1:(\d+)\n", ours.output())[1])  # not the back end's
    return ours


def curl(*arguments):
    return subprocess.run(["curl", "-sS", "--noproxy", "*", "--cacert", pki.authority, *arguments], capture_output=True, text=True,
                          timeout=PATIENCE)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
        return True
    except OSError:
        return False


class Nginx:
    """Answers with what the PROXY header told it."""

    def __enter__(self):
        self.port = free_port()
        config = pki.write("nginx.conf", f"""daemon off; worker_processes 1; pid {pki.path('pid')}; error_log stderr; events {{}}
http {{ access_log off; client_body_temp_path {pki.folder}; proxy_temp_path {pki.folder}; fastcgi_temp_path {pki.folder};
uwsgi_temp_path {pki.folder}; scgi_temp_path {pki.folder}; server {{ listen 127.0.0.1:{self.port} proxy_protocol;
location / {{ return 200 "from $proxy_protocol_addr:$proxy_protocol_port to $proxy_protocol_server_port\\n"; }} }} }}""")
        self.process = subprocess.Popen([program.need("nginx"), "-c", config, "-p", pki.folder], stderr=subprocess.DEVNULL)
        program.wait_for(lambda: listens(self.port), PATIENCE, "nginx")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


class Terminator(unittest.TestCase):
    def test_nginx_learns_who_is_there(self):
        with Nginx() as nginx:
            for version in ("v1", "v2"):
                with terminator(f"127.0.0.1:{nginx.port}", "--send-proxy", version, "--alpn", "http/1.1") as ours:
                    page = curl("-w", "%{local_port}", f"https://localhost:{ours.port}/")
                    told, _, mine = page.stdout.partition("\n")
                    self.assertEqual(told, f"from 127.0.0.1:{mine} to {ours.port}", page.stderr)

    def test_haproxy_in_front_tells_who_is_there(self):
        port = free_port()
        with Nginx() as nginx, terminator(f"127.0.0.1:{nginx.port}", "--send-proxy", "v1", "--accept-proxy") as ours:
            config = pki.write("haproxy.cfg", f"""defaults
  mode tcp
  timeout client 10s
  timeout connect 5s
  timeout server 10s
frontend f
  bind 127.0.0.1:{port}
  default_backend b
backend b
  server s 127.0.0.1:{ours.port} send-proxy-v2
""")
            front = subprocess.Popen([program.need("haproxy"), "-f", config, "-db"], stderr=subprocess.DEVNULL)
            try:
                program.wait_for(lambda: listens(port), PATIENCE, "haproxy")
                page = curl("-w", "%{local_port}", f"https://localhost:{port}/")
            finally:
                front.terminate()
                front.wait()
            told, _, mine = page.stdout.partition("\n")
            self.assertEqual(told, f"from 127.0.0.1:{mine} to {port}", page.stderr)  # through both

    def test_curl_says_the_header_itself(self):
        with Nginx() as nginx, terminator(f"127.0.0.1:{nginx.port}", "--send-proxy", "v1", "--accept-proxy") as ours:
            page = curl("--haproxy-protocol", "-w", "%{local_port}", f"https://localhost:{ours.port}/")
            self.assertTrue(page.stdout.startswith("from 127.0.0.1:"), page.stderr)
            self.assertNotEqual(curl(f"https://localhost:{ours.port}/").returncode, 0, "a header is expected")

    def test_the_next_back_end_is_tried(self):
        with Nginx() as nginx:
            with terminator(f"127.0.0.1:{free_port()}", "--to", f"127.0.0.1:{nginx.port}", "--send-proxy", "v1") as ours:
                self.assertTrue(curl(f"https://localhost:{ours.port}/").stdout.startswith("from 127.0.0.1:"))
                self.assertIn("connection refused", ours.output())

    def test_half_close_reaches_the_back_end_and_the_answer_comes_back(self):
        with socket.create_server(("127.0.0.1", 0)) as back:
            def serve():
                peer, _ = back.accept()
                with peer:
                    peer.settimeout(PATIENCE)
                    whole = b""
                    while piece := peer.recv(65536):
                        whole += piece
                    peer.sendall(b"%d bytes" % len(whole))
            thread = threading.Thread(target=serve)
            thread.start()
            with terminator(f"127.0.0.1:{back.getsockname()[1]}") as ours:
                done = subprocess.run([program.binary("ropewalk"), "connect", "--tls", "--cacert", pki.authority,
                                       f"localhost:{ours.port}"], input=b"x" * 1_000_000, capture_output=True, timeout=PATIENCE)
                self.assertEqual(done.stdout, b"1000000 bytes", done.stderr)
            thread.join(PATIENCE)

    def test_a_client_that_does_not_read_costs_little(self):
        total = 200_000_000
        with socket.create_server(("127.0.0.1", 0)) as back:
            def serve():
                peer, _ = back.accept()
                with peer:
                    try:
                        peer.settimeout(3)
                        for _ in range(total // 1_000_000):
                            peer.sendall(bytes(1_000_000))
                    except OSError:
                        pass
            thread = threading.Thread(target=serve)
            thread.start()
            with terminator(f"127.0.0.1:{back.getsockname()[1]}") as ours:
                context = ssl.create_default_context(cafile=pki.authority)
                with socket.create_connection(("127.0.0.1", ours.port)) as raw:
                    with context.wrap_socket(raw, server_hostname="localhost"):
                        thread.join(PATIENCE)
                        with open(f"/proc/{ours.process.pid}/status") as status:
                            resident = next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))
                limit = 400_000 if program.sanitized("ropewalk") else 60_000  # KiB
                self.assertLess(resident, limit)

    def test_clients_without_a_certificate_are_refused_where_one_is_wanted(self):
        with Nginx() as nginx:
            alice = pki.issue("alice", "DNS:alice")
            with terminator(f"127.0.0.1:{nginx.port}", "--send-proxy", "v2", "--client-ca", pki.authority) as ours:
                url = f"https://localhost:{ours.port}/"
                self.assertTrue(curl("--cert", alice[0], "--key", alice[1], url).stdout.startswith("from"))
                self.assertNotEqual(curl(url).returncode, 0)

    def test_what_cannot_be_used_ends_with_5(self):
        done = subprocess.run([program.binary("ropewalk"), "tls-terminate", "-l", ":0", "--to", ":1", "--cert", "/nowhere/a.pem"],
                              capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 5)
        self.assertIn("cannot read /nowhere/a.pem: no such file or directory", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
