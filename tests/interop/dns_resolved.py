"""systemd-resolved as a stub in front of ours. Its package takes over the machine's resolv.conf when it is installed, so it is
only unpacked, into a folder that goes away. It runs in namespaces of its own, and never sees the machine's D-Bus or /run."""
import argparse
import os
import pwd
import re
import subprocess
import sys
import tempfile

import _dns_servers as servers
import _program as program
from _pki import Pki
from _program import run

program.need("dig")
peer = "ours"
resolved_path = "/lib/systemd/systemd-resolved"


def unpack(folder):
    """@return  the path of the program; None where there is neither it nor its package"""
    if os.access(resolved_path, os.X_OK):
        return resolved_path
    got = subprocess.run("chmod 755 . && apt-get download -q systemd-resolved && dpkg -x systemd-resolved_*.deb .", shell=True,
                         cwd=folder, capture_output=True, check=False)
    return folder + resolved_path if got.returncode == 0 else None


def dig(name, kind, *words):
    return run("dig", "@127.0.0.53", "+time=10", "+tries=2", name, kind, *words).decode()


def network():
    """A loopback, and an interface that leads nowhere: without one, resolved thinks that it is offline."""
    run("ip", "link", "set", "lo", "up")
    run("ip", "link", "add", "away", "type", "veth", "peer", "name", "nowhere")
    for link in ("away", "nowhere"):
        run("ip", "link", "set", link, "up")
    run("ip", "address", "add", "203.0.113.5/24", "dev", "away")
    run("ip", "route", "add", "default", "via", "203.0.113.1")


def account(folder):
    """The user that resolved becomes, where the package did not make one."""
    try:
        found = pwd.getpwnam("systemd-resolve")
        return found.pw_uid, found.pw_gid
    except KeyError:
        for name, line in (("passwd", "systemd-resolve:x:996:996::/:/usr/sbin/nologin\n"), ("group", "systemd-resolve:x:996:\n")):
            with open("/etc/" + name) as old, open(os.path.join(folder, name), "w") as new:
                new.write(old.read() + line)
            run("mount", "--bind", os.path.join(folder, name), "/etc/" + name)
        return 996, 996


def inside(folder, dnssec, tls):
    network()
    user = account(folder)
    run("mount", "-t", "tmpfs", "none", "/run")
    os.makedirs("/run/systemd/resolve")
    os.chown("/run/systemd/resolve", *user)
    settings = os.path.join(folder, "settings")
    os.makedirs(settings)
    with open(os.path.join(settings, "resolved.conf"), "w") as out:
        out.write(f"[Resolve]\nDNS=127.0.0.1\nFallbackDNS=\nDomains=~.\nDNSSEC={dnssec}\nDNSOverTLS={tls}\nLLMNR=no\nMulticastDNS=no\n")
    run("mount", "--bind", settings, "/etc/systemd")
    pki = Pki()
    encrypted = {} if tls == "no" else {"tls": pki.issue("localhost"), "dot": 853}
    path = os.path.join(folder, "log")
    with servers.started(peer, port=53, **encrypted), open(path, "w") as log:
        resolved = subprocess.Popen([resolved_path], stdout=log, stderr=log, env={**os.environ, "SYSTEMD_LOG_LEVEL": "debug"})
        try:
            program.wait_for(lambda: subprocess.run(["dig", "@127.0.0.53", "+time=1", "+tries=1", "example.test", "SOA"],
                                                    capture_output=True, check=False).returncode == 0, 20, "resolved to listen")
            check()
        finally:
            resolved.terminate()
            resolved.wait(10)
            pki.close()
    with open(path) as log:
        levels = set(re.findall(r"Using feature level (\S+) for", log.read()))
    assert levels and all(("TLS" in each) == (tls != "no") for each in levels), levels


def check():
    for name, kind, count in (("www.example.test", "A", 2), ("chain1.example.test", "AAAA", 6), ("a200.large.example.test", "A", 200),
                              ("txt100.large.example.test", "TXT", 100), ("mx2.types.example.test", "MX", 7),
                              ("svcb2.types.example.test", "SVCB", 3), ("foo.wild.example.test", "TXT", 1)):
        text = dig(name, kind)
        assert "status: NOERROR" in text and f"ANSWER: {count}," in text, text
    assert "status: NXDOMAIN" in dig("nowhere.example.test", "A")
    assert "status: NOERROR" in dig("mail.sub.example.test", "TXT") and "ANSWER: 0," in dig("mail.sub.example.test", "TXT")


def isolated(dnssec, tls):
    with tempfile.TemporaryDirectory() as folder:
        run("unshare", "-nm", sys.executable, os.path.abspath(__file__), "--ours", peer, "--inside", folder, dnssec, tls, resolved_path)


def test_resolved_asks_ours():
    isolated("no", "no")


def test_resolved_asks_for_signatures_that_are_not_there():
    isolated("allow-downgrade", "no")


def test_resolved_asks_over_tls():
    if peer in ("ours", "bind"):
        isolated("no", "opportunistic")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ours", default="ours", choices=["ours", "nsd", "knot", "bind"])
    parser.add_argument("--inside", nargs=4, help="(the part that runs in namespaces of its own)")
    arguments = parser.parse_args()
    peer = arguments.ours
    if arguments.inside:
        *how, resolved_path = arguments.inside
        inside(*how)
        sys.exit(0)
    if peer == "ours":
        program.binary("ropewalk")
    if os.geteuid() != 0 or subprocess.run(["unshare", "-nm", "true"], capture_output=True, check=False).returncode != 0:
        print("skipped: wants root and namespaces")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as unpacked:
        resolved_path = unpack(unpacked)
        if resolved_path is None:
            print("skipped: there is no systemd-resolved")
            sys.exit(77)
        program.main(globals())
