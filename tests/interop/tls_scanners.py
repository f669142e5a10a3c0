#!/usr/bin/env python3
"""Our TLS server under sslscan and testssl.sh: neither finds anything above "low", with either profile."""
import contextlib
import json
import os
import re
import shutil
import subprocess
import tempfile

import _program as program
from _pki import Pki

PKI = Pki()
PAIR = PKI.issue("scanned")
PROFILES = {"modern": ("TLSv1.3",), "intermediate": ("TLSv1.2", "TLSv1.3")}


def listening(profile):
    return program.Program("examples/tls_listen", "web",
                           f"tls://127.0.0.1:0?cert={PAIR[0]}&key={PAIR[1]}&profile={profile}&alpn=http/1.1")


def test_sslscan_finds_nothing():
    program.need("sslscan")
    for profile, enabled in PROFILES.items():
        with listening(profile) as server:
            said = program.run("sslscan", "--no-colour", f"127.0.0.1:{server.port}").decode()
            for version in ("SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"):
                state = "enabled" if version in enabled else "disabled"
                assert re.search(rf"^{re.escape(version)}\s+{state}", said, re.M), (profile, version, said)
            assert not re.search(r"(?<!not )vulnerable to heartbleed", said), said
            accepted = re.findall(r"^(?:Accepted|Preferred).*?bits\s+(\S+)", said, re.M)
            assert accepted and all("GCM" in cipher or "CHACHA20" in cipher for cipher in accepted), accepted
            assert "Session renegotiation not supported" in said or "Secure session renegotiation supported" in said, said


class Scan:
    """testssl.sh at work: versions, cipher categories, forward secrecy, and the vulnerabilities with names. It sleeps a lot."""

    def __init__(self, scanner, profile, port, folder):
        self.profile = profile
        self.report = os.path.join(folder, profile + ".json")
        self.process = subprocess.Popen(
            [scanner, "--quiet", "--color", "0", "--warnings", "batch", "--ip", "one", "--jsonfile", self.report, "-p", "-s", "-f",
             "-U", f"127.0.0.1:{port}"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def findings(self):
        with open(self.report, encoding="utf-8") as file:
            return json.load(file)

    def finish(self):
        self.process.wait(250)

    def stop(self):
        self.process.kill()
        self.process.wait()


def test_testssl_finds_nothing_above_low():
    scanner = shutil.which("testssl") or shutil.which("testssl.sh")
    if scanner is None:
        print("skipped: testssl.sh is not installed")
        return
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        scans = []
        for profile in PROFILES:  # side by side
            server = stack.enter_context(listening(profile))
            scans.append(Scan(scanner, profile, server.port, folder))
            stack.callback(scans[-1].stop)
        for scan in scans:
            scan.finish()
            findings = scan.findings()
            assert len(findings) > 15, findings
            # FATAL: the scanner could not finish. "engine_problem" says that its own openssl knows no GOST: nothing of the server.
            bad = [each for each in findings if each["severity"] not in ("OK", "INFO", "LOW") and each["id"] != "engine_problem"]
            assert not bad, (scan.profile, bad)


if __name__ == "__main__":
    try:
        program.main(globals())
    finally:
        PKI.close()
