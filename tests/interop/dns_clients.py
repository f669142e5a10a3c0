"""What people ask name servers with: dig, kdig, drill, curl, dnspython, dnsperf and resperf against ours, over UDP, TCP, TLS
and HTTPS: HTTP/1.1 as ours speaks it, and HTTP/2 through nginx, since dig and kdig speak nothing older.
dns_clients.py --ours bind asks BIND the same."""
import argparse
import base64
import os
import re
import ssl
import sys
import tempfile

import _dns_servers as servers
import _program as program
from _dns import A, CNAME, MX, RD_BIT, Answer, Question, encode, wire
from _pki import Pki
from _program import run

for tool in ("dig", "kdig", "drill", "curl", "dnsperf", "resperf", "nginx"):
    program.need(tool)

try:
    import dns.message
    import dns.query
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

peer = "ours"
server = pki = None


def dig(*words, port=None, tool="dig"):
    arguments = [tool, "@127.0.0.1", "-p", str(port or server.port)]
    arguments += ["+tries=2", "+time=5"] if tool == "dig" else ["+retry=1", "+time=5"]
    return run(*arguments, *words).decode()


def status(text):
    return re.search(r"status: ([A-Z]\w+)", text)[1]


def flags(text):
    return set(re.search(r";; flags:? ([a-z ]*);", text, re.I)[1].split())


def answers(text):
    """The records of a dig-like output, their fields joined by single spaces."""
    return [" ".join(line.split()) for line in text.splitlines() if line and not line.startswith(";")]


def test_dig_shows_an_address():
    text = dig("MiXeD.example.test", "A")
    assert status(text) == "NOERROR" and {"qr", "aa"} <= flags(text), text
    assert [each.lower() for each in answers(text)][0] == "mixed.example.test. 3600 in a 192.0.2.94", text


def test_dig_follows_a_chain_in_order():
    text = dig("chain3.example.test", "A", "+noall", "+answer")
    assert answers(text) == ["chain3.example.test. 3600 IN CNAME chain4.example.test.", "chain4.example.test. 3600 IN CNAME chain5.example.test.",
                             "chain5.example.test. 3600 IN CNAME multi.types.example.test.", "multi.types.example.test. 3600 IN A 192.0.2.6"], text


def test_dig_tells_nothing_there_from_nothing_of_that_type():
    for name, expected in (("nowhere.example.test", "NXDOMAIN"), ("mail.sub.example.test", "NOERROR")):
        text = dig(name, "TXT")
        assert status(text) == expected and "ANSWER: 0, AUTHORITY: 1" in text, text
        assert re.search(r"^example\.test\.\s+300\s+IN\s+SOA\s", text, re.M), text


def test_dig_gets_no_answer_about_what_is_not_served():
    assert status(dig("www.elsewhere.net", "A")) == "REFUSED"


def test_dig_with_and_without_edns():
    assert "EDNS: version: 0" in dig("example.test", "SOA", "+edns=0")
    assert "OPT PSEUDOSECTION" not in dig("example.test", "SOA", "+noedns")
    text = dig("example.test", "SOA", "+edns=1", "+noednsnegotiation")
    assert status(text) == "BADVERS" and "EDNS: version: 0" in text, text
    assert status(dig("example.test", "SOA", "+ednsopt=65001:abcdef")) == "NOERROR"
    assert "do" in flags(dig("example.test", "SOA", "+dnssec").replace("; EDNS: version: 0, flags:", ";; flags:", 1).split("OPT PSEUDOSECTION:\n")[1])


def test_dig_cookies_are_confirmed():
    first = dig("example.test", "SOA", "+cookie=0123456789abcdef")
    cookie = re.search(r"; COOKIE: (0123456789abcdef[0-9a-f]{16,64}) \(good\)", first)
    assert cookie, first
    again = dig("example.test", "SOA", "+cookie=" + cookie[1])
    assert status(again) == "NOERROR" and "(good)" in again, again
    wrong = dig("example.test", "SOA", "+cookie=0123456789abcdef" + "00" * 16, "+nobadcookie")
    assert status(wrong) in ("NOERROR", "BADCOOKIE") and "(good)" in wrong, wrong
    assert "COOKIE" not in dig("example.test", "SOA", "+nocookie")


def test_dig_cookies_of_a_wrong_length_are_malformed():
    for length in (1, 7, 9, 15, 41):
        text = dig("example.test", "SOA", "+nocookie", "+ednsopt=COOKIE:" + "ab" * length)
        assert status(text) == "FORMERR", (length, text)


def test_dig_truncation_leads_to_tcp():
    cut = dig("a200.large.example.test", "A", "+noedns", "+ignore")
    assert "tc" in flags(cut), cut
    whole = dig("a200.large.example.test", "A", "+noedns")
    assert "Truncated, retrying in TCP mode" in whole and "ANSWER: 200" in whole, whole


def test_dig_sizes_are_kept_to():
    for size in (512, 700, 1232, 4096):
        text = dig("txt100.large.example.test", "TXT", f"+bufsize={size}", "+ignore")
        assert "tc" in flags(text), text
        assert int(re.search(r"MSG SIZE\s+rcvd: (\d+)", text)[1]) <= size, text


def test_dig_recursion_is_not_offered():
    assert "recursion requested but not available" in dig("example.test", "SOA", "+rec")
    assert "rd" not in flags(dig("example.test", "SOA", "+norec"))


def test_dig_client_subnet_and_name_server_id_do_no_harm():
    text = dig("example.test", "SOA", "+subnet=192.0.2.0/24", "+nsid")
    assert status(text) == "NOERROR" and "ANSWER: 1" in text, text
    scope = re.search(r"CLIENT-SUBNET: 192\.0\.2\.0/24/(\d+)", text)
    assert "CLIENT-SUBNET" not in text or scope[1] == "0", text


def test_dig_other_opcodes_are_not_implemented():
    for opcode in (1, 2, 3, 6, 15):
        text = dig("example.test", "SOA", f"+opcode={opcode}")
        assert status(text) == "NOTIMP", (opcode, text)
        assert f"opcode: {['QUERY', 'IQUERY', 'STATUS', 'RESERVED3', 'NOTIFY', 'UPDATE'][opcode] if opcode < 6 else 'RESERVED'}" in text, text
    if peer != "bind":
        assert status(dig("example.test", "SOA", "+opcode=5")) == "NOTIMP"  # UPDATE
        assert status(dig("example.test", "SOA", "+opcode=4")) in ("NOTIMP", "NOTAUTH", "REFUSED")  # NOTIFY: we are no secondary


def test_dig_over_tcp_keeps_the_connection():
    text = dig("+tcp", "+keepopen", "www.example.test", "A", "a.types.example.test", "A", "nowhere.example.test", "A")
    assert re.findall(r"status: ([A-Z]\w+)", text) == ["NOERROR", "NOERROR", "NXDOMAIN"] and text.count("(TCP)") == 3, text


def test_dig_over_tls():
    text = dig("a200.large.example.test", "A", "+tls", "+tls-ca=" + pki.authority, "+tls-hostname=localhost", port=server.dot)
    assert "ANSWER: 200" in text and "(TLS)" in text, text


def test_kdig_over_tls_keeps_the_connection():
    text = dig("+tls", "+tls-ca=" + pki.authority, "+tls-hostname=localhost", "+keepopen", "+padding", "www.example.test", "A",
               "txt100.large.example.test", "TXT", "nowhere.example.test", "A", port=server.dot, tool="kdig")
    assert re.findall(r"status: ([A-Z]\w+)", text) == ["NOERROR", "NOERROR", "NXDOMAIN"] and "ANSWER: 100" in text, text


def https_port():
    """BIND's own, which speaks HTTP/2; ours behind nginx."""
    return server.doh if peer == "bind" else front.port


def test_dig_and_kdig_over_https():
    for tool in ("dig", "kdig"):
        for method in ("+https=/dns-query", "+https-get"):
            more = ["+tls-ca=" + pki.authority, "+tls-hostname=localhost"]
            words = [method, *more] if tool == "dig" or method != "+https-get" else ["+https=/dns-query", method, *more]
            text = dig("mx2.types.example.test", "MX", *words, port=https_port(), tool=tool)
            assert status(text) == "NOERROR" and "ANSWER: 7" in text, text


def fetched(*words, **options):
    """What curl gets from our own HTTPS port: HTTP version, status, type, and the message."""
    out = run("curl", "-sS", "--cacert", pki.authority, "-w", "\\n%{http_version} %{http_code} %{content_type}", *words, **options)
    body, _, about = out.rpartition(b"\n")
    return about.decode(), body


def test_curl_asks_over_https_by_both_methods():
    url = f"https://localhost:{server.doh}/dns-query"
    question = encode(Question(wire("mx2.types.example.test"), MX, RD_BIT, (1232, False), True, 1), 0)
    in_url = base64.urlsafe_b64encode(question).rstrip(b"=").decode()
    post = ["-H", "content-type: application/dns-message", "--data-binary", "@-", url]
    for words, sent in ((["--get", "--data-urlencode", "dns=" + in_url, url], b""), (post, question)):
        about, message = fetched(*words, input=sent)
        version = "2" if peer == "bind" else "1.1"
        assert about == f"{version} 200 application/dns-message", about
        assert Answer(message).rcode == 0 and len(Answer(message).answer) == 7, message
    assert fetched(url)[0].split()[1] == "400", "no question"
    if peer != "bind":
        assert fetched("-X", "PUT", *post, input=question)[0].split()[1] == "405"
        assert fetched("-H", "content-type: text/plain", *post[2:], input=question)[0].split()[1] == "415"


NEARBY = "$ORIGIN nearby.test.\n$TTL 60\n@ IN SOA ns a 1 2 3 4 5\n@ IN NS ns\nns IN A 127.0.0.1\nweb IN CNAME ns\n"


def test_curl_looks_names_up_over_https():
    """Nobody but our server knows the name: that its page comes shows who was asked."""
    pair, doh = pki.issue("localhost", names="DNS:localhost,DNS:web.nearby.test"), servers.free_port()
    with servers.Ours({"nearby.test": NEARBY}, arguments=["--doh", f"127.0.0.1:{doh}", "--tls", ",".join(pair)]):
        question = encode(Question(wire("web.nearby.test"), A, 0, None, True, 1), 0)
        about, message = fetched("--doh-url", f"https://localhost:{doh}/dns-query", "--noproxy", "*", "-H", "content-type: application/dns-message",
                                 "--data-binary", "@-", f"https://web.nearby.test:{doh}/dns-query", input=question)
        assert about == "1.1 200 application/dns-message", about
        assert [each.type for each in Answer(message).answer] == [CNAME, A]


def test_dnspython_asks_over_tls():
    question = dns.message.make_query("txt100.large.example.test", "TXT", use_edns=0, pad=128)
    context = ssl.create_default_context(cafile=pki.authority)
    answer = dns.query.tls(question, "127.0.0.1", port=server.dot, timeout=20, ssl_context=context, server_hostname="localhost")
    assert len(answer.answer[0]) == 100, answer


def test_kdig_over_udp_and_tcp():
    for words in ((), ("+tcp",), ("+edns",), ("+noedns",), ("+dnssec",), ("+cookie",), ("+nsid",), ("+subnet=192.0.2.0/24",), ("+padding",)):
        text = dig("multi.types.example.test", "MX", *words, tool="kdig")
        assert status(text) == "NOERROR", text
        assert answers(text)[0] == "multi.types.example.test. 3600 IN MX 1 multi.types.example.test.", text


def test_kdig_many_questions_on_one_stream():
    names = [f"n{number}.wild.example.test" for number in range(50)]
    text = dig("+tcp", "+keepopen", "+short", *[word for name in names for word in (name, "A")], tool="kdig")
    assert text.split() == ["192.0.2.10"] * 50, text


def test_drill():
    for words in ((), ("-t",), ("-D",), ("-b", "4096")):
        text = run("drill", "-p", str(server.port), *words, "@127.0.0.1", "_sip._tcp.srv.types.example.test", "SRV").decode()
        assert "rcode: NOERROR" in text and "ANSWER: 3" in text, text
    text = run("drill", "-p", str(server.port), "-a", "@127.0.0.1", "a200.large.example.test", "A").decode()
    assert "ANSWER: 200" in text, text


def load_file():
    file = tempfile.NamedTemporaryFile("w", suffix=".names")
    for number in range(200):
        file.write(f"n{number}.wild.example.test A\nhost{number % 20 + 1}.large.example.test AAAA\nno{number}.example.test TXT\n")
    file.flush()
    return file


def test_dnsperf_loses_nothing():
    with load_file() as names:
        modes = {"udp": server.port, "tcp": server.port, "dot": server.dot}
        for mode, port in modes.items():
            text = run("dnsperf", "-m", mode, "-s", "127.0.0.1", "-p", str(port), "-d", names.name, "-n", "5", "-q", "64", "-c", "4").decode()
            assert "Queries completed:    3000 (100.00%)" in text, (mode, text)
            assert "NOERROR 2000 (66.67%), NXDOMAIN 1000 (33.33%)" in text, (mode, text)


def test_resperf_over_udp_and_tcp():
    """It sends at a rate, whatever comes back: what a busy machine loses of that over UDP is nobody's fault; over TCP it is."""
    with load_file() as names, tempfile.TemporaryDirectory() as folder:
        for mode in ("udp", "tcp"):
            text = run("resperf", "-M", mode, "-s", "127.0.0.1", "-p", str(server.port), "-d", names.name, "-R", "-m", "2000", "-r", "1", "-P",
                       os.path.join(folder, "plot"), "-i", "0.5", "-t", "10", "-C", "4").decode()
            sent, completed = (int(re.search(rf"Queries {word}:\s+(\d+)", text)[1]) for word in ("sent", "completed"))
            assert sent > 100 and completed > 50 and (mode == "udp" or completed == sent), text
            codes = re.findall(r"([A-Z]+) \d+ \(", text[text.index("Response codes:"):])
            assert codes == ["NOERROR", "NXDOMAIN"], text


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ours", default="ours", choices=["ours", "bind"])
    peer = parser.parse_args().ours
    pki = Pki()
    try:
        pair = pki.issue("localhost")
        with servers.started(peer, tls=pair) as server:
            if peer == "bind":
                program.main(globals())
            with servers.Front(behind=server.doh, pair=pair) as front:
                program.main(globals())
    finally:
        pki.close()
