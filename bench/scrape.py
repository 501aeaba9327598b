"""The measuring half of scrape.sh: see there."""
import os, re, socket, statistics, subprocess, sys, tempfile, threading, time

program, services, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
METRICS, FIRST = 39249, 20000


def echo(listener):
    while True:
        client, _ = listener.accept()
        threading.Thread(target=serve, args=(client,), daemon=True).start()


def serve(client):
    with client:
        while data := client.recv(4096):
            client.sendall(data)


def manifest(backend):
    for i in range(services):
        yield (f"---\n{{apiVersion: v1, kind: Service, metadata: {{name: a-service-of-common-length-{i}, namespace: production}}, "
               f"spec: {{type: NodePort, ports: [{{name: http, port: 80, nodePort: {FIRST + i}}}]}}}}\n"
               f"---\n{{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {{name: s-{i}, namespace: production, labels: "
               f"{{kubernetes.io/service-name: a-service-of-common-length-{i}}}}}, addressType: IPv4, ports: [{{name: http, port: {backend}}}], "
               f"endpoints: [{{addresses: ['127.0.0.1']}}]}}\n")


def scrape():
    # By curl: Python takes as long to read 8 MB as the proxy to write them.
    done = subprocess.run(["curl", "-s", "-w", "\n%{time_total}", f"http://127.0.0.1:{METRICS}/metrics"], stdout=subprocess.PIPE, check=True)
    body, took = done.stdout.rsplit(b"\n", 1)
    return float(took) * 1000, body


def processor(body):
    return float(re.search(rb"^process_cpu_seconds_total (\S+)", body, re.M).group(1)) * 1000


def ask(port):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(b"x")
        assert client.recv(16) == b"x"


def load():
    """Requests on one open connection, one after the other: the times they took, in ms."""
    took = []
    with socket.create_connection(("127.0.0.1", FIRST)) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        end = time.perf_counter() + seconds
        while (start := time.perf_counter()) < end:
            client.sendall(b"x")
            client.recv(16)
            took.append((time.perf_counter() - start) * 1000)
    return sorted(took)


def percentile(sorted_values, part):
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * part))]


def say(what, took):
    print(f"{what}: {len(took) / seconds:.0f} requests/s, p50 {percentile(took, 0.5):.3f} ms, p99 {percentile(took, 0.99):.3f} ms, worst {took[-1]:.2f} ms")


with tempfile.TemporaryDirectory() as folder:
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    threading.Thread(target=echo, args=(listener,), daemon=True).start()
    path = os.path.join(folder, "services.yaml")
    with open(path, "w") as file:
        file.writelines(manifest(listener.getsockname()[1]))
    proxy = subprocess.Popen(
        [program, "run", "--manifests", path, "--cluster-ips", "off", "--node-port-addresses", "127.0.0.0/8", "--healthz-bind-address", "off",
         "--metrics-bind-address", f"127.0.0.1:{METRICS}", "--admin-socket", os.path.join(folder, "a.sock"), "--log-level", "warning"])
    try:
        for _ in range(600):
            try:
                ask(FIRST + services - 1)
                break
            except OSError:
                time.sleep(0.1)
        for i in range(services):
            ask(FIRST + i)
        for _ in range(20):  # compiled by then
            scrape()
        took, body = zip(*(scrape() for _ in range(20)))
        lines = body[-1].count(b"\n")
        print(f"{services} Services: {len(body[-1]) / 1e6:.2f} MB, {lines} lines; 20 scrapes: median {statistics.median(took):.1f} ms, worst {max(took):.1f} ms, "
              f"{(processor(body[-1]) - processor(body[0])) / 19:.1f} ms of a processor each")
        say("without scrapes", load())
        # A process of its own: the client here must not wait for this interpreter's lock.
        scraper = subprocess.Popen(["sh", "-c", f"while :; do curl -s -o /dev/null http://127.0.0.1:{METRICS}/metrics; sleep 1; done"])
        say("one scrape a second", load())
        scraper.terminate()
        scraper.wait()
    finally:
        proxy.terminate()
        proxy.wait()
