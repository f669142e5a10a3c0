#!/usr/bin/env python3
"""nginx and HAProxy in front of our TLS servers: they take TLS off, and speak it again to us, with verification on."""

import os
import re
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import _program as program  # noqa: E402
from _peers import PATIENCE, haproxy, nginx  # noqa: E402
from _pki import Pki  # noqa: E402


def setUpModule():
    global pki, pair, stranger
    pki = Pki()
    pair = pki.issue("server")
    stranger = pki.issue("stranger", self_signed=True)[0]  # an authority that has nothing to do with us


def tearDownModule():
    pki.close()


def ours(scheme="tls", service="web", **parameters):
    """Our server. The page says whether it came over TLS."""
    words = "&".join(f"{name}={value}" for name, value in {"cert": pair[0], "key": pair[1], **parameters}.items())
    return program.Program("examples/tls_listen", service, f"{scheme}://127.0.0.1:0?{words}")


def fetch(front, path="/", *arguments):
    """Our own client of the front, by curl. Gives the status and the body."""
    done = subprocess.run(["curl", "-sS", "--noproxy", "*", "--cacert", pki.authority, "-w", "\n%{http_code}", *arguments,
                           f"https://localhost:{front.port}{path}"], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    body, _, status = done.stdout.rpartition("\n")
    return int(status), body


PAGE = (200, "hello over TLS\n")


class Nginx(unittest.TestCase):
    def front(self, back, **changes):
        """proxy_pass https:// with verification; changes are directives that replace or join those here."""
        directives = {"proxy_pass": f"https://127.0.0.1:{back.port}", "proxy_ssl_verify": "on", "proxy_ssl_verify_depth": "2",
                      "proxy_ssl_trusted_certificate": pki.authority, "proxy_ssl_name": "localhost", "proxy_ssl_server_name": "on",
                      **changes}
        location = "".join(f"{name} {value}; " for name, value in directives.items())
        return nginx(pki, f"""listen 127.0.0.1:{{port}} ssl; ssl_certificate {pair[0]}; ssl_certificate_key {pair[1]};
location / {{ {location} }}""", around=f"upstream kept {{ server 127.0.0.1:{back.port}; keepalive 8; }}")

    def test_each_version(self):
        with ours() as back:
            for version in ("TLSv1.2", "TLSv1.3"):
                with self.front(back, proxy_ssl_protocols=version) as front:
                    for _ in range(3):
                        self.assertEqual(fetch(front), PAGE, front.said())

    def test_many_requests_side_by_side_over_new_and_kept_connections(self):
        with ours() as back:
            kept = {"proxy_pass": "https://kept", "proxy_http_version": "1.1", "proxy_set_header": 'Connection ""'}
            for changes in ({}, {"proxy_ssl_session_reuse": "off"}, kept):
                with self.front(back, **changes) as front:
                    urls = [f"https://localhost:{front.port}/"] * 100
                    got = program.run("curl", "-sS", "--noproxy", "*", "--cacert", pki.authority, "-Z", "--parallel-max", "20", *urls)
                    self.assertEqual(got, PAGE[1].encode() * 100)

    def test_much_comes_through_whole(self):
        content = os.urandom(1 << 16) * 48
        folder = pki.path("site")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "large.bin"), "wb") as out:
            out.write(content)
        with program.Program("ropewalk", "web", "-l", "127.0.0.1:0", "--tls", ",".join(pair), folder) as back:
            with self.front(back, proxy_max_temp_file_size="0") as front:
                got = program.run("curl", "-sS", "--noproxy", "*", "--cacert", pki.authority,
                                  f"https://localhost:{front.port}/large.bin")
                self.assertTrue(got == content, f"{len(got)} bytes of {len(content)}")

    def test_a_name_that_is_not_ours_is_refused(self):
        with ours() as back, self.front(back, proxy_ssl_name="other.example") as front:
            self.assertEqual(fetch(front)[0], 502)
            self.assertIn('upstream SSL certificate does not match "other.example"', front.said())

    def test_an_authority_that_is_not_ours_is_refused(self):
        with ours() as back, self.front(back, proxy_ssl_trusted_certificate=stranger) as front:
            self.assertEqual(fetch(front)[0], 502)
            self.assertIn("upstream SSL certificate verify error", front.said())

    def test_the_certificate_is_chosen_by_the_name_that_it_asks_for(self):
        folder = pki.path("names")
        os.makedirs(folder, exist_ok=True)
        os.replace(pki.both(pki.issue("inner", "DNS:inner.example")), os.path.join(folder, "inner.pem"))
        with ours(sni=folder) as back:
            with self.front(back, proxy_ssl_name="inner.example") as front:
                self.assertEqual(fetch(front), PAGE, front.said())
            with self.front(back, proxy_ssl_name="inner.example", proxy_ssl_server_name="off") as front:
                self.assertEqual(fetch(front)[0], 502)  # it gets the default one

    def test_a_certificate_of_its_own_is_demanded(self):
        certificate, key = pki.issue("front", "DNS:front")
        with ours(clientCA=pki.authority) as back:
            with self.front(back, proxy_ssl_certificate=certificate, proxy_ssl_certificate_key=key) as front:
                self.assertEqual(fetch(front), PAGE, front.said())
            with self.front(back, proxy_ssl_protocols="TLSv1.3") as front:
                self.assertEqual(fetch(front)[0], 502)
                self.assertIn("alert certificate required", front.said())

    def test_a_server_that_has_gone_is_a_502(self):
        with ours() as back:
            front = self.front(back)
        with front:
            self.assertEqual(fetch(front)[0], 502)


class HAProxy(unittest.TestCase):
    def front(self, back, server=None, *, mode="http", inside="verifyhost localhost sni str(localhost)", extra=""):
        verified = f"ssl verify required ca-file {pki.authority} {inside}" if server is None else server
        return haproxy(pki, f"""frontend f
  bind 127.0.0.1:{{port}} ssl crt {pki.both(pair)}
  default_backend b
backend b
  {extra}
  server s 127.0.0.1:{back.port} {verified}
""", mode)

    def test_each_version(self):
        with ours() as back:
            for version in ("TLSv1.2", "TLSv1.3"):
                only = f"verifyhost localhost sni str(localhost) ssl-min-ver {version} ssl-max-ver {version}"
                with self.front(back, inside=only) as front:
                    for _ in range(3):
                        self.assertEqual(fetch(front), PAGE, front.said())

    def echo(self, front, line):
        """A line there and back through a front in TCP mode, where each connection is one of its own behind it."""
        done = subprocess.run([program.binary("ropewalk"), "connect", "--tls", "--cacert", pki.authority, f"localhost:{front.port}"],
                              input=line, capture_output=True, text=True, timeout=PATIENCE)
        return done.stdout

    def counted(self, back):
        """What our server says at its end of its handshakes: completed, resumed, failed and why."""
        self.assertEqual(back.stop(), 0)
        counts = re.search(r"(\d+) handshakes, (\d+) resumed; (\d+) failed", back.output()).groups()
        return *map(int, counts), re.findall(r"^  ([a-zA-Z ]+): \d+$", back.output(), re.M)

    def test_it_resumes_its_sessions(self):
        with program.Program("examples/tls_echo", "0", *pair) as back:
            with self.front(back, mode="tcp") as front:
                for number in range(10):
                    self.assertEqual(self.echo(front, f"line {number}\n"), f"line {number}\n")
            completed, resumed, failed, _ = self.counted(back)
            self.assertEqual((completed, failed), (10, 0))
            self.assertGreaterEqual(resumed, 8)

    def test_a_host_or_an_authority_that_is_not_ours_is_refused(self):
        for wrong in (f"ca-file {pki.authority} verifyhost other.example", f"ca-file {stranger}"):
            with self.subTest(wrong), program.Program("examples/tls_echo", "0", *pair) as back:
                with self.front(back, f"ssl verify required {wrong}", mode="tcp", extra="retries 1") as front:
                    self.assertEqual(self.echo(front, "secret\n"), "")
                completed, _, failed, why = self.counted(back)
                self.assertEqual((completed, why), (0, ["refused by peer"]))
                self.assertGreaterEqual(failed, 1)

    def test_a_certificate_of_its_own_is_demanded(self):
        mine = pki.both(pki.issue("balancer", "DNS:balancer"))
        with ours(clientCA=pki.authority) as back:
            with self.front(back, inside=f"crt {mine}") as front:
                self.assertEqual(fetch(front), PAGE, front.said())
            with self.front(back, inside="ssl-max-ver TLSv1.2") as front:
                self.assertEqual(fetch(front)[0], 503)

    def test_the_proxy_header_comes_before_the_handshake(self):
        """HAProxy connects from 127.0.0.2; our access log has the address of its client."""
        folder = pki.path("proxied")
        os.makedirs(folder, exist_ok=True)
        pki.write("proxied/page.txt", "behind a balancer\n")
        for version in ("send-proxy", "send-proxy-v2"):
            with program.Program("ropewalk", "web", "-l", f"proxy+tls://127.0.0.1:0?cert={pair[0]}&key={pair[1]}", folder) as back:
                with self.front(back, inside=f"verifyhost localhost source 127.0.0.2 {version}") as front:
                    self.assertEqual(fetch(front, "/page.txt"), (200, "behind a balancer\n"), front.said())
                self.assertEqual(back.stop(), 0)
                self.assertRegex(back.output(), r'(?m)^127\.0\.0\.1 .*"GET /page\.txt ')
                self.assertNotIn("127.0.0.2", back.output())

    def test_it_looks_after_our_health_over_tls(self):
        """option httpchk, over TLS: up with us, and down when we are gone."""
        with ours() as back:
            checks = "verifyhost localhost check check-ssl inter 100ms fall 1 rise 1"
            with self.front(back, inside=checks, extra="option httpchk GET /\n  http-check expect string over\\ TLS") as front:
                program.wait_for(lambda: fetch(front) == PAGE, PATIENCE, "the page")
                self.assertNotIn("is DOWN", front.said())
                back.stop()
                program.wait_for(lambda: "Server b/s is DOWN" in front.said(), PATIENCE, "HAProxy to see that we are gone")
                self.assertEqual(fetch(front)[0], 503)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
