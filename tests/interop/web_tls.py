#!/usr/bin/env python3
"""ropewalk web over TLS: its two options, its banner, its errors, and certificates that are replaced while it runs."""

import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import _program as program  # noqa: E402
from _pki import Pki  # noqa: E402

PATIENCE = 20  # seconds, for whatever hangs


def setUpModule():
    global pki, site
    pki = Pki()
    site = pki.path("site")
    os.mkdir(site)
    pki.write("site/index.html", "hello, in private\n")


def tearDownModule():
    pki.close()


def served(port, authority):
    """The common name of the certificate that a new connection gets."""
    context = ssl.create_default_context(cafile=authority)
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as raw:
        with context.wrap_socket(raw, server_hostname="localhost") as client:
            return dict(entry[0] for entry in client.getpeercert()["subject"])["commonName"]


def curl(*arguments):
    return subprocess.run(["curl", "-sS", "--noproxy", "*", *arguments], capture_output=True, text=True, timeout=PATIENCE)


class WebOverTLS(unittest.TestCase):
    def test_a_development_certificate(self):
        with tempfile.TemporaryDirectory() as state:
            authority = os.path.join(state, "ropewalk/dev-cert/authority.pem")
            with program.Program("ropewalk", "web", site, "-l", ":0", "--dev-cert", environment={"XDG_STATE_HOME": state}) as web:
                page = curl("--cacert", authority, f"https://localhost:{web.port}/")
                self.assertEqual(page.stdout, "hello, in private\n", page.stderr)
                said = web.output()
                self.assertIn(f"on https://127.0.0.1:{web.port}/", said)
                self.assertIn("certificate for localhost, 127.0.0.1, ::1: CN=localhost, until ", said)
                self.assertIn(f"clients trust it by {authority}", said)

    def test_certificates_are_replaced_by_a_signal_and_a_bad_set_is_not_taken(self):
        first, second = pki.issue("first"), pki.issue("second")
        live = pki.path("live.pem"), pki.path("live.key")

        def put(pair):
            for source, target in zip(pair, live):
                shutil.copy(source, target)

        put(first)
        with program.Program("ropewalk", "web", site, "-l", ":0", "--tls", ",".join(live)) as web:
            self.assertEqual(served(web.port, pki.authority), "first")
            put(second)
            web.process.send_signal(signal.SIGHUP)
            program.wait_for(lambda: served(web.port, pki.authority) == "second", PATIENCE, "the new certificate")
            self.assertIn("TLS: reloaded: certificate for localhost, 127.0.0.1", web.output())
            shutil.copy(first[1], live[1])
            web.process.send_signal(signal.SIGHUP)
            program.wait_for(lambda: "the old certificates stay" in web.output(), PATIENCE, "the refusal")
            self.assertIn("does not match certificate", web.output())
            self.assertEqual(served(web.port, pki.authority), "second")

    def test_an_encrypted_key_opens_with_the_first_line_of_a_file(self):
        certificate, key = pki.issue("locked")
        locked, password = pki.path("locked.enc"), pki.write("password", "secret\n")
        pki.openssl("pkcs8", "-topk8", "-in", key, "-passout", "pass:secret", "-out", locked)
        pair = f"{certificate},{locked}"
        with program.Program("ropewalk", "web", site, "-l", ":0", "--tls", pair, "--key-password-file", password) as web:
            self.assertEqual(served(web.port, pki.authority), "locked")
        for command in (["web", site, "--tls", pair], ["tls-terminate", "--to", ":1", "--cert", certificate, "--key", locked]):
            done = subprocess.run([program.binary("ropewalk"), *command, "-l", ":0"], capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual((done.returncode, done.stderr), (5, f"ropewalk: key {locked} is encrypted: give its password, or a file with it "
                                                                 "(--key-password-file)\n"))

    def test_chain_files_of_real_life_are_served_with_a_warning(self):
        certificate, key = pki.issue("twice")
        text = "".join(open(each, encoding="ascii").read() for each in (certificate, certificate, pki.authority))
        with program.Program("ropewalk", "web", site, "-l", ":0", "--tls", f"{pki.write('chain', text)},{key}") as web:
            self.assertEqual(served(web.port, pki.authority), "twice")
            self.assertIn("CN=twice is there twice; it is served once", web.output())

    def test_what_cannot_be_used_ends_with_5(self):
        done = subprocess.run([program.binary("ropewalk"), "web", site, "-l", ":0", "--tls", "/nowhere/a.pem"], capture_output=True,
                              text=True, timeout=PATIENCE)
        self.assertEqual((done.returncode, done.stderr), (5, "ropewalk: cannot read /nowhere/a.pem: no such file or directory\n"))


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
