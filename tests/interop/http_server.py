"""The HTTP server against clients that others wrote, and against peers that break the rules."""
import asyncio
import http.client
import os
import resource
import socket
import tempfile
import time

import _program as program
from _program import Program, raw, run

WORK = tempfile.TemporaryDirectory()
STATE = {"XDG_STATE_HOME": WORK.name}  # where the demo keeps its development certificate


def demo():
    """The five-protocol demo: routes, a coroutine that reads a body, a directory. All of it listens when this returns."""
    server = Program("examples/quickstart", "0", os.path.join(WORK.name, "echo.sock"), environment=STATE)
    program.wait_for(lambda: "echo on " in server.output(), 20, "the last protocol to listen")
    return server


def test_curl_gets_posts_and_keeps_the_connection():
    with demo() as server:
        out = run("curl", "-s", "-w", "%{num_connects} %{http_version}\n", server.url + "/", server.url + "/users/7")
        assert out.count(b"1 1.1\n") == 1 and out.count(b"0 1.1\n") == 1, out
        assert run("curl", "-s", server.url + "/shout", "-d", "hello") == b"HELLO"
        assert run("curl", "-s", server.url + "/shout", "-H", "Transfer-Encoding: chunked", "-d", "in chunks") == b"IN CHUNKS"
        large = b"x" * 60_000  # large enough for curl to wait for 100 Continue when told
        assert run("curl", "-s", server.url + "/shout", "-H", "Expect: 100-continue", "--data-binary", "@-", input=large) == large.upper()
        assert run("curl", "-s", "--http1.0", server.url + "/") == b"hello from ropewalk\n"


def test_curl_head_options_and_errors():
    with demo() as server:
        status = lambda *words: run("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", *words)
        assert status("-I", server.url + "/") == b"200"
        assert status(server.url + "/nothing") == b"404"
        assert status("-X", "DELETE", server.url + "/") == b"405"
        assert b"Allow: " in run("curl", "-si", "-X", "OPTIONS", server.url + "/shout")
        assert status(server.url + "/shout", "-d", "x" * 100_000) == b"413"
        assert status("-H", "X: " + "y" * 20_000, server.url + "/") == b"431"
        assert status(server.url + "/" + "z" * 20_000) == b"414"


def test_static_files_ranges_and_conditions():
    with demo() as server:
        url = server.url + "/docs/architecture.md"
        with open("docs/architecture.md", "rb") as file:
            content = file.read()
        assert run("curl", "-s", url) == content
        assert run("curl", "-s", "-r", "10-19", url) == content[10:20]
        assert run("curl", "-s", "-r", "-5", url) == content[-5:]
        several = run("curl", "-si", "-r", "0-1,2000-2001", url)
        assert b"206" in several and b"multipart/byteranges" in several
        assert b" 416 " in run("curl", "-si", "-r", "99999999-", url)
        etag = [line for line in run("curl", "-sI", url).decode().splitlines() if line.lower().startswith("etag:")][0]
        assert b" 304 " in run("curl", "-si", "-H", "If-None-Match: " + etag.split(": ", 1)[1], url)
        assert b" 301 " in run("curl", "-si", server.url + "/docs")


def test_nothing_outside_the_directory_is_served():
    with demo() as server:
        for path in ("/docs/../README.md", "/docs/%2e%2e/README.md", "/docs/..%2fREADME.md", "/docs/%2e%2e%2fREADME.md",
                     "/docs/.%00./README.md", "/docs//etc/passwd", "/docs/%2fetc/passwd", "/docs/..\\README.md",
                     "/docs/%c0%ae%c0%ae/README.md"):
            answer = raw(server.port, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            assert b"# ropewalk" not in answer and b"root:" not in answer, path
            assert answer.split(b" ")[1] in (b"400", b"403", b"404", b"301"), (path, answer[:80])


def test_wget_mirrors_a_directory_page():
    program.need("wget")
    with demo() as server, tempfile.TemporaryDirectory() as folder:
        run("wget", "-q", "-r", "-np", "-nH", "-P", folder, server.url + "/docs/")
        assert os.path.exists(os.path.join(folder, "docs", "architecture.md"))


def test_ab_with_and_without_keep_alive():
    program.need("ab")
    with demo() as server:
        for words in (("-k",), ()):
            report = run("ab", "-q", "-n", "5000", "-c", "20", *words, server.url + "/").decode()
            assert "Failed requests:        0" in report, report
            assert "Non-2xx" not in report, report


def test_wrk_sees_no_errors():
    program.need("wrk")
    with demo() as server:
        report = run("wrk", "-t1", "-c50", "-d2s", server.url + "/").decode()
        assert "Socket errors" not in report and "Non-2xx" not in report, report


def test_python_http_client():
    with demo() as server:
        client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        for _ in range(3):
            client.request("GET", "/")
            assert client.getresponse().read() == b"hello from ropewalk\n"
        client.request("POST", "/shout", body=iter([b"piece ", b"by ", b"piece"]), encode_chunked=True,
                       headers={"Transfer-Encoding": "chunked"})
        assert client.getresponse().read() == b"PIECE BY PIECE"
        client.close()


def test_python_asyncio_pipelines_in_order():
    async def talk(port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for i in range(200):
            writer.write(f"GET /users/{i} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        return answer

    with demo() as server:
        answer = asyncio.run(talk(server.port))
        places = [answer.index(f'"id":"{i}"'.encode()) for i in range(200)]
        assert places == sorted(places)
        assert answer.count(b"HTTP/1.1 200 OK\r\n") == 201


GET = b"GET / HTTP/1.1\r\n"
POST = b"POST /shout HTTP/1.1\r\nHost: x\r\n"

BROKEN = {  # what a peer may send: the status it must get, after which the connection is closed
    b"GET / HTTP/1.1\r\n\r\n": 400,  # no Host
    GET + b"Host: x\r\nHost: x\r\n\r\n": 400,
    GET + b"Host: x y\r\n\r\n": 400,
    GET + b"Host: x/y\r\n\r\n": 400,
    GET + b"Host : x\r\n\r\n": 400,
    GET + b"Host: x\nX: y\r\n\r\n": 400,
    GET + b"Host: x\r\nX: a\rb\r\n\r\n": 400,
    GET + b"Host: x\r\nX:\rTransfer-Encoding: chunked\r\n\r\n": 400,
    GET + b"Host: x\r\nX: a\0b\r\n\r\n": 400,
    GET + b"Host: x\r\n folded: y\r\n\r\n": 400,
    GET + b"Host: x\r\n: y\r\n\r\n": 400,
    GET + b"Host: x\r\nX y\r\n\r\n": 400,
    GET + b"Host: x\r\n\r\rX": 400,
    b"GET / HTTP/1.1\nHost: x\n\n": 400,
    b"GET  / HTTP/1.1\r\nHost: x\r\n\r\n": 400,
    b"GET / \r\nHost: x\r\n\r\n": 400,
    b"GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n": 400,
    b"GET / HTTP/1.1 \r\nHost: x\r\n\r\n": 400,
    b"GET / http/1.1\r\nHost: x\r\n\r\n": 400,
    b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n": 400,
    b"GET nothing HTTP/1.1\r\nHost: x\r\n\r\n": 400,
    b"GET * HTTP/1.1\r\nHost: x\r\n\r\n": 400,
    b"G@T / HTTP/1.1\r\nHost: x\r\n\r\n": 400,
    b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n": 501,
    b"GET / HTTP/2.0\r\nHost: x\r\n\r\n": 505,
    b"DESCRIBE / RTSP/1.0\r\nHost: x\r\n\r\n": 400,
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 100: 400,
    POST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd": 400,
    POST + b"Content-Length: 3, 3\r\n\r\nabc": 400,
    POST + b"Content-Length: +3\r\n\r\nabc": 400,
    POST + b"Content-Length: -3\r\n\r\nabc": 400,
    POST + b"Content-Length: 0x3\r\n\r\nabc": 400,
    POST + b"Content-Length: 99999999999999999999999\r\n\r\nabc": 400,
    POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n": 400,
    POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n": 400,
    POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n": (400, 501),
    POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n": (400, 501),
    POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n": (400, 501),
    b"POST /shout HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n": 400,
    POST + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n0\r\n\r\n": 400,
    POST + b"Transfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n": 400,
    POST + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabcX\r\n0\r\n\r\n": 400,
    POST + b"Transfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n": 400,
    POST + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc": 400,
    POST + b"Transfer-Encoding: chunked\r\n\r\n3 \r\nabc\r\n0\r\n\r\n": 400,
    POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: a\rb\r\n\r\n": 400,
    POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX\r\n\r\n": 400,
    POST + b"Expect: 200-maybe\r\nContent-Length: 3\r\n\r\nabc": 417,
}


def test_every_broken_framing_is_refused_once_and_closed():
    smuggled = b"GET /users/smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
    with demo() as server:
        for request, status in BROKEN.items():
            answer = raw(server.port, request + smuggled, finish=True)
            got = int(answer.split(b" ")[1]) if answer.startswith(b"HTTP/1.") else None
            allowed = status if isinstance(status, tuple) else (status,)
            assert got in allowed, f"{request!r}: {got} instead of {status}"
            if got == 417:
                continue
            assert answer.count(b"HTTP/1.1 ") == 1, f"{request!r} was answered twice: {answer!r}"
            assert b"smuggled" not in answer.split(b"\r\n\r\n", 1)[0] and b'"id"' not in answer, f"{request!r} smuggled"
            assert b"Connection: close" in answer, f"{request!r}: {answer!r}"


def test_a_request_drop_by_drop():
    request = POST + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: v\r\n\r\n"
    with demo() as server, socket.create_connection(("127.0.0.1", server.port), 10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in request:
            connection.sendall(bytes([byte]))
        answer = b""
        while b"ABCDE" not in answer:
            piece = connection.recv(4096)
            assert piece, answer
            answer += piece


def test_half_close_at_every_step():
    request = POST + b"Content-Length: 5\r\n\r\nhello"
    with demo() as server:
        for cut in range(len(request) + 1):
            answer = raw(server.port, request[:cut], finish=True)
            if cut == len(request):
                assert answer.endswith(b"HELLO"), answer
            else:
                assert b"HELLO" not in answer, (cut, answer)
        assert run("curl", "-s", server.url + "/") == b"hello from ropewalk\n"


def test_ten_thousand_connections_opened_and_dropped():
    with demo() as server:
        before = server.descriptors()
        for number in range(10_000):
            connection = socket.create_connection(("127.0.0.1", server.port), 10)
            if number % 3 == 0:
                connection.send(b"GET / HT")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            connection.close()
        program.wait_for(lambda: server.descriptors() <= before, 20, "the descriptors to be free again")
        assert run("curl", "-s", server.url + "/") == b"hello from ropewalk\n"


def rss(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def test_peers_that_never_read_cost_bounded_memory():
    with demo() as server:
        request = b"GET /docs/architecture.md HTTP/1.1\r\nHost: x\r\n\r\n" * 2000
        peers = []
        before = rss(server.process.pid)
        for _ in range(20):
            peer = socket.create_connection(("127.0.0.1", server.port), 10)
            peer.setblocking(False)
            try:
                while True:
                    peer.send(request)
            except BlockingIOError:
                peers.append(peer)
        for _ in range(20):
            assert run("curl", "-s", server.url + "/") == b"hello from ropewalk\n"
        grown = rss(server.process.pid) - before
        limit = 400 if program.sanitized("examples/quickstart") else 40
        assert grown < limit * 1024 * 1024, f"{grown} bytes more for {len(peers)} peers"


def test_out_of_descriptors_it_goes_on_once_there_are_some():
    if program.sanitized("examples/quickstart"):
        return  # the check of virtual calls needs a descriptor of its own
    wrapper = ("bash", "-c", 'ulimit -n 40; exec "$@"', "limited")
    with Program("examples/quickstart", "0", os.path.join(WORK.name, "few.sock"), wrapper=wrapper, environment=STATE) as server:
        held = [socket.create_connection(("127.0.0.1", server.port), 10) for _ in range(80)]
        time.sleep(0.3)  # long enough to see whether it spins
        with open(f"/proc/{server.process.pid}/stat", encoding="ascii") as file:
            ticks = sum(int(word) for word in file.read().split()[13:15])
        assert ticks < 25, f"{ticks} ticks of processor time while it could accept nothing"
        late = socket.create_connection(("127.0.0.1", server.port), 10)
        late.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        for connection in held:
            connection.close()
        late.settimeout(10)
        assert late.recv(4096).startswith(b"HTTP/1.1 200 ")


if __name__ == "__main__":
    program.main(globals())
