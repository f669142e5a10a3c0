"""`ropewalk resolve` against NSD, knot, BIND and ours, beside dig: the same records of every type; over UDP, TCP, TLS and
HTTPS; through a bad network; and from a private root downwards."""
import argparse
import atexit
import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile

import _dns_servers as servers
import _program as program
import _udp_faults
from _pki import Pki
from _program import run

for tool in ("dig", "nsd", "knotd", "named", "nginx"):
    program.need(tool)
try:
    import dns.name
    import dns.rdata
    import dns.rdataclass
    import dns.rdatatype
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)
import _dns_questions

ROPEWALK = os.path.abspath(program.binary("ropewalk"))
KINDS = ("nsd", "knot", "bind", "ours")
started = {}


def running(kind):
    """A server of a kind with the test zones, for all tests."""
    if kind not in started:
        started[kind] = servers.started(kind)
        atexit.register(started[kind].stop)
    return started[kind]


def section(text, name):
    """The lines of a section of a dig-like output."""
    _, found, rest = text.partition(f";; {name} SECTION:\n")
    return rest.partition("\n\n")[0] if found else ""


def answers(text):
    return records(section(text, "ANSWER"))


def records(text):
    """The records in lines of master files: name, TTL, class, type, data; as dnspython understands them."""
    found = set()
    for line in text.splitlines():
        words = line.split(None, 4)
        if line.startswith(";") or len(words) < 5 or not words[1].isdigit():
            continue
        kind = dns.rdatatype.from_text(words[3])
        data = dns.rdata.from_text(dns.rdataclass.IN, kind, words[4], origin=dns.name.root, relativize=False)
        found.add((dns.name.from_text(words[0]).to_text().lower(), int(words[1]), int(kind), data.to_wire()))
    return found


def asked(command, *words):
    done = subprocess.run(command + list(words), capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout, done.stderr


def resolve(name, kind, server, *words):
    """@return exit status, standard output, standard error"""
    return asked([ROPEWALK, "resolve", name, kind, "--server", server], *words)


def dig(name, kind, port, *words):
    return run("dig", "@127.0.0.1", "-p", str(port), "+noall", "+answer", name, kind, *words).decode()


def check_same(name, kind, port, *words, where=None):
    status, out, error = resolve(name, kind, where or f"127.0.0.1:{port}", *words)
    theirs = records(dig(name, kind, port))
    assert theirs, f"dig finds no {name} {kind}"
    ours = answers(out)
    assert status == 0 and ours == theirs, f"{name} {kind}: {status}\n{out}{error}\ninstead of {theirs - ours}, too much {ours - theirs}"


def check_all(todo):
    """check_same() with each, four at a time."""
    with concurrent.futures.ThreadPoolExecutor(4) as workers:
        for _ in workers.map(lambda each: check_same(*each), todo):
            pass


def every_type():
    """A name for each type of the test zone; ANY and the like are no types of records."""
    held = _dns_questions.records_of(servers.expanded(open(servers.zone_file("example.test")).read()), dns.name.from_text("example.test"))
    return sorted((str(name), dns.rdatatype.to_text(kind)) for name, kinds in held.items() for kind in kinds
                  if ".types." in str(name) and dns.rdatatype.to_text(kind) not in ("RRSIG", "NSEC"))


def test_every_type_as_dig_shows_it():
    """By NSD; from the others a few, since the answers are the same."""
    todo = [(name, kind, running(kind_of_server).port) for kind_of_server in KINDS
            for number, (name, kind) in enumerate(every_type()) if kind_of_server == "nsd" or number % 9 == 0]
    check_all(todo)


def test_aliases_wildcards_and_large_answers():
    check_all([(name, kind, running(kind_of_server).port) for kind_of_server in KINDS for name, kind in (
        ("chain1.example.test", "A"), ("any.wild.example.test", "MX"), ("a.dn.example.test", "A"), ("x.sub.sub.shrink.example.test", "A"),
        ("a200.large.example.test", "A"), ("txt100.large.example.test", "TXT"), ("MiXeD.example.test", "A"))])


def test_all_sections_are_those_that_dig_shows():
    """A referral with glue, an answer with the addresses of its hosts, and the SOA of what is not there."""
    server = running("nsd")
    for name, kind, of in (("host.cut.example.test", "A", "AUTHORITY"), ("host.cut.example.test", "A", "ADDITIONAL"),
                           ("_sip._tcp.srv.types.example.test", "SRV", "ANSWER"), ("nowhere.example.test", "A", "AUTHORITY")):
        theirs = run("dig", "@127.0.0.1", "-p", str(server.port), "+nocookie", name, kind).decode()
        _, out, _ = resolve(name, kind, f"127.0.0.1:{server.port}")
        assert records(section(out, of)) == records(section(theirs, of)) != set(), f"{name} {kind} {of}:\n{out}\n{theirs}"


def test_short_and_json_say_the_same_as_dig():
    server = running("knot")
    where = f"127.0.0.1:{server.port}"
    for name, kind in (("chain1.example.test", "A"), ("example.test", "MX"), ("example.test", "NS"), ("a200.large.example.test", "A")):
        theirs = records(dig(name, kind, server.port))
        status, out, _ = resolve(name, kind, where, "--json")
        ours = records("\n".join(" ".join(str(each[key]) for key in ("name", "ttl", "class", "type", "data"))
                                 for each in json.loads(out)["answer"]))
        assert status == 0 and ours == theirs, f"{name} {kind}: {out}"
        status, out, _ = resolve(name, kind, where, "--short")
        asked_for = run("dig", "@127.0.0.1", "-p", str(server.port), "+short", name, kind).decode().splitlines()
        chain = sum(each[2] == dns.rdatatype.CNAME for each in theirs)  # dig lists the aliases, too
        assert status == 0 and sorted(out.splitlines()) == sorted(asked_for[chain:]), f"{name} {kind}: {out}"


def test_nothing_there_is_said_so():
    server = running("nsd")
    for name, kind, word in (("nowhere.example.test", "A", "nowhere.example.test"), ("mail.sub.example.test", "TXT", "mail.sub.example.test"),
                             ("www.elsewhere.net", "A", "www.elsewhere.net")):
        status, out, error = resolve(name, kind, f"127.0.0.1:{server.port}")
        assert status != 0 and not answers(out) and word in error, (status, out, error)


def test_nobody_there_is_said_so():
    status, out, error = resolve("www.example.test", "A", f"127.0.0.1:{servers.free_port()}")
    assert status == 8 and "127.0.0.1" in error and not out, (status, out, error)


def test_over_tcp():
    for kind in KINDS:
        check_same("a200.large.example.test", "A", running(kind).port, "--tcp")


def test_over_tls():
    pki = Pki()
    try:
        for kind in ("bind", "ours"):
            with servers.started(kind, tls=pki.issue(kind)) as server:
                words = ("--tls", "--cacert", pki.authority)
                check_same("txt100.large.example.test", "TXT", server.port, *words, where=f"localhost:{server.dot}")
                status, _, error = resolve("www.example.test", "A", f"localhost:{server.dot}", "--tls")
                assert status == 8 and "unknown authority" in error, f"an authority that nobody knows: {status} {error}"
    finally:
        pki.close()


def test_over_https():
    """To ours, and through nginx."""
    pki = Pki()
    try:
        pair = pki.issue("localhost")
        with servers.started("ours", tls=pair) as server, servers.Front(behind=server.doh, pair=pair) as front:
            for port in (server.doh, front.port):
                check_same("txt100.large.example.test", "TXT", server.port, "--https", "--cacert", pki.authority, where=f"localhost:{port}")
    finally:
        pki.close()


def test_a_bad_network():
    server = running("nsd")
    theirs = records(dig("chain1.example.test", "A", server.port))
    for name, rule in _udp_faults.RULES.items():
        with _udp_faults.Faults(server.port, rule) as faults:
            status, out, error = resolve("chain1.example.test", "A", f"127.0.0.1:{faults.port}", "--timeout", "0.5", "--tries", "5")
            assert status == 0 and answers(out) == theirs, f"{name}: {status}\n{out}{error}"


def test_only_lies_are_no_answer():
    """Forged answers alone: a time-out, never what they say."""
    server = running("nsd")
    for name, rule in (("a wrong id", lambda _, data: [_udp_faults.flipped(data, 0)]), ("another question", lambda _, data: [_udp_faults.renamed(data)]),
                       ("a wrong port", lambda _, data: [(data, True)]), ("nothing", lambda _, data: [])):
        with _udp_faults.Faults(server.port, rule) as faults:
            status, out, error = resolve("chain1.example.test", "A", f"127.0.0.1:{faults.port}", "--timeout", "0.3", "--tries", "1")
            assert status == 8 and not out and "no answer" in error, f"{name}: {status}\n{out}{error}"


ROOT = "$ORIGIN .\n$TTL 600\n@ IN SOA ns.root. a.root. 1 3600 600 86400 60\n@ IN NS ns.root.\nns.root. IN A 127.0.0.10\n" \
       "test. IN NS ns.test.\nns.test. IN A 127.0.0.11\n"
TEST = "$ORIGIN test.\n$TTL 600\n@ IN SOA ns a 1 3600 600 86400 60\n@ IN NS ns\nns IN A 127.0.0.11\n" \
       "example IN NS ns1.example\nns1.example IN A 127.0.0.12\nalias IN CNAME www.leaf.example\n"
LEAF = "$ORIGIN example.test.\n$TTL 600\n@ IN SOA ns1 a 1 3600 600 86400 60\n@ IN NS ns1\nns1 IN A 127.0.0.12\n" \
       "www.leaf IN A 192.0.2.77\nlist IN TXT \"from the leaf\"\nback IN CNAME alias.test.\n"


def inside(_):
    """From a private root, in a network namespace where port 53 of three addresses is ours."""
    run("ip", "link", "set", "lo", "up")

    def at(address, name, zone):
        # NSD is told its address by the one place that has it.
        class Placed(servers.Nsd):
            def write(self, file, text):
                return super().write(file, text.replace("127.0.0.1@53", f"{address}@53"))

            def answers(self):
                return bool(asked(["dig", "@" + address, "+short", "+time=1", "+tries=1", name, "SOA"])[1])
        return Placed({name: zone}, port=53)
    with at("127.0.0.10", ".", ROOT), at("127.0.0.11", "test", TEST), at("127.0.0.12", "example.test", LEAF):
        for name, kind, last in (("www.leaf.example.test", "A", "192.0.2.77"), ("alias.test", "A", "192.0.2.77"), ("back.example.test", "A", "192.0.2.77"),
                                 ("list.example.test", "TXT", "from the leaf")):
            status, out, error = asked([ROPEWALK, "resolve", name, kind, "--trace", "--root", "127.0.0.10"])
            assert status == 0 and last in out, (name, status, out, error)
            assert "127.0.0.10" in out + error and "127.0.0.11" in out + error, "the way is shown"


def test_from_a_private_root():
    unshare = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-Urn"]
    if subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode != 0:
        print("     no namespaces here: --trace was not tested")
        return
    with tempfile.TemporaryDirectory() as folder:
        run(*unshare, sys.executable, os.path.abspath(__file__), "--inside", folder)


def test_zz_the_servers_end_well():
    for server in started.values():
        server.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inside", help="(the part that runs in a namespace of its own)")
    arguments = parser.parse_args()
    if arguments.inside:
        inside(arguments.inside)
    else:
        program.main(globals())
