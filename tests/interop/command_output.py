"""Where the command's output goes, and what it says when it cannot: pipes, terminals, devices, closed descriptors, signals."""
import contextlib
import fcntl
import http.client
import json
import os
import pty
import re
import select
import signal
import socket
import socketserver
import stat
import subprocess
import tempfile
import threading
import time

import _program as program
from _program import Program, free_port, wait_for

ROPEWALK = program.binary("ropewalk")
BIG = 300_000


class Origin(socketserver.ThreadingTCPServer):
    """Answers /N with N bytes, and remembers what it was asked and how much it could send."""
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            head = b""
            while True:
                line = self.rfile.readline()
                if line in (b"\r\n", b""):
                    break
                head += line
            if not head:
                return
            length = [int(each.split(b":")[1]) for each in head.lower().split(b"\r\n") if each.startswith(b"content-length:")]
            body = self.rfile.read(length[0]) if length else b""
            self.server.requests.append((head.decode(), body.decode()))
            method, target = head.decode().split(" ")[:2]
            status = "404 Not Found" if target == "/404" else "200 OK"
            size = 5 if target == "/404" else int(target[1:] or 5)
            with contextlib.suppress(OSError):
                self.wfile.write(f"HTTP/1.1 {status}\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n".encode())
                piece = b"x" * 65536
                while size > 0 and method != "HEAD":
                    self.connection.sendall(piece[:size])
                    size -= len(piece[:size])
                    self.server.sent += len(piece)

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.Handler)
        self.requests = []
        self.sent = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self, path=f"/{BIG}"):
        return f"http://127.0.0.1:{self.server_address[1]}{path}"


ORIGIN = Origin()


def command(*arguments, status=0, **how):
    done = subprocess.run([ROPEWALK, *arguments], capture_output=True, timeout=60, check=False, **how)
    assert done.returncode == status, f"{arguments}: {done.returncode}, not {status}: {done.stderr.decode()}"
    return done.stdout, done.stderr.decode()


def asked(*arguments, status=0):
    """What the origin was asked by fetch with these arguments."""
    ORIGIN.requests.clear()
    out, text = command("fetch", *arguments, status=status)
    head, body = ORIGIN.requests[-1] if ORIGIN.requests else ("", "")
    return head.split(" ")[0], body, out, text


def one_line(text):
    return len(text.splitlines()) == 1 and text.startswith("ropewalk: ")


def pipe_with_default_sigpipe():
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)


def name_server():
    """A zone of one name. @return the server and the address of it"""
    with tempfile.NamedTemporaryFile("w", suffix=".zone", delete=False) as zone:
        zone.write("$ORIGIN example.test.\n$TTL 60\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n")
    server = Program("ropewalk", "dns", "--zone", zone.name, "--listen", f"127.0.0.1:{free_port()}")
    return server, f"127.0.0.1:{server.port}"


def test_output_that_cannot_be_written_is_an_error_in_every_command():
    server, address = name_server()
    with server, Program("ropewalk", "chargen", "--listen", ":0") as chargen, \
            Program("ropewalk", "tls-terminate", "--dev-cert", "--to", "unix:/nonexistent", "--listen", ":0",
                    environment={"XDG_STATE_HOME": tempfile.mkdtemp()}) as secure:
        commands = [("--help",), ("help",), ("help", "web"), ("web", "--help"), ("--version",), ("fetch", ORIGIN.url()),
                    ("fetch", ORIGIN.url(), "-o", "-"), ("fetch", ORIGIN.url(), "--json"), ("fetch", ORIGIN.url(), "-I"),
                    ("fetch", ORIGIN.url(), ORIGIN.url()),
                    ("resolve", "ns.example.test", "--server", address), ("resolve", "ns.example.test", "--json", "--server", address),
                    ("resolve", "example.test", "SOA", "--short", "--server", address),
                    ("connect", f"127.0.0.1:{chargen.port}"),
                    ("connect", "-k", "--show-cert", f"127.0.0.1:{secure.port}")]
        for each in commands:
            with open("/dev/full", "wb") as full:
                done = subprocess.run([ROPEWALK, *each], stdout=full, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60, check=False)
            text = done.stderr.decode()
            assert done.returncode == 1 and one_line(text) and "no space left on device" in text, (each, done.returncode, text)
            done = subprocess.run(["bash", "-c", '"$@" >&-', "bash", ROPEWALK, *each], stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
            text = done.stderr.decode()
            assert done.returncode == 1 and one_line(text) and "bad file descriptor" in text, (each, done.returncode, text)


def test_a_client_whose_reader_is_gone_ends_as_filters_do():
    with Program("ropewalk", "chargen", "--listen", ":0") as chargen:
        for each in (("fetch", ORIGIN.url("/10000000")), ("fetch", ORIGIN.url("/1000000"), "--json"), ("connect", f"127.0.0.1:{chargen.port}")):
            for ignored in (False, True):
                with subprocess.Popen([ROPEWALK, *each], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                      restore_signals=not ignored) as process:
                    process.stdout.read(1000)
                    process.stdout.close()
                    text = process.stderr.read().decode()
                    status = process.wait(30)
                if ignored:  # those who started us want to hear of it
                    assert status == 1 and one_line(text) and "broken pipe" in text, (each, status, text)
                else:
                    assert status == -signal.SIGPIPE and text == "", (each, status, text)


def test_a_server_outlives_the_reader_of_its_log_and_tells_at_its_end():
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "index.html"), "w", encoding="utf-8") as page:
            page.write("hello")
        port = free_port()
        with subprocess.Popen([ROPEWALK, "web", folder, "--listen", f":{port}", "--log-level", "debug"], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as server:
            os.read(server.stderr.fileno(), 10)
            server.stdout.close()
            server.stderr.close()
            for _ in range(20):
                assert command("fetch", f"http://127.0.0.1:{port}/")[0] == b"hello"
            server.terminate()
            assert server.wait(30) == 1
        with open("/dev/full", "wb") as full, subprocess.Popen([ROPEWALK, "web", folder, "--listen", f":{port}"], stdin=subprocess.DEVNULL,
                                                               stdout=full, stderr=subprocess.PIPE) as server:
            os.read(server.stderr.fileno(), 10)
            for _ in range(3):
                assert command("fetch", f"http://127.0.0.1:{port}/")[0] == b"hello"
            server.terminate()
            text = server.stderr.read().decode()
            assert server.wait(30) == 1 and text.count("no access log") == 1, text


class Silent:
    """A reader that takes nothing yet: of a pipe, a socket or a terminal."""

    def __init__(self, kind):
        self.kind = kind
        if kind == "pipe":
            self.ours, self.theirs = os.pipe()
        elif kind == "socket":
            self.ours, self.theirs = (end.detach() for end in socket.socketpair())
        else:
            self.ours, self.theirs = pty.openpty()

    def rest(self):
        """All that comes, until nobody writes any more."""
        os.close(self.theirs)
        text = b""
        with contextlib.suppress(OSError):  # how a terminal tells its end
            while piece := os.read(self.ours, 1 << 16):
                text += piece
        os.close(self.ours)
        return text.replace(b"\r\n", b"\n").decode()


def ask_often(port, count):
    """Requests /0, /1 … with long queries, on one connection."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for number in range(count):
        client.request("GET", f"/{number}?{'q' * 800}")
        client.getresponse().read()
    client.close()


@contextlib.contextmanager
def ended(process):
    """Whatever happens meanwhile."""
    try:
        yield
    finally:
        process.kill()


@contextlib.contextmanager
def web_server(folder, reader, *options):
    port = free_port()
    with subprocess.Popen([ROPEWALK, "web", folder, "--browse", "--listen", f":{port}", *options], stdin=subprocess.DEVNULL, stdout=reader.theirs,
                          stderr=subprocess.PIPE) as server, ended(server):
        server.stderr.readline()
        yield server, port


def numbers_of(lines):
    return [int(re.search(r"GET /(\d+)\?", line)[1]) for line in lines]


def test_a_reader_of_the_access_log_that_stands_still_holds_nobody_up():
    count = 3000  # of 900 bytes: more than a pipe and the queue hold
    for kind in ("pipe", "socket", "terminal"):
        reader = Silent(kind)
        with tempfile.TemporaryDirectory() as folder, web_server(folder, reader) as (server, port):
            ask_often(port, count)
            got = []
            collector = threading.Thread(target=lambda: got.append(reader.rest()))  # noqa: B023
            collector.start()
            said = server.stderr.readline().decode()
            ask_often(port, 1)
            server.terminate()
            assert server.wait(30) == 0, kind
            collector.join(30)
        lines = got[0].splitlines()
        assert all(re.fullmatch(r'127\.0\.0\.1 - - \[[^]]+\] "GET /\d+\?q{800} HTTP/1\.1" 404 \d+ "-" "-"', line) for line in lines), kind
        numbers = numbers_of(lines)
        lost = count + 1 - len(numbers)
        assert f"the access log has lost {lost} lines: whoever reads standard output took nothing" in said, (kind, lost, said)
        assert 0 < lost < count - 1000 and numbers == [*range(count - lost), 0], (kind, lost)


def test_what_waits_for_a_slow_reader_is_written_at_the_end_but_not_for_long():
    count = 700  # more than a pipe holds, less than the queue
    for reads in (True, False):
        reader = Silent("pipe")
        with tempfile.TemporaryDirectory() as folder, web_server(folder, reader) as (server, port):
            ask_often(port, count)
            server.terminate()
            if reads:
                assert numbers_of(reader.rest().splitlines()) == [*range(count)]
                assert server.wait(30) == 0
            else:
                assert server.wait(30) == 0
                kept = len(reader.rest().splitlines())
                assert f"the access log has lost {count - kept} lines" in server.stderr.read().decode()


def test_a_reader_of_the_log_that_stands_still_holds_no_name_server_up():
    reader = Silent("pipe")
    with tempfile.NamedTemporaryFile("w", suffix=".zone") as zone:
        zone.write("$TTL 60\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n")
        zone.flush()
        port, count = free_port(), 9000
        with subprocess.Popen([ROPEWALK, "dns", "--zone", f"example.test={zone.name}", "--listen", f"127.0.0.1:{port}", "--log-queries"],
                              stdin=subprocess.DEVNULL, stderr=reader.theirs) as server, ended(server):
            text = b""
            while b"DNS on tcp://" not in text:
                text += os.read(reader.ours, 4096)
            question = b"\0\1\1\0\0\1\0\0\0\0\0\0\2ns\7example\4test\0\0\1\0\1"
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.settimeout(20)
                client.connect(("127.0.0.1", port))
                for _ in range(count):
                    client.send(question)
                    assert client.recv(512)[3] & 15 == 0
            got = []
            collector = threading.Thread(target=lambda: got.append(reader.rest()))
            collector.start()
            server.terminate()
            assert server.wait(30) == 0
            collector.join(30)
        lines = [line for line in got[0].splitlines() if line.startswith("{")]
        answered = sum("ns.example.test" in json.loads(line)["message"] for line in lines)
        lost = re.search(r"the log has lost (\d+) lines: whoever reads standard error took nothing", got[0])
        assert lost and 0 < int(lost[1]) and answered + int(lost[1]) == count, (answered, lost)


def test_a_second_signal_ends_a_server_that_stands_still():
    with tempfile.TemporaryDirectory() as folder:
        hosts = os.path.join(folder, "hosts")
        with open(hosts, "w", encoding="utf-8") as file:
            file.write("192.0.2.1 one.test\n")
        with Program("ropewalk", "dns", "--hosts", hosts, "--listen", "127.0.0.1:0") as server:
            os.unlink(hosts)
            os.mkfifo(hosts)
            server.process.send_signal(signal.SIGHUP)
            writer = []  # who writes nothing: it waits for him

            def opened():
                with contextlib.suppress(OSError):  # while nobody reads
                    writer.append(os.open(hosts, os.O_WRONLY | os.O_NONBLOCK))
                return writer

            wait_for(opened, 20, "the server to read")
            server.process.send_signal(signal.SIGINT)
            server.process.send_signal(signal.SIGTERM)
            assert -server.process.wait(20) in (signal.SIGINT, signal.SIGTERM)
            os.close(writer[0])


def test_closed_standard_descriptors_are_not_given_to_sockets():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "echo.sock")
        with subprocess.Popen(["bash", "-c", 'exec "$@" <&- >&- 2>&-', "bash", ROPEWALK, "echo", "--listen", f"unix:{path}"]) as server:
            wait_for(lambda: os.path.exists(path), 20, "the server to listen")
            for fd in range(3):
                assert os.readlink(f"/proc/{server.pid}/fd/{fd}") == "/dev/null", fd
            server.terminate()
            server.wait(30)


def memory_of(process):
    with open(f"/proc/{process.pid}/status", encoding="utf-8") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def test_fetch_streams_what_it_gets_and_takes_no_more_than_its_reader():
    size = 200_000_000
    sanitized = program.sanitized("ropewalk")
    before = ORIGIN.sent
    with subprocess.Popen([ROPEWALK, "fetch", ORIGIN.url(f"/{size}")], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout.read(10) == b"x" * 10  # long before the end
        held = -1
        while held != ORIGIN.sent:  # until nothing moves any more
            held = ORIGIN.sent
            time.sleep(0.3)
        assert held - before < size / 4, f"{held - before} bytes were taken, of which nobody has read any"
        if not sanitized:
            assert memory_of(process) < 40_000, memory_of(process)
        got = 10
        while piece := process.stdout.read(1 << 20):
            got += len(piece)
        assert process.wait(30) == 0 and got == size


def test_interrupted_clients_say_so_also_while_nobody_takes_their_output():
    with Program("ropewalk", "echo", "--listen", ":0") as echo:
        silent = socket.create_server(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with tempfile.TemporaryDirectory() as folder:
            for each, what, number in ((("connect", f"127.0.0.1:{echo.port}", "-v"), "connected", signal.SIGINT),
                                       (("fetch", url, "-o", os.path.join(folder, "file")), None, signal.SIGINT),
                                       (("fetch", url), None, signal.SIGTERM),
                                       (("fetch", ORIGIN.url("/10000000")), None, signal.SIGINT)):
                before = ORIGIN.sent
                with subprocess.Popen([ROPEWALK, *each], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
                    if what:
                        process.stderr.readline()
                    elif url in each:
                        held = silent.accept()  # kept: it closes when nobody holds it
                    else:
                        wait_for(lambda: ORIGIN.sent > before + 200_000, 20, "the pipe to be full")
                    process.send_signal(number)
                    status = process.wait(30)
                    text = process.stderr.read().decode()
                    assert status == 128 + number, (each, status, text)
                    word = "interrupted" if number == signal.SIGINT else "terminated"
                    assert text == f"ropewalk: {word}\n", (each, text)
            assert os.listdir(folder) == []


class Farewell(socketserver.ThreadingTCPServer):
    """Says goodbye and ends its side; keeps what it gets, and tells when there is no more."""
    daemon_threads = True

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            self.request.sendall(b"bye\n")
            self.request.shutdown(socket.SHUT_WR)
            while piece := self.request.recv(1 << 16):
                self.server.got += piece
            self.server.over.set()

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.Handler)
        self.got, self.over = b"", threading.Event()
        self.address = f"127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


def test_connect_ends_when_the_server_has_though_a_pipe_stays_open():
    server = Farewell()
    with subprocess.Popen([ROPEWALK, "connect", server.address], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.wait(20) == 0
        assert (process.stdout.read(), process.stderr.read()) == (b"bye\n", b"")
    server.over.wait(20)
    for words, pauses in (((), 0), (("--keep-sending",), 1.0)):  # past the half second that it would else wait
        server = Farewell()
        with subprocess.Popen([ROPEWALK, "connect", server.address, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdout.read() == b"bye\n"
            for _ in range(3):
                time.sleep(pauses)
                process.stdin.write(b"more\n")
                process.stdin.flush()
            process.stdin.close()
            assert process.wait(20) == 0
        assert server.over.wait(20) and server.got == b"more\n" * 3, (words, server.got)


def test_connect_tells_somebody_at_a_terminal_that_the_server_has_ended():
    server = Farewell()
    master, slave = pty.openpty()
    with subprocess.Popen([ROPEWALK, "connect", server.address], stdin=slave, stdout=slave, stderr=slave) as process:
        assert process.wait(20) == 0
    os.close(slave)
    assert os.read(master, 4096).decode() == f"bye\r\n{server.address} has ended the connection\r\n"
    os.close(master)


def nonblocking(fd):
    return bool(fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_NONBLOCK)


def test_a_terminal_that_is_shared_stays_blocking():
    with Program("ropewalk", "chargen", "--listen", ":0") as chargen:
        for pipeline in ("connect 127.0.0.1:{} | head -c 200000 | cat", "fetch {} | cat", "connect 127.0.0.1:{} </dev/tty | head -c 200000 >/dev/tty"):
            master, slave = pty.openpty()
            line = pipeline.format(ORIGIN.url() if "fetch" in pipeline else chargen.port)
            with subprocess.Popen(["bash", "-c", f"'{ROPEWALK}' {line}; echo status ${{PIPESTATUS[-1]}}"], stdin=slave, stdout=slave, stderr=slave,
                                  start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, 0x540E, 0)) as process:  # TIOCSCTTY
                text, ever = b"", False
                deadline = time.monotonic() + 60
                while b"status" not in text[-100:] and time.monotonic() < deadline:
                    ever = ever or nonblocking(slave)
                    if select.select([master], [], [], 0.2)[0]:
                        text += os.read(master, 65536)
                process.wait(30)
            assert text.rstrip().endswith(b"status 0"), (pipeline, text[-200:])
            assert not ever, pipeline
            os.close(master)
            os.close(slave)


def test_the_terminal_is_blocking_whatever_ends_the_command():
    with Program("ropewalk", "echo", "--listen", ":0") as echo:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGKILL):
            master, slave = pty.openpty()
            with subprocess.Popen([ROPEWALK, "connect", "-v", f"127.0.0.1:{echo.port}"], stdin=slave, stdout=slave, stderr=slave) as process:
                text = b""
                while b"connected" not in text:
                    text += os.read(master, 4096)
                process.send_signal(number)
                process.wait(30)
            assert not nonblocking(slave), number
            os.close(master)
            os.close(slave)


def test_what_dash_o_leads_to_is_written_and_never_replaced():
    with tempfile.TemporaryDirectory() as folder:
        def at(name):
            return os.path.join(folder, name)

        if os.geteuid() == 0:
            os.mknod(at("null"), 0o666 | stat.S_IFCHR, os.makedev(1, 3))
            for more in ((), ("--json",), ("-I",)):
                command("fetch", ORIGIN.url(), "-o", at("null"), *more)
                assert stat.S_ISCHR(os.lstat(at("null")).st_mode)
            os.mknod(at("full"), 0o666 | stat.S_IFCHR, os.makedev(1, 7))
            for more in ((), ("--json",), ("-I",)):
                text = command("fetch", ORIGIN.url(), "-o", at("full"), *more, status=1)[1]
                assert one_line(text) and at("full") in text and "no space left" in text, text
        os.mkfifo(at("fifo"))
        with subprocess.Popen(["wc", "-c", at("fifo")], stdout=subprocess.PIPE) as reader:
            command("fetch", ORIGIN.url(), "-o", at("fifo"))
            assert reader.stdout.read().split()[0] == str(BIG).encode()
        assert stat.S_ISFIFO(os.lstat(at("fifo")).st_mode)
        with open(at("real"), "w", encoding="utf-8") as real:
            real.write("old")
        os.symlink("real", at("link"))
        command("fetch", ORIGIN.url(), "-o", at("link"))
        assert os.path.islink(at("link")) and os.path.getsize(at("real")) == BIG
        for name in ("-", "/dev/stdout", "/proc/self/fd/1"):
            assert len(command("fetch", ORIGIN.url(), "-o", name, cwd=folder)[0]) == BIG, name
        long = "n" * 255
        command("fetch", ORIGIN.url(), "-o", at(long))
        command("fetch", ORIGIN.url(), "-o", at(long), "--resume")
        assert os.path.getsize(at(long)) == BIG
        names = {"fifo", "real", "link", long} | ({"null", "full"} if os.geteuid() == 0 else set())
        assert set(os.listdir(folder)) == names, os.listdir(folder)
        assert one_line(command("fetch", ORIGIN.url(), "-o", folder, status=1)[1])


def test_every_option_of_fetch_means_the_same_wherever_the_answer_goes():
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "file")
        os.symlink("/proc/self/fd/1", os.path.join(folder, "stdout"))
        for to in ((), ("-o", file), ("-o", os.path.join(folder, "stdout"))):
            def answer(out, to=to):
                if to[1:] != (file,):
                    return out
                with open(file, "rb") as saved:
                    return saved.read()

            url = ORIGIN.url()
            assert asked(url, *to)[:2] == ("GET", "")
            assert asked(url, "-d", "a=1", *to)[:2] == ("POST", "a=1")
            assert asked(url, "-d", "", *to)[:2] == ("POST", "")
            assert "content-length: 0" in ORIGIN.requests[-1][0].lower()
            assert asked(url, "-X", "PUT", "-d", "a", *to)[:2] == ("PUT", "a")
            method, _, out, _ = asked(url, "-X", "DELETE", *to)
            assert method == "DELETE" and len(answer(out)) == BIG
            method, _, out, _ = asked(url, "-I", *to)
            assert method == "HEAD" and answer(out).startswith(b"HTTP/1.1 200 OK\nContent-Length: 300000\n")
            method, body, out, _ = asked(url, "--json", "-X", "PATCH", "-d", "x", *to)
            assert (method, body) == ("PATCH", "x") and answer(out).startswith(b"{")
            method, _, out, _ = asked(url, "-I", "-X", "GET", *to)
            assert method == "GET" and answer(out).startswith(b"HTTP/1.1 200 OK\n")
            text = asked(url.replace(str(BIG), "404"), *to, status=1)[3]
            assert "404" in text and len(text.splitlines()) == 1, text


def test_words_that_mean_nothing_are_2_and_one_line():
    url = ORIGIN.url()
    ORIGIN.requests.clear()
    for words in (("--timeout", "abc", url), ("--timeout", "0", url), ("--timeout", "1e300", url), ("-X", "", url), ("-X", "a b", url), ("-o", "", url),
                  ("--proxy", "", url), ("--cacert", "", url), ("-H", "", url), ("-H", "no colon", url), ("ftp://host/", ), ("http:///path",), ("",),
                  ("-O", "http://host/"), ("-O", "http://host"), ("-O", "host"), ("-O", "-o", "x", url), ("-o", "x", url, url), ("--resume", url),
                  ("--resume", "-o", "x", "-d", "a", url), ("--resume", "-o", "-", url), ("--resume", "-o", "x", "-I", url), ("-I", "-d", "x", url)):
        text = command("fetch", *words, status=2)[1]
        lines = [line for line in text.splitlines() if not line.startswith("Try: ")]
        assert len(lines) == 1 and lines[0].startswith("ropewalk: "), (words, text)
    for words in (("web", ""), ("web", "--listen", ""), ("web", "--index", ""), ("--log-file", "", "web"), ("dns", "--zone", ""), ("connect", ""),
                  ("tls-terminate", "--cert", "", "--to", ":1"), ("resolve", ""), ("resolve", "x", "--timeout", "abc"), ("resolve", "x", "--tries", "0")):
        command(*words, status=2)
    assert ORIGIN.requests == []


def test_files_that_cannot_be_read_are_3_and_one_line():
    with tempfile.TemporaryDirectory() as folder:
        for name, why in ((folder, "is a directory"), (os.path.join(folder, "none"), "no such file or directory"),
                          ("/proc/self/mem", "input/output error")):  # opens, and cannot be read
            commands = [("fetch", ORIGIN.url(), "-d", f"@{name}"), ("qotd", "--listen", ":0", "--file", name), ("finger", "--listen", ":0", "--file", name),
                        ("dns", "--listen", ":0", "--hosts", name), ("dns", "--listen", ":0", "--block", name),
                        ("dns", "--listen", ":0", "--zone", f"example.test={name}")]
            for words in commands:
                text = command(*words, status=3)[1]
                assert one_line(text) and why in text and name in text, (words, text)
        there = os.open(folder, os.O_RDONLY)
        text = command("fetch", ORIGIN.url(), "-d", "@-", status=3, stdin=there)[1]
        assert text == "ropewalk: cannot read standard input: is a directory\n"
        os.close(there)
        for words in (("fetch", "https://localhost:1/", "--cert", folder), ("fetch", "https://localhost:1/", "--cacert", folder),
                      ("web", folder, "--browse", "--listen", ":0", "--tls", folder), ("tls-terminate", "--listen", ":0", "--to", ":1", "--cert", folder)):
            assert one_line(command(*words, status=5)[1]), words


def test_a_connection_that_cannot_be_made_is_one_line():
    for words in (("connect", "127.0.0.1:1"), ("connect", "unix:/nonexistent/socket"), ("connect", "nosuch.invalid:80"), ("connect", "--tls", "127.0.0.1:1"),
                  ("connect", "--starttls", "smtp", "127.0.0.1:1"), ("connect", "--show-cert", "127.0.0.1:1"), ("connect", "http-connect://127.0.0.1:1/h:1"),
                  ("fetch", "http://127.0.0.1:1/"), ("resolve", "x", "--tcp", "--server", "127.0.0.1:1", "--tries", "1")):
        text = command(*words, status=8 if words[0] == "resolve" else 1, stdin=subprocess.DEVNULL)[1]
        assert one_line(text), (words, text)
    with Program("ropewalk", "echo", "--listen", ":0") as echo:  # that speaks no TLS
        assert one_line(command("connect", "--tls", f"127.0.0.1:{echo.port}", status=1)[1])


def test_help_by_word_and_the_table_of_exit_statuses():
    whole = command("help")[0]
    assert whole == command("--help")[0]
    assert command("help", "web")[0] == command("web", "--help")[0]
    assert "did you mean 'fetch'?" in command("help", "fetsh", status=2)[1]
    for status in ("0 done", "1 failed", "2 the command line", "3 a file", "4 cannot listen", "5 certificates", "6 no such name", "130 interrupted"):
        assert status in whole.decode().replace("\n", " "), status
    assert "-H --header 'NAME: VALUE'" in command("fetch", "--help")[0].decode()
    for name in ("web", "fetch", "resolve", "connect", "dns", "tls-terminate", "echo"):
        assert "NEGATIVE" not in command("help", name)[0].decode(), name  # the name of a check


def test_web_without_an_index_mentions_browse():
    with tempfile.TemporaryDirectory() as folder:
        with Program("ropewalk", "web", folder, "--listen", ":0") as server:
            assert "--browse" in server.output()
        with Program("ropewalk", "web", folder, "--browse", "--listen", ":0") as server:
            assert "--browse" not in server.output()
        with open(os.path.join(folder, "index.htm"), "w", encoding="utf-8"):
            pass
        with Program("ropewalk", "web", folder, "--listen", ":0") as server:
            assert "--browse" not in server.output()


def test_connections_show_at_log_level_debug():
    with Program("ropewalk", "--log-level", "debug", "daytime", "--listen", ":0") as server:
        program.raw(server.port, b"")
        wait_for(lambda: "is over" in server.output(), 20, "the end of the connection in the log")
        assert f"127.0.0.1:{server.port} is connected to 127.0.0.1:" in server.output()


if __name__ == "__main__":
    program.main(globals())
