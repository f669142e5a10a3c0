#!/usr/bin/env python3
"""ropewalk fetch against https servers and proxies that others wrote: python's, nginx, with good and bad certificates."""
import base64
import http.server
import os
import re
import select
import socket
import ssl
import subprocess
import tempfile
import threading

import _program as program
from _agent_peers import started
from _pki import Pki
from _program import binary, free_port, need

ROPEWALK = binary("ropewalk")
EXAMPLE = binary("examples/https_fetch")
NGINX = need("nginx")
PKI = Pki()
GOOD = PKI.issue("good")
PATIENCE = 60  # seconds, for whatever hangs
CLEAN = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}


def fetch(*arguments, status=0, trust=True, environment=None):
    """Gives standard output and standard error."""
    words = [ROPEWALK, "fetch", *(["--cacert", PKI.authority] if trust else []), *arguments]
    done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, check=False, stdin=subprocess.DEVNULL,
                          env={**CLEAN, **(environment or {})})
    assert done.returncode == status, f"{' '.join(words[1:])}: {done.returncode}, not {status}: {done.stderr}"
    return done.stdout, done.stderr


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        peer = self.connection.getpeercert() if isinstance(self.connection, ssl.SSLSocket) else None
        name = dict(pair[0] for pair in peer["subject"])["commonName"] if peer else "stranger"
        body = f"hello {name} at {self.headers['Host']}{self.path}\n".encode()
        if self.path == "/big":
            body = b"x" * 3_000_000
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class QuietServer(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # handshakes that fail are what is tested


class Origin:
    """python's http.server, with TLS. A context manager."""

    def __init__(self, files=GOOD, client_ca=None, tls=True):
        self.server = QuietServer(("127.0.0.1", 0), Handler)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*files)
            if client_ca:
                context.verify_mode = ssl.CERT_REQUIRED
                context.load_verify_locations(client_ca)
            # The handshake is the thread's that serves, not the one's that accepts.
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        self.url = f"{'https' if tls else 'http'}://localhost:{self.port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class Proxy:
    """A CONNECT proxy of a few lines; every name is this machine. A context manager."""

    def __init__(self, credentials=None, refuse=None):
        self.credentials, self.refuse = credentials, refuse
        self.heads = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, client):
        with client:
            head = b""
            while b"\r\n\r\n" not in head:
                piece = client.recv(65536)
                if not piece:
                    return
                head += piece
            text = head.split(b"\r\n\r\n")[0].decode()
            self.heads.append(text)
            if self.refuse:
                return client.sendall(self.refuse)
            token = self.credentials and base64.b64encode(self.credentials.encode()).decode()
            if token and f"Proxy-Authorization: Basic {token}" not in text:
                return client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 12\r\n\r\nwho are you?")
            method, target, _ = text.split("\r\n")[0].split(" ")
            if method == "CONNECT":
                with socket.create_connection(("127.0.0.1", int(target.rsplit(":", 1)[1]))) as origin:
                    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    return splice(client, origin)
            port = int(re.match(r"http://[^/:]+:(\d+)/", target)[1])
            with socket.create_connection(("127.0.0.1", port)) as origin:
                origin.sendall(head)
                return splice(client, origin)


def splice(one, other):
    while True:
        for ready in select.select([one, other], [], [], PATIENCE)[0]:
            try:
                piece = ready.recv(65536)
            except ConnectionError:
                return
            if not piece:
                return
            (other if ready is one else one).sendall(piece)


def pin_of(certificate):
    key = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-pubkey"], capture_output=True, check=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=key, capture_output=True, check=True).stdout
    digest = subprocess.run(["openssl", "dgst", "-sha256", "-binary"], input=der, capture_output=True, check=True).stdout
    return base64.b64encode(digest).decode()


# Origins.

def test_a_page_from_python_with_what_is_known_of_its_tls():
    with Origin() as origin:
        out, err = fetch("-v", "--timing", origin.url + "/page")
        assert out == f"hello stranger at localhost:{origin.port}/page\n", out
        assert re.search(r"TLSv1\.3, TLS_\w+: CN=good, until \d{4}-\d\d-\d\d \((29|30) days left\)", err), err
        assert re.search(r"tls [1-9.]", err), err
        assert fetch(f"https://127.0.0.1:{origin.port}/")[0].startswith("hello")
        assert len(fetch(origin.url + "/big")[0]) == 3_000_000


def test_the_system_does_not_trust_our_authority_but_insecure_does():
    with Origin() as origin:
        _, err = fetch(origin.url, status=1, trust=False)
        assert "unknown authority: CN=Interop authority; to trust it, name a file with its certificate (--cacert)" in err, err
        assert fetch("-k", origin.url, trust=False)[0].startswith("hello")


def test_the_given_file_may_be_the_servers_own_certificate():
    with Origin() as origin:
        assert fetch("--cacert", GOOD[0], origin.url, trust=False)[0].startswith("hello")


def test_the_final_dot_of_an_absolute_name_is_for_the_resolver():
    with Origin() as origin:
        url = f"https://localhost.:{origin.port}/"
        out, _ = fetch(url, url)
        assert out == f"hello stranger at localhost.:{origin.port}/\n" * 2, out


def test_bad_certificates_are_told_in_words():
    bad = {
        "expired 3 days ago (CN=expired)": PKI.issue("expired", start=-30, end=-3),
        "not valid yet": PKI.issue("tomorrow", start=2, end=9),
        "peer's certificate is for example.org, not localhost": PKI.issue("elsewhere", names="DNS:example.org"),
        "self-signed certificate (CN=self)": PKI.issue("self", self_signed=True),
        "for no host at all, not localhost": PKI.issue("localhost", names=None),
    }
    for words, files in bad.items():
        with Origin(files) as origin:
            _, err = fetch(origin.url, status=1)
            assert words in err and origin.url in err, (words, err)
            assert fetch("-k", origin.url)[0].startswith("hello")


def test_a_certificate_of_our_own():
    alice = PKI.issue("alice", names="DNS:alice")
    with Origin(client_ca=PKI.authority) as origin:
        assert fetch("--cert", alice[0], "--key", alice[1], origin.url)[0].startswith("hello alice ")
        _, err = fetch(origin.url, status=1)
        assert "the server wants a certificate of ours" in err, err


def test_pins_are_what_openssl_computes():
    with Origin() as origin:
        assert fetch("--pin", pin_of(GOOD[0]), origin.url)[0].startswith("hello")
        assert fetch("--pin", "sha256//" + pin_of(PKI.authority), origin.url)[0].startswith("hello")
        wrong = base64.b64encode(b"x" * 32).decode()
        _, err = fetch("--pin", wrong, origin.url, status=1)
        assert "no key of the chain is pinned" in err and pin_of(GOOD[0]) in err, err


def test_what_the_user_gives_wrongly_is_told_before_anything_is_sent():
    url = "https://127.0.0.1:1/"
    _, err = fetch("--cacert", "/nowhere/ca.pem", url, status=5, trust=False)
    assert "/nowhere/ca.pem" in err, err
    _, err = fetch("--cert", GOOD[0], "--key", PKI.issue("another")[1], url, status=5)
    assert "does not match" in err, err
    assert "is no pin" in fetch("--pin", "abc", url, status=2)[1]
    assert "--cert" in fetch("--key", GOOD[1], url, status=2)[1]
    assert "is no proxy" in fetch("--proxy", "socks5://x", url, status=2)[1]


def test_a_server_that_speaks_no_tls():
    with Origin(tls=False) as origin:
        _, err = fetch(origin.url.replace("http:", "https:"), status=1)
        assert "failed" in err and origin.url.split("//")[1] in err, err


def test_nginx_over_a_kept_connection():
    with tempfile.TemporaryDirectory(prefix="ropewalk-https-") as folder:
        port = free_port()
        os.makedirs(folder + "/pages")
        with open(folder + "/pages/page", "w", encoding="ascii") as page:
            page.write("from nginx\n")
        with open(folder + "/nginx.conf", "w", encoding="ascii") as file:
            file.write(f"""
daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
  log_format seen '$connection $ssl_protocol $ssl_server_name $ssl_alpn_protocol';
  access_log {folder}/access.log seen;
  client_body_temp_path {folder}/t; proxy_temp_path {folder}/t; fastcgi_temp_path {folder}/t;
  uwsgi_temp_path {folder}/t; scgi_temp_path {folder}/t;
  server {{
    listen 127.0.0.1:{port} ssl http2; root {folder}/pages;
    ssl_certificate {GOOD[0]}; ssl_certificate_key {GOOD[1]}; ssl_protocols TLSv1.2;
  }}
}}
""")
        server = subprocess.Popen([NGINX, "-p", folder, "-c", folder + "/nginx.conf", "-e", folder + "/error.log"],
                                  stderr=subprocess.DEVNULL)
        try:
            started(port, server)
            url = f"https://localhost:{port}/page"
            assert fetch(url, url, url)[0] == "from nginx\n" * 3
            assert "404" in fetch(url + "none", status=1)[1]
            with open(folder + "/access.log", encoding="ascii") as log:
                lines = log.read().splitlines()
            assert len({line.split()[0] for line in lines[:3]}) == 1, lines
            assert lines[0].endswith("TLSv1.2 localhost http/1.1"), lines
        finally:
            server.terminate()
            server.wait(PATIENCE)


def test_the_example_with_a_private_authority():
    bob = PKI.issue("bob", names="DNS:bob")
    with Origin(client_ca=PKI.authority) as origin:
        def example(*words, status=0):
            done = subprocess.run([EXAMPLE, origin.url, *words], capture_output=True, text=True, timeout=PATIENCE, check=False)
            assert done.returncode == status, (words, done)
            return done.stdout, done.stderr
        out, err = example(PKI.authority, *bob)
        assert out.startswith("hello bob ") and err == "TLSv1.3 with CN=good\n", (out, err)
        assert "wants a certificate of ours" in example(PKI.authority, status=1)[1]
        assert "/nowhere" in example("/nowhere", status=5)[1]


# Proxies. Names below .test do not exist: the proxy is who finds them.

def test_https_through_a_proxy_of_the_environment_with_a_password():
    files = PKI.issue("origin", names="DNS:origin.test")
    with Origin(files) as origin, Proxy(credentials="me:p@ss") as proxy:
        url = f"https://origin.test:{origin.port}/"
        through = proxy.url.replace("//", "//me:p%40ss@")
        for name in ("https_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            out, _ = fetch(url, environment={name: through})
            assert out.startswith("hello stranger at origin.test"), out
        assert len(proxy.heads) == 3 and proxy.heads[0].startswith(f"CONNECT origin.test:{origin.port} HTTP/1.1\r\n"), proxy.heads
        _, err = fetch(url, status=1, environment={"https_proxy": proxy.url.replace("//", "//me:secret@")})
        assert "407" in err and "does not accept this user and password" in err and "who are you?" in err, err
        assert "secret" not in err, err


def test_http_through_a_proxy_and_the_variable_that_is_none():
    with Origin(tls=False) as origin, Proxy() as proxy:
        url = f"http://origin.test:{origin.port}/x"
        out, _ = fetch(url, environment={"http_proxy": proxy.url})
        assert out == f"hello stranger at origin.test:{origin.port}{url}\n", out
        assert proxy.heads[0].startswith(f"GET {url} HTTP/1.1\r\n"), proxy.heads
        fetch(url, status=1, environment={"HTTP_PROXY": proxy.url})
        assert len(proxy.heads) == 1, proxy.heads


def test_no_proxy_keeps_requests_away_from_it():
    with Origin() as origin, Proxy() as proxy:
        url = f"https://127.0.0.1:{origin.port}/"
        assert fetch("--proxy", proxy.url, url)[0].startswith("hello") and len(proxy.heads) == 1
        for rule in ("127.0.0.1", "10.0.0.0/8,127.0.0.0/8", "*", f"127.0.0.1:{origin.port}"):
            fetch(url, environment={"https_proxy": proxy.url, "NO_PROXY": rule})
        fetch("--noproxy", url, environment={"https_proxy": proxy.url})
        fetch(url, environment={"https_proxy": proxy.url})  # loopback never goes there
        assert len(proxy.heads) == 1, proxy.heads


def test_connect_goes_through_a_tunnel_and_verifies_who_is_at_its_end():
    def connect(target, *arguments, status=0):
        request = f"GET /x HTTP/1.1\r\nHost: {target}\r\nConnection: close\r\n\r\n".encode()
        words = [ROPEWALK, "connect", "--cacert", PKI.authority, *arguments, f"http-connect://127.0.0.1:{proxy.port}/{target}"]
        done = subprocess.run(words, input=request, capture_output=True, timeout=PATIENCE, check=False)
        assert done.returncode == status, (words, done)
        return done.stdout + done.stderr

    files = PKI.issue("end", names="DNS:end.test")
    with Origin(files) as origin, Proxy() as proxy:
        assert b"subject      CN=end" in connect(f"end.test:{origin.port}", "--tls", "--show-cert")
        assert b"is for end.test, not other.test" in connect(f"other.test:{origin.port}", "--tls", status=1)
        assert proxy.heads[0] == f"CONNECT end.test:{origin.port} HTTP/1.1\r\nHost: end.test:{origin.port}", proxy.heads


def test_a_proxy_that_refuses_is_quoted():
    answer = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 15\r\n\r\nport is blocked"
    with Proxy(refuse=answer) as proxy:
        _, err = fetch("--proxy", proxy.url, "https://origin.test/", status=1)
        assert "refused the tunnel to origin.test:443: 403 Forbidden; it says \"port is blocked\"" in err, err


if __name__ == "__main__":
    try:
        program.main(globals())
    finally:
        PKI.close()
