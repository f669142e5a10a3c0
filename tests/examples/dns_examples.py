#!/usr/bin/env python3
"""Runs the examples of the DNS, and asks them as dig and dnspython do."""

import os
import re
import ssl
import subprocess
import sys
import tempfile
import unittest
import urllib.request

import dns.message
import dns.query
import dns.rcode

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../interop"))
from _program import free_port  # noqa: E402

BIN = os.path.join(os.environ["ROPEWALK_BIN_DIR"], "examples")
PATIENCE = 20  # seconds, for whatever hangs


class Program:
    """An example that listens, with a state directory of its own for its certificates."""

    def __init__(self, name, *arguments):
        self.state = tempfile.TemporaryDirectory()
        environment = dict(os.environ, XDG_STATE_HOME=self.state.name)
        self.authority = os.path.join(self.state.name, "ropewalk/dev-cert/authority.pem")
        self.process = subprocess.Popen([os.path.join(BIN, name), str(free_port()), *arguments], stdout=subprocess.PIPE,
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

    def ask(self, name, kind="A", over=dns.query.udp):
        question = dns.message.make_query(name, kind)
        return over(question, "127.0.0.1", port=self.port, timeout=PATIENCE)

    def data(self, name, kind="A", over=dns.query.udp):
        return sorted(item.to_text() for rrset in self.ask(name, kind, over).answer for item in rrset)


class Examples(unittest.TestCase):
    def test_a_server_answers_from_its_zone_over_both_carriers(self):
        with Program("dns_server") as server:
            for over in (dns.query.udp, dns.query.tcp):
                self.assertEqual(server.data("www.example.test", "A", over), ["192.0.2.80"])
                self.assertEqual(server.data("example.test", "MX", over), ["10 mail.example.test."])
            self.assertEqual(server.data("x.web.example.test"), ["192.0.2.80", "www.example.test."])
            self.assertEqual(server.ask("nobody.example.test").rcode(), dns.rcode.NXDOMAIN)
            self.assertEqual(server.ask("example.org").rcode(), dns.rcode.REFUSED)

    def test_a_server_answers_from_functions_and_coroutines(self):
        with Program("dns_server") as server:
            self.assertEqual(server.data("anything.build.test"), ["192.0.2.7"])
            self.assertEqual(server.data("me.example.test", "TXT"), ['"you are 127.0.0.1"'])
            self.assertEqual(server.data("slow.example.test", "TXT"), ['"slowly: slow.example.test."'])

    def test_a_forwarder_asks_its_upstream_and_blocks_names(self):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as names:
            names.write("0.0.0.0 www.example.test\n")
            names.flush()
            with Program("dns_server") as upstream, \
                    Program("dns_forwarder", f"127.0.0.1:{upstream.port}", names.name) as forwarder:
                self.assertEqual(forwarder.data("mail.example.test"), ["192.0.2.25"])
                self.assertEqual(forwarder.data("mail.example.test", "A", dns.query.tcp), ["192.0.2.25"])
                self.assertEqual(forwarder.ask("www.example.test").rcode(), dns.rcode.NXDOMAIN)

    def test_a_bridge_speaks_https_and_asks_in_the_clear(self):
        with Program("dns_server") as upstream, Program("doh_bridge", f"127.0.0.1:{upstream.port}") as bridge:
            question = dns.message.make_query("www.example.test", "A")
            request = urllib.request.Request(f"https://localhost:{bridge.port}/dns-query", question.to_wire(),
                                             {"Content-Type": "application/dns-message"})
            trusting = ssl.create_default_context(cafile=bridge.authority)
            with urllib.request.urlopen(request, timeout=PATIENCE, context=trusting) as response:
                self.assertEqual(response.headers["Content-Type"], "application/dns-message")
                answer = dns.message.from_wire(response.read())
            self.assertEqual([item.to_text() for item in answer.answer[0]], ["192.0.2.80"])

    def test_what_is_missing_is_said(self):
        done = subprocess.run([os.path.join(BIN, "dns_forwarder"), "0", "127.0.0.1:1", "/nowhere/list"],
                              capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 4)
        self.assertEqual(done.stderr, "cannot read the block list /nowhere/list: no such file or directory\n")


if __name__ == "__main__":
    unittest.main()
