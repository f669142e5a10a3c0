"""Zones that move between servers: AXFR and IXFR from ours to dig, kdig, knot, BIND and NSD, and from knot, BIND and NSD to
ours, signed with TSIG, started by NOTIFY. dns_transfers.py --ours bind puts BIND in the place of ours."""
import argparse
import os
import re
import signal
import subprocess
import sys

import _dns_servers as servers
import _program as program
from _dns import NOERROR, RD_BIT, SOA, Answer, Question, ask_all, wire
from _program import run, wait_for

for tool in ("dig", "kdig", "knotd", "named", "nsd"):
    program.need(tool)
try:
    import dns.rdataset
    import dns.zone
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

peer = "ours"
ROPEWALK = os.path.abspath(program.binary("ropewalk"))
KEY = "transfer-key"
SIGNED = f"hmac-sha256:{KEY}:{servers.SECRET}"
OTHERS = ("knot", "bind", "nsd")


def small(serial):
    """A zone of which each version differs a little from the one before."""
    return (f"$ORIGIN moving.test.\n$TTL 600\n@ IN SOA ns hostmaster {serial} 3600 2 86400 60\n@ IN NS ns\nns IN A 192.0.2.1\n"
            f"version IN TXT \"{serial}\"\nv{serial} IN A 192.0.2.{serial % 250}\nkept IN MX 10 Mail.MiXeD\n*.w IN CNAME kept\n"
            + "".join(f"host{number} IN AAAA 2001:db8::{number:x}\n" for number in range(100)))


def large(records=10_000):
    return ("$ORIGIN large.test.\n$TTL 600\n@ IN SOA ns hostmaster 1 3600 2 86400 60\n@ IN NS ns\nns IN A 192.0.2.1\n"
            + "".join(f"h{number} IN TXT \"record {number} of a zone that fills many messages\"\n" for number in range(records)))


def parsed(text, origin):
    return dns.zone.from_text(text, origin=origin, relativize=False, check_origin=False)


def serial_of(port, zone):
    answer = ask_all(port, [Question(wire(zone), SOA, RD_BIT, None, False, 1)])[0]
    if answer is None or Answer(answer).rcode != NOERROR or not Answer(answer).answer:
        return None
    return int.from_bytes(Answer(answer).answer[0].data[-20:-16], "big")


def output(*command):
    """What a client says, whatever its exit status."""
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False).stdout


def transferred(port, zone, tool="dig", key=SIGNED):
    """The zone as dig or kdig gets it."""
    words = ["-y", key] if key else []
    text = run(tool, "@127.0.0.1", "-p", str(port), *words, zone, "AXFR", "+time=20" if tool == "dig" else "+timeout=20").decode()
    lines = [line for line in text.splitlines() if line and not line.startswith(";") and "\tTSIG\t" not in line]
    assert len(lines) > 2 and "SOA" in lines[0] and lines[-1].split() == lines[0].split(), text[-2000:]
    return parsed("\n".join(lines[:-1]), zone)


def check_zone(port, zone, text, tool="dig", key=SIGNED):
    got, wanted = transferred(port, zone, tool, key), parsed(text, zone)
    for name in set(got.nodes) | set(wanted.nodes):
        assert name in got.nodes and name in wanted.nodes, f"{name} is only {'here' if name in got.nodes else 'there'}"
        assert got.nodes[name] == wanted.nodes[name], f"{name}: {got.nodes[name].to_text(name)}\n{wanted.nodes[name].to_text(name)}"


def primary(kind, zones, notified=None):
    """A server of a kind that lets the key's holders transfer its zones, and tells one of changes."""
    if kind == "knot":
        remote = f"remote:\n  - id: other\n    address: 127.0.0.1@{notified}\n    key: {KEY}\n" if notified else ""
        return servers.Knot(zones, more=f"key:\n  - id: {KEY}\n    algorithm: hmac-sha256\n    secret: {servers.SECRET}\n{remote}"
                            f"acl:\n  - id: keyed\n    key: {KEY}\n    action: transfer\n", journal="changes", load="difference",
                            zone="    acl: keyed\n" + ("    notify: other\n" if notified else ""))
    if kind == "bind":
        notify = f"also-notify {{ 127.0.0.1 port {notified} key {KEY}; }};" if notified else ""
        return servers.Bind(zones, more=f'key {KEY} {{ algorithm hmac-sha256; secret "{servers.SECRET}"; }};',
                            options=f"notify-delay 0; allow-transfer {{ key {KEY}; }}; ixfr-from-differences yes; {notify}")
    if kind == "nsd":
        notify = f"  notify: 127.0.0.1@{notified} {KEY}\n" if notified else ""
        return servers.Nsd(zones, more=f'key:\n  name: "{KEY}"\n  algorithm: hmac-sha256\n  secret: "{servers.SECRET}"\n',
                           zone=f"  provide-xfr: 127.0.0.1 {KEY}\n{notify}")
    return servers.Ours(zones, arguments=["--tsig-key", SIGNED, "--allow-transfer", f"key:{KEY}",
                                          *(["--notify", f"127.0.0.1:{notified}"] if notified else [])])


def secondary(kind, zone, source, port):
    """A server of a kind that gets a zone from another, on a port chosen before: the other has to know whom to notify."""
    if kind == "knot":
        return servers.Knot({}, port=port, probe=zone, journal="changes", more=f"key:\n  - id: {KEY}\n    algorithm: hmac-sha256\n"
                            f"    secret: {servers.SECRET}\nremote:\n  - id: source\n    address: 127.0.0.1@{source}\n    key: {KEY}\n"
                            f"acl:\n  - id: notified\n    address: 127.0.0.1\n    action: notify\n  - id: keyed\n    key: {KEY}\n"
                            "    action: [transfer, notify]\n",
                            last=f"  - domain: {zone}\n    master: source\n    acl: [notified, keyed]\n")
    if kind == "bind":
        return servers.Bind({}, port=port, probe=zone, more=f'key {KEY} {{ algorithm hmac-sha256; secret "{servers.SECRET}"; }};\n'
                            f'zone "{zone}" {{ type secondary; file "{zone}.copy"; primaries {{ 127.0.0.1 port {source} key {KEY}; }}; '
                            f'allow-notify {{ 127.0.0.1; key {KEY}; }}; allow-transfer {{ key {KEY}; }}; max-records 0; }};', notify="no",
                            options="min-refresh-time 1; min-retry-time 1;")
    if kind == "nsd":
        return servers.Nsd({}, port=port, probe=zone, more=f'key:\n  name: "{KEY}"\n  algorithm: hmac-sha256\n  secret: "{servers.SECRET}"\n'
                           f'zone:\n  name: "{zone}"\n  zonefile: "{zone}.copy"\n  allow-notify: 127.0.0.1 {KEY}\n  allow-notify: 127.0.0.1 NOKEY\n'
                           f'  request-xfr: 127.0.0.1@{source} {KEY}\n  provide-xfr: 127.0.0.1 {KEY}\n')
    return servers.Ours({}, port=port, probe=zone, arguments=["--tsig-key", SIGNED, "--secondary", f"{zone}@127.0.0.1:{source},key={KEY}",
                                                              "--allow-transfer", f"key:{KEY}"])


def renew(server, zone, text):
    server.write(zone + ".zone", text)
    server.process.send_signal(signal.SIGHUP)


def test_a_transfer_needs_permission():
    with servers.KINDS[peer]({"moving.test": small(1)}, **({"options": "allow-transfer { none; };"} if peer == "bind" else {})) as server:
        text = run("dig", "@127.0.0.1", "-p", str(server.port), "moving.test", "AXFR").decode()
        assert "Transfer failed" in text and "host1" not in text, text
    with primary(peer, {"moving.test": small(1)}) as server:
        text = run("dig", "@127.0.0.1", "-p", str(server.port), "moving.test", "AXFR").decode()
        assert "Transfer failed" in text and "host1" not in text, text
        for key in (SIGNED.replace(KEY, "other-key"), SIGNED.replace(":c2h", ":d2h"), SIGNED.replace("sha256", "sha512")):
            text = output("dig", "@127.0.0.1", "-p", str(server.port), "-y", key, "moving.test", "AXFR", "+time=2")
            assert "host1" not in text and re.search(r"BADKEY|BADSIG|NOTAUTH|tsig|TSIG|failed", text), text


def test_signed_questions_get_signed_answers():
    with primary(peer, {"moving.test": small(1)}) as server:
        for tool in ("dig", "kdig"):
            for words in ((), ("+tcp",)):
                text = run(tool, "@127.0.0.1", "-p", str(server.port), "-y", SIGNED, "kept.moving.test", "MX", *words).decode()
                assert "NOERROR" in text and re.search(r"^transfer-key\..*TSIG", text, re.M), text
                assert not re.search(r"verify|failed|TSIG error", text), text


def test_dig_and_kdig_get_whole_zones():
    zones = {**servers.test_zones(peer), "moving.test": small(1)}
    with primary(peer, zones) as server:
        for zone in zones:
            for tool in ("dig", "kdig"):
                check_zone(server.port, zone, servers.expanded(zones[zone]), tool)


def test_a_zone_of_many_messages():
    with primary(peer, {"large.test": large()}) as server:
        check_zone(server.port, "large.test", large())
        check_zone(server.port, "large.test", large(), "kdig")
        text = run("dig", "@127.0.0.1", "-p", str(server.port), "-y", SIGNED, "large.test", "AXFR").decode()
        messages = int(re.search(r"XFR size: \d+ records \(messages (\d+),", text)[1])
        assert 2 <= messages < 1_000, f"{messages} messages for 10,000 records"


def incremental(port, serial):
    text = run("dig", "@127.0.0.1", "-p", str(port), "-y", SIGNED, "moving.test", f"IXFR={serial}").decode()
    return [line.split() for line in text.splitlines() if line and not line.startswith(";") and "TSIG" not in line]


def test_dig_gets_the_difference():
    with primary(peer, {"moving.test": small(5)}) as server:
        renew(server, "moving.test", small(6))
        wait_for(lambda: serial_of(server.port, "moving.test") == 6, 20, "the new zone")
        lines = incremental(server.port, 5)
        kinds = [line[3] for line in lines]
        assert kinds.count("SOA") == 4 and len(lines) == 8, lines
        removed, added = lines[2:kinds.index("SOA", 2)], lines[kinds.index("SOA", 2) + 1:-1]
        assert {line[0] for line in removed} == {"version.moving.test.", "v5.moving.test."}, lines
        assert {line[0] for line in added} == {"version.moving.test.", "v6.moving.test."}, lines
        assert len(incremental(server.port, 6)) == 1, "who is up to date gets the SOA alone"
        assert len(incremental(server.port, 2)) > 100, "who is too far behind gets everything"


def test_we_get_the_difference_as_dig_does():
    for kind in (peer, "knot"):
        with primary(kind, {"moving.test": small(5)}) as server:
            renew(server, "moving.test", small(6))
            wait_for(lambda server=server: serial_of(server.port, "moving.test") == 6, 20, "the new zone")
            for serial in (5, 6):
                theirs = incremental(server.port, serial)
                ours = run(ROPEWALK, "resolve", "moving.test", f"IXFR={serial}", "--server", f"127.0.0.1:{server.port}", "--tsig-key", SIGNED)
                ours = [line.split() for line in ours.decode().splitlines()]
                assert ours[0] == theirs[0] and ours[-1] == theirs[-1] and sorted(ours) == sorted(theirs), f"{kind}: {ours}\n{theirs}"


def check_pair(first, second):
    """A zone moves from one to the other at its start, and again after each change, by NOTIFY."""
    port = servers.free_port()
    with primary(first, {"moving.test": small(1)}, notified=port) as source:
        with secondary(second, "moving.test", source.port, port) as copy:
            wait_for(lambda: serial_of(port, "moving.test") == 1, 30, f"{second} to get the zone from {first}")
            check_zone(port, "moving.test", small(1))
            for serial in (2, 3, 10):
                renew(source, "moving.test", small(serial))
                wait_for(lambda serial=serial: serial_of(port, "moving.test") == serial, 30,
                         f"version {serial} to come from {first} to {second}:\n{source.output()[-1500:]}\n{copy.output()[-1500:]}")
                check_zone(port, "moving.test", small(serial))


def test_knot_is_our_secondary():
    check_pair(peer, "knot")


def test_bind_is_our_secondary():
    check_pair(peer, "bind")


def test_nsd_is_our_secondary():
    check_pair(peer, "nsd")


def test_we_are_secondary_of_knot():
    check_pair("knot", peer)


def test_we_are_secondary_of_bind():
    check_pair("bind", peer)


def test_we_are_secondary_of_nsd():
    check_pair("nsd", peer)


def test_large_zones_move_both_ways():
    for first, second in (("bind", peer), (peer, "knot")):
        port = servers.free_port()
        with primary(first, {"large.test": large()}, notified=port) as source, secondary(second, "large.test", source.port, port):
            wait_for(lambda: serial_of(port, "large.test") == 1, 60, f"{second} to get the large zone from {first}")
            check_zone(port, "large.test", large())


def test_the_secondary_serves_on_without_its_source():
    port = servers.free_port()
    source = primary("knot", {"moving.test": small(7)}, notified=port)
    try:
        with secondary(peer, "moving.test", source.port, port):
            wait_for(lambda: serial_of(port, "moving.test") == 7, 30, "the zone")
            source.stop()
            assert serial_of(port, "moving.test") == 7
            check_zone(port, "moving.test", small(7))
    finally:
        source.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ours", default="ours", choices=["ours", "knot", "bind", "nsd"])
    peer = parser.parse_args().ours
    program.main(globals())
