"""Resolvers that ask ours: unbound and dnsmasq as caches in front, glibc as a stub; and ours as a forwarder in front of NSD.
dns_resolvers.py --ours bind has BIND answer them."""
import argparse
import os
import subprocess
import sys
import tempfile

import _dns_servers as servers
import _program as program
from _dns import A, AAAA, DNAME, MX, NOERROR, NS, NXDOMAIN, PTR, RA_BIT, RD_BIT, REFUSED, SOA, SRV, SVCB, TXT, Answer, Question, ask_all, text, wire
from _pki import Pki
from _program import run

for tool in ("unbound", "dnsmasq", "dig", "nsd"):
    program.need(tool)

peer = "ours"
REVERSE = """$ORIGIN 2.0.192.in-addr.arpa.
$TTL 3600
@ IN SOA ns1.example.test. hostmaster.example.test. 1 3600 600 86400 60
@ IN NS ns1.example.test.
94 IN PTR mixed.example.test.
"""
NAMES = {"www.example.test": A, "chain1.example.test": AAAA, "mx2.types.example.test": MX, "_sip._tcp.srv.types.example.test": SRV,
         "a200.large.example.test": A, "txt100.large.example.test": TXT, "foo.bar.wild.example.test": TXT, "nowhere.example.test": A,
         "mail.sub.example.test": TXT, "a.dn.example.test": A, "svcb2.types.example.test": SVCB, "example.test": SOA,
         "any.alias.example.test": A, "www.other.test": A, "sub.ent.wild.example.test": A, "back.example.test": A}


def asked(port, names, flags=RD_BIT):
    """Answers by name, asked over UDP and, where cut, over TCP as resolvers do."""
    questions = [Question(wire(name), kind, flags, (1232, False), False, 1) for name, kind in names.items()]
    answers = [Answer(each) if each else None for each in ask_all(port, questions, patience=10)]
    for index, answer in enumerate(answers):
        assert answer, f"no answer about {text(questions[index].name)}"
        if answer.tc:
            answers[index] = Answer(ask_all(port, [questions[index]._replace(tcp=True)])[0])
    return dict(zip(names, answers))


def content(answer, but):
    """What an answer says, whoever caches it: rcode and records, without TTLs."""
    return answer.rcode, {(record.name, record.type, record.data) for record in answer.answer if record.type != but}


def check_same(through, direct, but=None):
    """@param but  a type that one of them leaves out"""
    for name, answer in direct.items():
        got, wanted = content(through[name], but), content(answer, but)
        assert got == wanted, f"{name}: {got}\ninstead of {wanted}"


def direct_answers():
    with servers.started("nsd") as nsd:
        return asked(nsd.port, NAMES)


def test_unbound_resolves_zones_of_ours():
    """As a stub-zone: unbound asks without RD, follows aliases and cuts by itself, over UDP and TCP."""
    with servers.started(peer) as ours:
        stubs = "".join(f'stub-zone:\n  name: "{name}."\n  stub-addr: 127.0.0.1@{ours.port}\n' for name in ("example.test", "other.test"))
        with servers.Unbound(more=stubs) as unbound:
            through = asked(unbound.port, NAMES)
            check_same(through, direct_answers())
            check_same(asked(unbound.port, NAMES), through)
            assert all(answer.flags & RA_BIT for answer in through.values())


def test_unbound_with_random_case():
    with servers.started(peer) as ours:
        stubs = "".join(f'stub-zone:\n  name: "{name}."\n  stub-addr: 127.0.0.1@{ours.port}\n' for name in ("example.test", "other.test"))
        with servers.Unbound(more=stubs, server="use-caps-for-id: yes") as unbound:
            check_same(asked(unbound.port, NAMES), direct_answers())


def test_unbound_over_tcp_only():
    with servers.started(peer) as ours:
        stubs = "".join(f'stub-zone:\n  name: "{name}."\n  stub-addr: 127.0.0.1@{ours.port}\n' for name in ("example.test", "other.test"))
        with servers.Unbound(more=stubs, server="tcp-upstream: yes") as unbound:
            check_same(asked(unbound.port, NAMES), direct_answers())


def forwarder(upstream):
    """One that has no zone of its own and asks a server that does."""
    if peer == "ours":
        return servers.Ours(arguments=["--forward", f"127.0.0.1:{upstream.port}"], probe="example.test")
    return servers.Bind(forwarders=f"127.0.0.1 port {upstream.port};", probe="example.test")


def test_a_forwarder_gives_what_its_upstream_gives():
    with servers.started("nsd") as nsd, forwarder(nsd) as ours:
        through = asked(ours.port, NAMES)
        check_same(through, asked(nsd.port, NAMES))
        assert all(answer.flags & RA_BIT for answer in through.values())


def test_a_forwarder_asks_over_tcp_tls_and_https():
    pki = Pki()
    try:
        trusting = {"SSL_CERT_FILE": pki.authority}
        with servers.started("ours", tls=pki.issue("localhost")) as upstream:
            direct = asked(upstream.port, NAMES)
            for url in (f"tcp://127.0.0.1:{upstream.port}", f"tls://localhost:{upstream.dot}", f"https://localhost:{upstream.doh}/dns-query"):
                with servers.Ours(arguments=["--forward", url], probe="example.test", environment=trusting) as ours:
                    check_same(asked(ours.port, NAMES), direct)
    finally:
        pki.close()


def test_unbound_forwards_to_ours_that_forwards_to_nsd():
    with servers.started("nsd") as nsd, forwarder(nsd) as ours:
        forward = f'forward-zone:\n  name: "."\n  forward-addr: 127.0.0.1@{ours.port}\n'
        with servers.Unbound(more=forward) as unbound:
            check_same(asked(unbound.port, NAMES), asked(nsd.port, NAMES))


def test_dnsmasq_forwards_to_ours():
    with servers.started(peer) as ours:
        with servers.Dnsmasq(arguments=[f"--server=127.0.0.1#{ours.port}", "--edns-packet-max=1232", "--cache-size=1000"]) as dnsmasq:
            names = {name: kind for name, kind in NAMES.items() if name != "back.example.test"}  # leads out of the zone, and back
            direct = direct_answers()
            for _ in range(2):  # the second time from its cache
                check_same(asked(dnsmasq.port, names), {name: direct[name] for name in names}, but=DNAME)


GLIBC = r"""
import socket, sys
def addresses(name, family=0):
    return sorted({item[4][0] for item in socket.getaddrinfo(name, 80, family, socket.SOCK_STREAM)})
assert addresses("example.test") == ["192.0.2.1", "2001:db8::1"], addresses("example.test")
assert addresses("MiXeD.example.test") == ["192.0.2.94"]
assert addresses("chain1.example.test") == ["192.0.2.6", "2001:db8::6"]
assert addresses("mail") == ["192.0.2.25", "2001:db8::25"], "the search list"
assert addresses("www.other") == ["198.51.100.80"], "the second of the search list"
assert len(addresses("a200.large.example.test", socket.AF_INET)) == 200, "truncated, then over TCP"
for missing in ("nowhere.example.test", "txt.types.example.test", "www.elsewhere.net"):
    try:
        addresses(missing)
        raise SystemExit(f"{missing} was found")
    except socket.gaierror as error:
        assert error.errno in (socket.EAI_NONAME, socket.EAI_NODATA, socket.EAI_AGAIN), (missing, error)
assert socket.gethostbyaddr("192.0.2.94")[0] == "mixed.example.test"
"""


def inside(folder):
    """In namespaces of its own: port 53 of a loopback that nobody else has, and a resolv.conf of its own."""
    run("ip", "link", "set", "lo", "up")
    with servers.KINDS[peer]({**servers.test_zones(peer), "2.0.192.in-addr.arpa": REVERSE}, port=53):
        for options in ("", "options edns0 trust-ad", "options use-vc", "options single-request", "options edns0 ndots:2 timeout:5"):
            for name, content_of in (("resolv.conf", f"nameserver 127.0.0.1\nsearch example.test test\n{options}\n"),
                                     ("nsswitch.conf", "hosts: dns\n"), ("hosts", "")):
                path = os.path.join(folder, name)
                with open(path, "w") as out:
                    out.write(content_of)
                run("mount", "--bind", path, os.path.realpath("/etc/" + name))
            run(sys.executable, "-c", GLIBC)
            out = run("getent", "ahosts", "www.example.test").decode()
            assert "192.0.2.1" in out and "2001:db8::1" in out, out


def test_glibc_as_a_stub():
    unshare = ["unshare", "-nm"] if os.geteuid() == 0 else ["unshare", "-Urnm"]
    if subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode != 0:
        print("     no namespaces here: glibc was not tested")
        return
    with tempfile.TemporaryDirectory() as folder:
        run(*unshare, sys.executable, os.path.abspath(__file__), "--ours", peer, "--inside", folder)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ours", default="ours", choices=["ours", "nsd", "knot", "bind"])
    parser.add_argument("--inside", help="(the part that runs in namespaces of its own)")
    arguments = parser.parse_args()
    peer = arguments.ours
    if arguments.inside:
        inside(arguments.inside)
    else:
        program.main(globals())
