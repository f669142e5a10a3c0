"""ropewalk resolve against servers written with dnspython, and against our own: output, exit statuses, wires, traces."""
import contextlib
import json
import os
import socket
import socketserver
import struct
import subprocess
import tempfile
import threading

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

import _program as program
from _program import Program

ROPEWALK = program.binary("ropewalk")

RECORDS = {
    ("www.example.", "A"): ["192.0.2.1", "192.0.2.2"],
    ("example.", "MX"): ["20 b.example.", "10 a.example."],
    ("txt.example.", "TXT"): ['"hello world"'],
    ("1.2.0.192.in-addr.arpa.", "PTR"): ["www.example."],
    ("h.example.", "HTTPS"): ['1 . alpn="h2" port="8443"'],
    ("odd.example.", "TYPE731"): [r"\# 3 010203"],
}


def answer(query):
    question = query.question[0]
    name, kind = question.name.to_text().lower(), dns.rdatatype.to_text(question.rdtype)
    reply = dns.message.make_response(query)
    reply.flags |= dns.flags.RA
    if (name, kind) in RECORDS:
        reply.answer.append(dns.rrset.from_text(question.name, 300, "IN", kind, *RECORDS[name, kind]))
    elif name == "broken.example.":
        reply.set_rcode(dns.rcode.SERVFAIL)
    elif name == "lame.example.":
        reply.authority.append(dns.rrset.from_text("lame.example.", 300, "IN", "NS", "ns.elsewhere.example."))
    elif name != "empty.example.":  # NODATA as forwarders have it
        if not any(known == name for known, _ in RECORDS):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        reply.authority.append(dns.rrset.from_text("example.", 60, "IN", "SOA", "ns.example. root.example. 1 2 3 4 5"))
    return reply


class OverUdp(socketserver.BaseRequestHandler):
    def handle(self):
        wire, socket = self.request
        query = dns.message.from_wire(wire)
        self.server.seen.append("udp")
        reply = answer(query)
        if query.question[0].name.to_text().lower() == "txt.example.":
            reply.answer.clear()
            reply.flags |= dns.flags.TC
        socket.sendto(reply.to_wire(), self.client_address)


class OverTcp(socketserver.StreamRequestHandler):
    def handle(self):
        with contextlib.suppress(ConnectionResetError):  # who has his answer may go without a word
            while head := self.rfile.read(2):
                query = dns.message.from_wire(self.rfile.read(struct.unpack("!H", head)[0]))
                self.server.seen.append("tcp")
                wire = answer(query).to_wire()
                self.wfile.write(struct.pack("!H", len(wire)) + wire)


class Server:
    """Answers over UDP and TCP on one port. A context manager."""

    def __enter__(self):
        while True:
            self.tcp = socketserver.ThreadingTCPServer(("127.0.0.1", 0), OverTcp)
            self.tcp.daemon_threads = True
            self.port = self.tcp.server_address[1]
            try:
                self.udp = socketserver.UDPServer(("127.0.0.1", self.port), OverUdp)
                break
            except OSError:
                self.tcp.server_close()
        self.seen = self.udp.seen = self.tcp.seen = []
        for each in (self.udp, self.tcp):
            threading.Thread(target=each.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        for each in (self.udp, self.tcp):
            each.shutdown()
            each.server_close()

    def resolve(self, *arguments, status=0):
        return resolve(*arguments, "--server", f"127.0.0.1:{self.port}", status=status)


def resolve(*arguments, status=0):
    done = subprocess.run([ROPEWALK, "resolve", *arguments], capture_output=True, timeout=60, check=False, text=True)
    assert done.returncode == status, f"{arguments}: {done.returncode}, not {status}:\n{done.stderr}\n{done.stdout}"
    return done.stdout, done.stderr


def lines(text):
    return sorted(text.splitlines())


def test_answers_as_dig_prints_them_short_and_as_json():
    with Server() as server:
        out, _ = server.resolve("www.example")
        assert "status: NOERROR" in out and "www.example.\t300\tIN\tA\t192.0.2.2" in out, out
        assert f"by 127.0.0.1:{server.port}" in out
        # dnspython shuffles the records of a set.
        assert lines(server.resolve("www.example", "--short")[0]) == ["192.0.2.1", "192.0.2.2"]
        assert lines(server.resolve("example", "mx", "--short")[0]) == ["10 a.example.", "20 b.example."]
        assert server.resolve("odd.example", "TYPE731", "--short")[0] == "\\# 3 010203\n"
        assert "alpn" in server.resolve("h.example", "HTTPS", "--short")[0]
        record = json.loads(server.resolve("www.example", "--json")[0])
        assert record["rcode"] == "NOERROR" and "ra" in record["flags"]
        assert record["question"] == {"name": "www.example.", "class": "IN", "type": "A"}
        assert sorted(each.pop("data") for each in record["answer"]) == ["192.0.2.1", "192.0.2.2"]
        assert record["answer"] == [{"name": "www.example.", "ttl": 300, "class": "IN", "type": "A"}] * 2


def test_an_address_is_asked_for_its_name():
    with Server() as server:
        assert server.resolve("192.0.2.1", "--short")[0] == "www.example.\n"


def test_exit_statuses_say_what_happened():
    with Server() as server:
        assert "no such name" in server.resolve("gone.example", status=6)[1]
        assert "no such record" in server.resolve("www.example", "MX", status=7)[1]
        assert "SERVFAIL" in server.resolve("broken.example", status=8)[1]
        assert "no such record" in server.resolve("empty.example", "AAAA", status=7)[1]
        assert "a referral" in server.resolve("lame.example", status=8)[1]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        silent_server = f"127.0.0.1:{silent.getsockname()[1]}"
        assert "timed out" in resolve("www.example", "--server", silent_server, "--tries", "1", "--timeout", "0.3", status=8)[1]
    out, err = resolve("www.example", "--server", "127.0.0.1:1", "--tries", "1", status=8)
    assert out == "" and err == ("ropewalk: cannot resolve www.example. A: no answer "
                                 "(127.0.0.1:1: nobody answers questions there)\n"), err


def test_usage_errors_are_2():
    for arguments in (("a..b",), ("a.example", "NONSENSE"), ("a.example", "IXFR"), ("a.example", "IXFR=x"), ("a.example", "MX=1"), ("a.example", "--server", "not an address"),
                      ("a.example", "--tls"), ("a.example", "--tcp", "--https"), ("a.example", "--tsig-key", "x")):
        resolve(*arguments, status=2)


def test_tcp_is_used_when_told_and_when_an_answer_is_truncated():
    with Server() as server:
        server.resolve("www.example", "--tcp")
        assert server.seen == ["tcp"]
        assert server.resolve("txt.example", "TXT", "--short")[0] == '"hello world"\n'
        assert server.seen == ["tcp", "udp", "tcp"]


def test_the_example_looks_up_several_things_at_once():
    example = program.binary("examples/dns_lookup")
    with Server() as server:
        done = subprocess.run([example, "example", f"127.0.0.1:{server.port}"], capture_output=True, timeout=60,
                              check=False, text=True)
        assert done.returncode == 0, done
        assert "cannot resolve example. A: the name has no such record" in done.stdout, done.stdout
        assert done.stdout.endswith("mail goes to a.example.\nmail goes to b.example.\n"), done.stdout


ZONE = """$ORIGIN example.test.
$TTL 300
@ SOA ns root 1 2 3 4 60
@ NS ns
ns A 127.0.0.1
www A 192.0.2.80
alias CNAME www
"""


def test_trace_goes_down_from_the_root_that_it_is_given():
    with tempfile.TemporaryDirectory() as folder:
        zone = os.path.join(folder, "example.test.zone")
        with open(zone, "w", encoding="ascii") as file:
            file.write(ZONE)
        with Program("ropewalk", "dns", "--zone", zone, "--listen", "udp://127.0.0.1:0") as server:
            root = f"127.0.0.1:{server.port}"
            out, err = resolve("alias.example.test", "--trace", "--root", root, "--short")
            assert out == "192.0.2.80\n", out
            assert err.startswith(";; . by 127.0.0.1, "), err
            assert "alias.example.test. A: answers with 2 records" in err, err
            assert f"by {root.partition(':')[0]}\n" in resolve("www.example.test", "--trace", "--root", root)[0]
            assert json.loads(resolve("www.example.test", "--trace", "--root", root, "--json")[0])["servers"] == ["127.0.0.1"]
            assert "no server of zone" in resolve("www.other.test", "--trace", "--root", root, status=1)[1]


def test_zones_are_transferred():
    with tempfile.TemporaryDirectory() as folder:
        zone = os.path.join(folder, "example.test.zone")
        with open(zone, "w", encoding="ascii") as file:
            file.write(ZONE)
        with Program("ropewalk", "dns", "--zone", zone, "--allow-transfer", "127.0.0.0/8", "--listen", "tcp://127.0.0.1:0") as server:
            out, _ = resolve("example.test", "AXFR", "--server", f"127.0.0.1:{server.port}")
            records = out.splitlines()
            assert "\tSOA\t" in records[0] and len(records) == 5, out
            assert "NOTAUTH" in resolve("other.test", "AXFR", "--server", f"127.0.0.1:{server.port}", status=8)[1]


if __name__ == "__main__":
    program.main(globals())
