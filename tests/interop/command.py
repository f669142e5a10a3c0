"""The ropewalk command as its users meet it: exit statuses, hints, help, servers and clients."""
import json
import os
import socket
import subprocess
import tempfile

import _program as program
from _program import Program, free_port, raw, run

ROPEWALK = program.binary("ropewalk")


def command(*arguments, status=0, stdin=b""):
    done = subprocess.run([ROPEWALK, *arguments], input=stdin, capture_output=True, timeout=60, check=False)
    text = done.stderr.decode()
    assert done.returncode == status, f"{arguments}: {done.returncode}, not {status}:\n{text}\n{done.stdout[-500:]}"
    return done.stdout.decode("utf-8", "replace"), text


def site(files):
    folder = tempfile.TemporaryDirectory()
    for name, content in files.items():
        with open(os.path.join(folder.name, name), "wb") as file:
            file.write(content)
    return folder


def test_help_fits_a_screen_with_examples_first():
    out, _ = command("--help")
    assert len(out.splitlines()) <= 28, len(out.splitlines())
    assert out.index("Examples:") < out.index("Commands") < out.index("Options:")
    for name in ("web", "fetch", "connect", "echo"):
        out, _ = command(name, "--help")
        assert len(out.splitlines()) <= 32, (name, len(out.splitlines()))
        assert out.index("Examples:") < out.index("Options:")
        assert all(len(line) <= 120 for line in out.splitlines())


def test_version():
    out, _ = command("--version")
    assert out.startswith("ropewalk ") and out.count(".") == 2


def test_usage_errors_are_2_and_suggest_the_nearest():
    assert "did you mean '--browse'?" in command("web", "--brows", status=2)[1]
    assert "did you mean 'fetch'?" in command("fetsh", "http://x/", status=2)[1]
    assert "--help" in command(status=2)[1]
    command("web", "--listen", "999999", status=2)
    command("web", "--listen", "nonsense://x:1", status=2)
    command("--log-level", "http=loud", "web", status=2)
    command("fetch", "-H", "no colon", "http://127.0.0.1:1/", status=2)


def test_configuration_errors_are_3():
    assert "/no/such/directory" in command("web", "/no/such/directory", status=3)[1]
    command("fetch", "-d", "@/no/such/file", "http://127.0.0.1:1/", status=3)
    for option in ("--zone", "--hosts", "--block"):
        assert "/no/such/file" in command("dns", option, "/no/such/file", "-l", "127.0.0.1:0", status=3)[1]
    for option in (("--forward", "a:b:c"), ("--tsig-key", "x"), ("--allow-transfer", "x"), ("--secondary", "a@b@c")):
        command("dns", "--hosts", "/etc/hosts", *option, "-l", "127.0.0.1:0", status=2)


def test_a_port_that_is_taken_is_4_and_says_what_to_do():
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        text = command("echo", "--listen", f"127.0.0.1:{port}", status=4)[1]
        with open("/proc/self/comm") as comm:
            assert f"127.0.0.1:{port}: address already in use; {comm.read().strip()} (pid {os.getpid()}) listens there" in text, text


def test_run_time_errors_are_1_and_say_where():
    text = command("fetch", "http://127.0.0.1:1/", status=1)[1]
    assert "127.0.0.1:1" in text and "connection refused" in text, text
    assert "connection refused" in command("connect", "127.0.0.1:1", status=1)[1]


def test_servers_listen_on_loopback_unless_told():
    with Program("ropewalk", "echo", "--listen", ":0") as server:
        listening = run("ss", "-Hltn", f"sport = :{server.port}").decode()
        assert "127.0.0.1:" in listening and "*:" not in listening.split()[3]
    with Program("ropewalk", "echo", "--public", "--listen", ":0") as server:
        listening = run("ss", "-Hltn", f"sport = :{server.port}").decode()
        assert "*:" in listening or "[::]:" in listening


def test_web_serves_lists_and_stops_cleanly():
    with site({"index.html": b"<p>home", "a file": b"x" * 100_000}) as folder:
        with Program("ropewalk", "web", folder, "--listen", ":0", "--browse") as server:
            assert run("curl", "-sf", server.url + "/") == b"<p>home"
            assert len(run("curl", "-sf", server.url + "/a%20file")) == 100_000
            assert run("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", server.url + "/../etc/passwd",
                       "--path-as-is") in (b"404", b"400", b"403")
        assert server.process.returncode == 0
        assert '"GET / HTTP/1.1" 200' in server.output()


def test_fetch_shows_saves_and_reports():
    with site({"page": b"hello fetch\n", "big": os.urandom(3_000_000)}) as folder:
        with Program("ropewalk", "web", folder, "--listen", ":0") as server:
            url = server.url
            assert command("fetch", url + "/page")[0] == "hello fetch\n"
            assert "200 OK" in command("fetch", "-I", url + "/page")[0]
            assert "Content-Length: 12" in command("fetch", "-v", url + "/page")[1]
            assert "first byte" in command("fetch", "--timing", url + "/page")[1]
            record = json.loads(command("fetch", "--json", url + "/page")[0])
            assert record["status"] == 200 and record["body"] == "hello fetch\n"
            assert "404" in command("fetch", url + "/none", status=1)[1]
            with tempfile.TemporaryDirectory() as out:
                target = os.path.join(out, "copy")
                command("fetch", url + "/big", "-o", target)
                with open(target, "rb") as copy, open(os.path.join(folder, "big"), "rb") as original:
                    assert copy.read() == original.read()
                command("fetch", url + "/none", "-o", target, status=1)
                assert os.path.getsize(target) == 3_000_000  # the old file is still whole
            out, _ = command("fetch", url + "/page", url + "/page")
            assert out == "hello fetch\n" * 2


def test_the_small_protocols():
    with Program("ropewalk", "echo", "--listen", ":0") as server:
        assert raw(server.port, b"over and out", finish=True) == b"over and out"
    with Program("ropewalk", "daytime", "--listen", ":0") as server:
        assert raw(server.port, b"").endswith(b"\r\n")
    with Program("ropewalk", "discard", "--listen", ":0") as server:
        assert raw(server.port, b"x" * 100_000, finish=True) == b""
    with Program("ropewalk", "qotd", "--listen", ":0") as server:
        assert 0 < len(raw(server.port, b"")) <= 512
    with Program("ropewalk", "finger", "--listen", ":0") as server:
        assert raw(server.port, b"nobody\r\n")
    with Program("ropewalk", "chargen", "--listen", ":0") as server:
        with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
            text = b""
            while len(text) < 100_000:
                text += connection.recv(65536)
        lines = text.split(b"\r\n")
        assert all(len(line) == 72 for line in lines[:-1])


def test_connect_is_a_netcat():
    with Program("ropewalk", "echo", "--listen", ":0") as server:
        out, _ = command("connect", f"127.0.0.1:{server.port}", stdin=b"ping\n" * 30_000)
        assert out == "ping\n" * 30_000
    out, _ = command("connect", "exec:tr a-z A-Z", stdin=b"shout\n")
    assert out == "SHOUT\n"


def test_the_case_of_a_scheme_means_nothing():
    """RFC 3986 section 3.1."""
    with Program("ropewalk", "daytime", "--listen", "TCP://127.0.0.1:0") as server:
        assert command("connect", f"TCP://127.0.0.1:{server.port}")[0].endswith("\n")
    with tempfile.TemporaryDirectory() as folder, Program("ropewalk", "web", folder, "--browse", "--listen", ":0") as server:
        for scheme in ("HTTP", "Http"):
            assert "<html" in command("fetch", f"{scheme}://127.0.0.1:{server.port}/")[0]
    with tempfile.NamedTemporaryFile("w") as hosts:
        hosts.write("192.0.2.7 one.test\n")
        hosts.flush()
        with Program("ropewalk", "dns", "--hosts", hosts.name, "--listen", f"127.0.0.1:{free_port()}") as server:
            for scheme in ("TCP", "Tcp", "UDP"):
                assert command("resolve", "one.test", "--short", "--server", f"{scheme}://127.0.0.1:{server.port}")[0] == "192.0.2.7\n"


def test_web_of_a_link_serves_what_it_leads_to_now():
    with tempfile.TemporaryDirectory() as folder:
        def at(*names):
            return os.path.join(folder, *names)

        for release in ("1", "2"):
            os.makedirs(at(release, "inner"))
            with open(at(release, "file"), "w", encoding="utf-8") as file:
                file.write(release)
        os.symlink("1", at("current"))
        os.symlink("1/inner", at("deep"))
        for given in (at("current"), at("current") + "/"):
            with Program("ropewalk", "web", given, "--listen", ":0") as server:
                assert f"serving {at('current')} on" in server.output()
                assert command("fetch", server.url + "/file")[0] == "1"
                os.symlink("2", at("next"))
                os.rename(at("next"), at("current"))
                program.wait_for(lambda: command("fetch", server.url + "/file")[0] == "2", 20, "the next release")  # noqa: B023
                os.symlink("1", at("next"))
                os.rename(at("next"), at("current"))
        with Program("ropewalk", "web", at("deep", ".."), "--listen", ":0") as server:
            assert command("fetch", server.url + "/file")[0] == "1"


def test_resolve_asks_for_names_beyond_ascii_as_the_dns_has_them():
    with tempfile.NamedTemporaryFile("w") as hosts:
        hosts.write("192.0.2.8 xn--bcher-kva.test _imap.xn--bcher-kva.test\n")
        hosts.flush()
        with Program("ropewalk", "dns", "--hosts", hosts.name, "--listen", f"127.0.0.1:{free_port()}") as server:
            for name in ("bücher.test", "BÜCHER.test.", "bücher。test", "_imap.bücher.test"):
                assert command("resolve", name, "--short", "--server", f"127.0.0.1:{server.port}")[0] == "192.0.2.8\n", name
        assert "xn--" in command("resolve", f"{'ü' * 64}.test", status=2)[1]


if __name__ == "__main__":
    program.main(globals())
