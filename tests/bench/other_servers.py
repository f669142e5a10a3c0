"""nginx, HAProxy and h2o, as Debian packs them, set up to do what tls_hello does: one worker, TLS 1.3, AES-128-GCM.

Each function writes a configuration into a folder and gives the command that runs the server in the foreground. A
folder that public() has prepared holds what they serve.
"""
import os
import pwd
import socket

BULK = 1 << 30


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def public(folder):
    """What is served, readable for the accounts that these servers change to: hello, and a GiB (a hole, in memory when read)."""
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "hello.txt"), "w") as out:
        out.write("hello\n")
    with open(os.path.join(folder, "bulk"), "wb") as out:
        out.truncate(BULK)


def write(path, text):
    with open(path, "w") as out:
        out.write(text)
    return path


def nginx(folder, pair, port):
    account = pwd.getpwuid(os.getuid()).pw_name
    user = f"user {account};" if os.getuid() == 0 else ""
    config = write(os.path.join(folder, "nginx.conf"), f"""{user} daemon off; master_process off; worker_processes 1;
pid {folder}/nginx.pid; error_log /dev/null; events {{ worker_connections 8192; }}
http {{ access_log off; keepalive_requests 100000000; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;
fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
server {{ listen 127.0.0.1:{port} ssl backlog=4096; ssl_certificate {pair[0]}; ssl_certificate_key {pair[1]};
ssl_protocols TLSv1.3; ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256; ssl_conf_command NumTickets 1;
location = /bulk/{BULK} {{ alias {folder}/bulk; }}
location / {{ default_type text/plain; return 200 "hello\\n"; }} }} }}
""")
    return ["nginx", "-c", config, "-p", folder]


def haproxy(folder, pair, port):
    """It serves no files: no bulk."""
    both = os.path.join(folder, "both.pem")
    with open(both, "w") as out:
        out.write(open(pair[0]).read() + open(pair[1]).read())
    config = write(os.path.join(folder, "haproxy.cfg"), f"""global
  nbthread 1
  ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256
defaults
  mode http
  timeout client 600s
  timeout connect 5s
  timeout server 60s
frontend f
  bind 127.0.0.1:{port} ssl crt {both} backlog 4096
  http-request return status 200 content-type text/plain string "hello\\n"
""")
    return ["haproxy", "-f", config, "-db"]


def h2o(folder, pair, port):
    """Its number of tickets cannot be set: two for each handshake."""
    config = write(os.path.join(folder, "h2o.conf"), f"""num-threads: 1
user: {pwd.getpwuid(os.getuid()).pw_name}
max-connections: 8192
http1-request-timeout: 600
listen:
  host: 127.0.0.1
  port: {port}
  ssl:
    certificate-file: {pair[0]}
    key-file: {pair[1]}
    ocsp-update-interval: 0
hosts:
  default:
    paths:
      /bulk/{BULK}:
        file.file: {folder}/bulk
      /:
        file.file: {folder}/hello.txt
""")
    return ["h2o", "-m", "worker", "-c", config]


SETUPS = {"nginx": nginx, "haproxy": haproxy, "h2o": h2o}
NO_BULK = {"haproxy"}
NO_RESUME = {"h2o"}  # who comes with a ticket gets no new one from it: less work than the others do
