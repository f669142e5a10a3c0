"""Starts programs of the build for the tests in this folder, and stops them again."""
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

BIN = os.environ.get("ROPEWALK_BIN_DIR", "build/dev/bin")


def binary(name):
    """The path of a program of the build; ends the test with 77 (skipped) when it was not built."""
    path = os.path.join(BIN, name)
    if not os.path.exists(path):
        print(f"skipped: {path} was not built")
        sys.exit(77)
    return path


def sanitized(name):
    """Whether a program was built with AddressSanitizer, whose own memory is larger than what is measured."""
    with open(binary(name), "rb") as file:
        return b"__asan_init" in file.read()


def text_of(log):
    """What is in a file that a child writes to. Reading moves nothing: the place where the child goes on is shared with it."""
    return os.pread(log.fileno(), os.fstat(log.fileno()).st_size, 0).decode(errors="replace").replace("\r\n", "\n")


def need(tool):
    """Ends the test with 77 when a peer is not installed."""
    from shutil import which
    path = which(tool) or which(tool, path="/usr/sbin:/sbin:/usr/bin:/bin")
    if path is None:
        print(f"skipped: {tool} is not installed")
        sys.exit(77)
    return path


def free_port():
    """A port of 127.0.0.1 that is free for TCP and for UDP. None of those that the kernel gives out by itself: it would be somebody's
    before it is used."""
    while True:
        port = random.randrange(10_000, 32_000)
        try:
            with socket.create_server(("127.0.0.1", port)), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
                datagrams.bind(("127.0.0.1", port))
                return port
        except OSError:
            continue


class Program:
    """A server that says on standard error or output where it listens ("… 127.0.0.1:PORT …"). A context manager."""

    def __init__(self, name, *arguments, wrapper=(), environment=None):
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen([*wrapper, binary(name), *arguments], stdout=self.log, stderr=self.log,
                                        stdin=subprocess.DEVNULL, env={**os.environ, **(environment or {})})
        self.port = 0
        wait_for(lambda: self._find_port() or self.process.poll() is not None, 20, "the server to listen")
        if not self.port:
            raise AssertionError(f"{name} did not start:\n{self.output()}")

    def _find_port(self):
        found = re.search(r"(?:127\.0\.0\.1|localhost):(\d+)", self.output())
        if found:
            self.port = int(found.group(1))
        return self.port

    def output(self):
        return text_of(self.log)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def alive(self):
        return self.process.poll() is None

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """Stops it as an administrator would. Returns the exit status."""
        if self.alive():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                raise AssertionError(f"the server did not stop within 20 s:\n{self.output()}") from None
        return self.process.returncode


def tls_terminator(pair, port, *options):
    """`ropewalk tls-terminate` in front of a port, with a certificate and its key."""
    front = Program("ropewalk", "tls-terminate", "-l", ":0", "--cert", pair[0], "--key", pair[1], "--to", f"127.0.0.1:{port}", *options)
    wait_for(lambda: " on tls://" in front.output(), 20, "the terminator")
    front.port = int(re.search(r" on tls://127\.0\.0\.1:(\d+)", front.output())[1])
    return front


def wait_for(condition, seconds, what):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain for {what}")
        time.sleep(0.01)


def raw(port, data, finish=False, timeout=10):
    """Sends bytes over a fresh connection and gives all that comes back until the end."""
    with socket.create_connection(("127.0.0.1", port), timeout) as connection:
        connection.sendall(data)
        if finish:
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        while True:
            try:
                piece = connection.recv(65536)
            except ConnectionResetError:
                return answer
            if not piece:
                return answer
            answer += piece


def run(*command, status=0, **options):
    """Runs a client; gives its standard output. Fails on another exit status."""
    done = subprocess.run(command, capture_output=True, timeout=120, check=False, **options)
    if done.returncode != status:
        raise AssertionError(f"{' '.join(map(str, command))} ended with {done.returncode}, not {status}:\n"
                             f"{done.stdout[-2000:]!r}\n{done.stderr[-2000:]!r}")
    return done.stdout


def main(tests):
    """Runs functions named test_…, and says which failed."""
    failed = 0
    for name, test in sorted(tests.items()):
        if not name.startswith("test_"):
            continue
        try:
            test()
            print(f"ok   {name}")
        except Exception as error:  # pylint: disable=broad-except
            failed += 1
            print(f"FAIL {name}: {error}")
    sys.exit(1 if failed else 0)
