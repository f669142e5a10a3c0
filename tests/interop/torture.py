"""The torture loop: one request while the K-th call of a system call fails, for every K until it is no longer reached; then one fetch.

After each: the server runs, serves the next request, and has as many descriptors as before."""
import collections
import itertools
import os
import signal
import subprocess
import tempfile
import time

import _program as program

program.need("strace")

CALLS = {
    "accept4": ["EMFILE", "ECONNABORTED", "ENOMEM"],
    "recvfrom": ["ECONNRESET", "EINTR", "ENOMEM"],
    "read": ["EIO", "EINTR"],
    "sendto": ["EPIPE", "EINTR", "ENOBUFS"],
    "sendmsg": ["ECONNRESET", "ENOMEM"],
    "sendfile": ["EIO", "EINTR"],
    "writev": ["EIO"],
    "epoll_wait": ["EINTR"],
    "epoll_ctl": ["ENOMEM"],
    "openat2": ["EMFILE", "EIO"],
    "openat": ["EMFILE", "EACCES"],
    "mmap": ["ENOMEM"],
    "socket": ["EMFILE"],
    "connect": ["ECONNREFUSED"],
}
PATHS = ("/large", "/small", "/")  # by sendfile, from memory, made on the way
MOST = 6  # calls of one kind that a request makes, with room to spare


def ask(server, path):
    try:
        return program.raw(server.port, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode(), timeout=5)
    except OSError:
        return b""


def stopped(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
        return stat.read().rpartition(")")[2].split()[0] in "Tt"


def inject(server, call, error, when, path):
    """@return whether the injection was reached"""
    with tempfile.NamedTemporaryFile(mode="r", suffix=".strace") as trace:
        tracer = subprocess.Popen(["strace", "-f", "-o", trace.name, "-e", f"trace={call}",
                                   "-e", f"inject={call}:error={error}:when={when}", "-p", str(server.process.pid)],
                                  stderr=subprocess.PIPE)
        tracer.stderr.readline()  # "Process … attached"
        ask(server, path)
        # Stopped first: a process that strace leaves in the middle of an injected call would see ENOSYS, which no kernel gives.
        server.process.send_signal(signal.SIGSTOP)
        program.wait_for(lambda: stopped(server.process.pid), 10, "the server to stop")
        tracer.terminate()
        tracer.wait()
        server.process.send_signal(signal.SIGCONT)
        return "INJECTED" in open(trace.name, encoding="utf-8", errors="replace").read()


FETCH = {
    "socket": ["EMFILE", "ENOBUFS"],
    "connect": ["ECONNREFUSED", "ETIMEDOUT", "EINTR"],
    "epoll_ctl": ["ENOMEM", "ENOSPC"],
    "epoll_wait": ["EINTR"],
    "sendto": ["EPIPE", "ECONNRESET", "EINTR"],
    "recvfrom": ["ECONNRESET", "EINTR", "ENOMEM"],
    "getsockopt": ["ENOBUFS"],
}


def torture_the_client(server):
    """The same for one fetch: it ends with 0 or 1 and a message, never by a signal, never not at all."""
    reached = 0
    environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}  # leaks cannot be looked for under strace
    for call, errors in FETCH.items():
        for error in errors:
            for when in range(1, MOST):
                with tempfile.NamedTemporaryFile(mode="r", suffix=".strace") as trace:
                    done = subprocess.run(["strace", "-f", "-o", trace.name, "-e", f"trace={call}", "-e",
                                           f"inject={call}:error={error}:when={when}", program.binary("ropewalk"), "fetch",
                                           server.url + "/small"], capture_output=True, timeout=30, check=False,
                                          env=environment)
                    hit = "INJECTED" in open(trace.name, encoding="utf-8", errors="replace").read()
                where = f"fetch with {call} = {error} at call {when}"
                assert done.returncode in (0, 1), f"{where} ended with {done.returncode}: {done.stderr[-500:]!r}"
                assert done.returncode == 0 or b"ropewalk: " in done.stderr, f"{where} said nothing"
                assert done.returncode == 1 or done.stdout == b"small file\n", f"{where}: {done.stdout!r}"
                reached += hit
                if not hit:
                    break
    return reached


def main():
    with tempfile.TemporaryDirectory() as site:
        with open(os.path.join(site, "small"), "w", encoding="ascii") as file:
            file.write("small file\n")
        with open(os.path.join(site, "large"), "w", encoding="ascii") as file:
            file.write("large file\n" * 50_000)
        reached = collections.Counter()
        with program.Program("ropewalk", "web", site, "--listen", ":0", "--browse") as server:
            assert b"small file" in ask(server, "/small")
            before = server.descriptors()
            for call, errors in CALLS.items():
                if call == "mmap" and program.sanitized("ropewalk"):
                    continue  # the sanitizer's own allocator ends the program
                for error, path in itertools.product(errors, PATHS):
                    for when in range(1, MOST):
                        hit = inject(server, call, error, when, path)
                        reached[call] += hit
                        where = f"{path} with {call} = {error} at call {when}"
                        assert server.alive(), f"{where}: the server is gone:\n{server.output()[-2000:]}"
                        assert b"small file" in ask(server, "/small"), f"{where}: it does not serve any more"
                        program.wait_for(lambda: server.descriptors() <= before, 10,
                                         f"{where}: the descriptors ({server.descriptors()} against {before})")
                        if not hit:
                            break
            fetches = torture_the_client(server)
        print(f"injected into the server: {dict(+reached)}; into the client: {fetches}")
        for call in ("accept4", "recvfrom", "sendto", "sendfile", "epoll_wait", "epoll_ctl", "openat2"):
            assert reached[call], f"{call} was never reached"
        assert fetches > 10
        assert server.process.returncode == 0


if __name__ == "__main__":
    started = time.monotonic()
    main()
    print(f"{time.monotonic() - started:.0f} s")
