"""Name servers for the tests of the DNS: ours, and others' as processes of the test: loopback, high ports, files in a
temporary directory, ended with the test."""
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

import _program as program
from _program import free_port

ZONES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "zones")
TEST_ZONES = ["example.test", "child.example.test", "other.test"]
SECRET = "c2hhcmVkIHNlY3JldCBvZiB0aGUgaW50ZXJvcCB0ZXN0cw=="


def zone_file(name):
    return os.path.join(ZONES, name + ".zone")


def expanded(text):
    """The master file without $GENERATE, which NSD does not know: what it stands for (BIND 9 reference manual)."""
    lines = []
    for line in text.splitlines():
        generate = re.match(r"\$GENERATE\s+(\d+)-(\d+)\s+(.*)", line)
        if not generate:
            lines.append(line)
            continue
        for number in range(int(generate[1]), int(generate[2]) + 1):
            def value(place, number=number):
                given = (place[1] or "0").split(",")
                offset, width, base = given + ["0", "0", "d"][len(given):]
                return format(number + int(offset), "0" + width + base)
            lines.append(re.sub(r"\$(?:\{([^}]*)\})?", value, generate[3]))
    return "\n".join(lines) + "\n"


def wire_name(text):
    return b"".join(bytes([len(label)]) + label.encode() for label in text.rstrip(".").split(".") if label) + b"\0"


def query(name, kind, number=1, flags=0, edns=b""):
    """A question by text name; what it takes to see whether a server is up."""
    return struct.pack("!6H", number, flags, 1, 0, 0, 1 if edns else 0) + wire_name(name) + struct.pack("!2H", kind, 1) + edns


class Daemon:
    """A server of somebody else. A context manager; `zones` maps names to text."""

    need = ""

    def __init__(self, zones=None, more="", port=None, probe=None, **options):
        self.program = self.find()
        self.port = port or free_port()
        self.folder = tempfile.mkdtemp(prefix="ropewalk-dns-")
        self.zones, self.more, self.options = dict(zones or {}), more, options
        self.probe = probe or next(iter(self.zones), "ready.test")
        for name, text in self.zones.items():
            self.write(name + ".zone", text)
        self.log = open(self.path("log"), "w+", errors="replace")
        self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, cwd=self.folder,
                                        start_new_session=True, env={**os.environ, **options.get("environment", {})})
        try:
            program.wait_for(lambda: self.process.poll() is not None or self.answers(), 30, f"{self.need} to answer")
            assert self.process.poll() is None, f"{self.need} ended:\n{self.output()[-1500:]}"
        except AssertionError:
            self.stop()
            raise

    def find(self):
        return program.need(self.need)

    def command(self):
        raise NotImplementedError

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w") as out:
            out.write(text)
        return self.path(name)

    def output(self):
        with open(self.path("log"), errors="replace") as log:
            return log.read()

    def answers(self):
        """Whether it answers for its first zone over UDP (a SERVFAIL is no answer: some start before their zones are read)."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            asker.settimeout(0.2)
            try:
                asker.sendto(query(self.probe, 6, flags=0x0100), ("127.0.0.1", self.port))
                return asker.recv(4096)[3] & 15 in (0, 3, 5)
            except OSError:
                time.sleep(0.02)
                return False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        if self.log.closed:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)  # the session that was made for it alone
                self.process.wait()
        said = self.output()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.ended(said)

    def ended(self, said):
        """@param said  what it wrote, all in all"""


class Nsd(Daemon):
    need = "nsd"

    def command(self):
        zones = "".join(f'zone:\n  name: "{name}"\n  zonefile: "{self.path(name)}.zone"\n{self.options.get("zone", "")}'
                        for name in self.zones)
        config = self.write("nsd.conf", f"""server:
  ip-address: 127.0.0.1@{self.port}
  username: ""
  zonesdir: "{self.folder}"
  database: ""
  pidfile: "{self.path("pid")}"
  xfrdfile: "{self.path("xfrd.state")}"
  xfrdir: "{self.folder}"
  zonelistfile: "{self.path("zone.list")}"
  cookie-secret-file: "{self.path("cookies")}"
  server-count: 1
  tcp-count: 100
  minimal-responses: no
  refuse-any: no
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
  ipv4-edns-size: 1232
  answer-cookie: no
remote-control:
  control-enable: no
{self.more}
{zones}""")
        return [self.program, "-d", "-c", config]


class Knot(Daemon):
    need = "knotd"

    def command(self):
        zones = "".join(f'  - domain: "{name}"\n    file: "{name}.zone"\n{self.options.get("zone", "")}' for name in self.zones)
        config = self.write("knot.conf", f"""server:
    rundir: "{self.folder}"
    listen: 127.0.0.1@{self.port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
    udp-max-payload: 1232
    automatic-acl: on
log:
  - target: stderr
    any: info
database:
    storage: "{self.folder}"
{self.more}
template:
  - id: default
    storage: "{self.folder}"
    semantic-checks: off
    zonefile-sync: -1
    zonefile-load: {self.options.get("load", "whole")}
    journal-content: {self.options.get("journal", "none")}
zone:
{zones}{self.options.get("last", "")}""")
        return [self.program, "-c", config]


class Bind(Daemon):
    need = "named"

    def command(self):
        zones = "".join(f'zone "{name}" {{ type primary; file "{name}.zone"; check-names ignore; check-integrity no;\n'
                        f'  {self.options.get("zone", "")} }};\n' for name in self.zones)
        config = self.write("named.conf", f"""options {{
  directory "{self.folder}";
  listen-on port {self.port} {{ 127.0.0.1; }};
  listen-on-v6 {{ none; }};
  pid-file none;
  session-keyfile none;
  lock-file none;
  recursion {"yes" if "forwarders" in self.options else "no"};
  forwarders {{ {self.options.get("forwarders", "")} }};
  forward only;
  minimal-responses no;
  minimal-any yes;
  max-udp-size 1232;
  edns-udp-size 1232;
  rrset-order {{ order fixed; }};
  dnssec-validation no;
  notify {self.options.get("notify", "explicit")};
  check-names primary ignore;
  masterfile-format text;
  max-records-per-type 0;
  {self.options.get("options", "")}
}};
controls {{ }};
{self.more}
{zones}""")
        return [self.program, "-g", "-n", "1", "-c", config]


class Unbound(Daemon):
    need = "unbound"

    def command(self):
        config = self.write("unbound.conf", f"""server:
  interface: 127.0.0.1@{self.port}
  username: ""
  chroot: ""
  directory: "{self.folder}"
  pidfile: "{self.path("pid")}"
  use-syslog: no
  logfile: ""
  do-daemonize: no
  do-not-query-localhost: no
  module-config: "iterator"
  num-threads: 1
  qname-minimisation: no
  harden-referral-path: no
  local-zone: "test." nodefault
  local-zone: "ready.test." static
  {self.options.get("server", "")}
remote-control:
  control-enable: no
{self.more}""")
        return [self.program, "-d", "-p", "-c", config]


class Dnsmasq(Daemon):
    need = "dnsmasq"

    def command(self):
        return [self.program, "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--no-daemon", "--local=/ready.test/",
                "--listen-address=127.0.0.1", "--bind-interfaces", f"--port={self.port}", f"--pid-file={self.path('pid')}", "--user=",
                *self.options.get("arguments", [])]


class Ours(Daemon):
    """`ropewalk dns`. @param arguments  further ones"""

    need = "ropewalk"

    def find(self):
        return os.path.abspath(program.binary(self.need))

    def ended(self, said):
        """It ends well; a sanitizer may have found something before, or leaks in the end."""
        assert self.process.returncode == 0, f"ropewalk dns ended with {self.process.returncode}:\n{said[-3000:]}"

    def command(self):
        zones = [word for name in self.zones for word in ("--zone", f"{name}={self.path(name)}.zone")]
        return [self.program, "dns", *zones, "--listen", f"udp://127.0.0.1:{self.port}", "--listen",
                f"tcp://127.0.0.1:{self.port}", *self.options.get("arguments", [])]


class Front(Daemon):
    """nginx that speaks HTTP/2 over TLS in front of a DNS-over-HTTPS server of HTTP/1.1: dig and kdig speak nothing older.
    @param behind  its port; @param pair  files of certificate and key"""

    need = "nginx"

    def answers(self):
        with socket.socket() as asker:
            return asker.connect_ex(("127.0.0.1", self.port)) == 0

    def command(self):
        places = "".join(f"{name}_temp_path {self.folder}/{name}; " for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        certificate, key = self.options["pair"]
        config = self.write("nginx.conf", f"""daemon off; worker_processes 1; pid {self.folder}/pid; error_log stderr;
events {{ worker_connections 64; }}
http {{ access_log off; {places}
server {{ listen 127.0.0.1:{self.port} ssl http2; ssl_certificate {certificate}; ssl_certificate_key {key};
location / {{ proxy_pass https://127.0.0.1:{self.options["behind"]}; proxy_http_version 1.1; proxy_set_header Host localhost; }} }} }}
""")
        return [self.program, "-c", config, "-p", self.folder]


def started(kind, tls=None, dot=None, **options):
    """A server of a kind with the test zones. @param tls  files of certificate and key: with DNS over TLS on .dot and DNS
    over HTTPS on .doh; BIND's and ours"""
    if tls is None:
        return KINDS[kind](test_zones(kind), **options)
    dot, doh = dot or free_port(), free_port()
    if kind == "bind":
        options["more"] = f'tls local {{ cert-file "{tls[0]}"; key-file "{tls[1]}"; }};\n'
        options["options"] = (f"listen-on port {dot} tls local {{ 127.0.0.1; }};"
                              f"listen-on port {doh} tls local http default {{ 127.0.0.1; }};")
    else:
        options["arguments"] = [*options.get("arguments", []), "--dot", f"127.0.0.1:{dot}", "--doh", f"127.0.0.1:{doh}", "--tls", ",".join(tls)]
    server = KINDS[kind](test_zones(kind), **options)
    server.dot, server.doh = dot, doh
    return server


KINDS = {"nsd": Nsd, "knot": Knot, "bind": Bind, "ours": Ours}


def test_zones(kind):
    """The zones of this folder on a server of that kind; ours reads $GENERATE itself."""
    def text(name):
        with open(zone_file(name)) as file:
            return file.read() if kind == "ours" else expanded(file.read())
    return {name: text(name) for name in TEST_ZONES}
