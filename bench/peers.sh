#!/usr/bin/env bash
# Measures userproxy against HAProxy and nginx stream, side by side in one run: same namespaces, same backends, same wrk, in turn.
#
#   bench/peers.sh [-r ROUNDS] [-d SECONDS] [-p "PATHS"] [-s "SCENARIOS"] [-o FILE]
#
# PATHS: direct haproxy nginx epoll sockets. SCENARIOS: small many 16k 1m connect idle.
# Needs root, ip, wrk, nginx with its stream module and haproxy; builds userproxy in Release. Leaves nothing behind.
set -euo pipefail
rounds=5 seconds=4 paths="direct haproxy nginx epoll sockets" scenarios="small many 16k 1m connect idle" out=/dev/stdout
while getopts r:d:p:s:o: option; do
    case $option in
        r) rounds=$OPTARG ;; d) seconds=$OPTARG ;; p) paths=$OPTARG ;; s) scenarios=$OPTARG ;; o) out=$OPTARG ;;
        *) exit 64 ;;
    esac
done
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || { echo "peers.sh: needs root for network namespaces" >&2; exit 64; }
for tool in ip wrk nginx haproxy curl dotnet python3; do
    command -v "$tool" >/dev/null || { echo "peers.sh: $tool is missing (Debian: iproute2 wrk nginx libnginx-mod-stream haproxy curl python3)" >&2; exit 64; }
done

id=upb$$
work=$(mktemp -d)
pids=()
finish() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    for _ in $(seq 50); do kill -0 "${pids[@]}" 2>/dev/null || break; sleep 0.1; done
    for pid in "${pids[@]}"; do kill -9 "$pid" 2>/dev/null || true; done
    for ns in client node pod1 pod2 pod3; do ip netns del "$id-$ns" 2>/dev/null || true; done
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

in_ns() { local ns=$1; shift; ip netns exec "$id-$ns" "$@"; }

start_in() { # namespace, log, command: in the background, with the command's own process id in $!
    local ns=$1 log=$2; shift 2
    ip netns exec "$id-$ns" "$@" </dev/null >"$log" 2>&1 &
    pids+=($!)
}

topology() {
    for ns in client node pod1 pod2 pod3; do ip netns add "$id-$ns"; in_ns $ns ip link set lo up; done
    ip link add c0 netns "$id-client" type veth peer name c1 netns "$id-node"
    in_ns client ip addr add 10.77.1.2/24 dev c0; in_ns client ip link set c0 up; in_ns client ip route add default via 10.77.1.1
    in_ns node ip addr add 10.77.1.1/24 dev c1; in_ns node ip link set c1 up
    in_ns node ip link add br0 type bridge; in_ns node ip addr add 10.77.2.1/24 dev br0; in_ns node ip link set br0 up
    in_ns node sysctl -qw net.ipv4.ip_forward=1
    for i in 1 2 3; do
        ip link add p0 netns "$id-pod$i" type veth peer name "p$i" netns "$id-node"
        in_ns node ip link set "p$i" master br0; in_ns node ip link set "p$i" up
        in_ns "pod$i" ip addr add "10.77.2.1$i/24" dev p0; in_ns "pod$i" ip link set p0 up; in_ns "pod$i" ip route add default via 10.77.2.1
    done
    # A new connection per request leaves tens of thousands of TIME_WAIT sockets: reuse them, on a wide port range, for every path alike.
    for ns in client node; do in_ns $ns sysctl -qw net.ipv4.ip_local_port_range="10240 65000" net.ipv4.tcp_tw_reuse=1; done
}

backends() {
    python3 - "$work" <<'PY'
import random, string, sys
for name, size in (("100", 100), ("16k", 16384), ("1m", 1048576)):
    open(f"{sys.argv[1]}/{name}", "w").write("".join(random.choices(string.ascii_letters, k=size)))
PY
    for i in 1 2 3; do
        cat >"$work/backend$i.conf" <<CONF
daemon off; pid $work/backend$i.pid; error_log /dev/null; worker_processes 1; worker_rlimit_nofile 16384;
events { worker_connections 8192; }
http { access_log off; keepalive_requests 100000000; sendfile on; tcp_nopush on; open_file_cache max=100; default_type text/plain;
  server { listen 80 backlog=4096; root $work; } }
CONF
        start_in "pod$i" "$work/backend$i.log" nginx -c "$work/backend$i.conf"
    done
    chmod 755 "$work"; chmod 644 "$work"/16k "$work"/1m "$work"/100
}

servers() { for i in 1 2 3; do printf '%b' "${1//@/$i}"; done; } # a line for each pod, @ is its number

start_haproxy() {
    cat >"$work/haproxy.cfg" <<CONF
global
  nbthread 2
  maxconn 4000
defaults
  mode tcp
  option splice-auto
  timeout connect 1s
  timeout client 1h
  timeout server 1h
listen front
  bind :30001
  balance roundrobin
$(servers '  server pod@ 10.77.2.1@:80\n')
CONF
    start_in node "$work/haproxy.log" haproxy -db -f "$work/haproxy.cfg"; main_pid[haproxy]=$!
}

start_nginx() {
    local module; module=$(ls /usr/lib/nginx/modules/ngx_stream_module.so 2>/dev/null || true)
    cat >"$work/stream.conf" <<CONF
${module:+load_module $module;}
daemon off; pid $work/stream.pid; error_log /dev/null; worker_processes 2; worker_rlimit_nofile 18000;
events { worker_connections 8192; }
stream { upstream pods { $(servers 'server 10.77.2.1@:80; ') }
  server { listen 30002 reuseport backlog=4096; proxy_pass pods; proxy_connect_timeout 1s; } }
CONF
    start_in node "$work/nginx.log" nginx -c "$work/stream.conf"; main_pid[nginx]=$!
}

manifest() {
    cat <<YAML
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: NodePort, ipFamilies: [IPv4], ports: [{port: 80, nodePort: $1}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{port: 80}]
endpoints:
$(servers '  - addresses: [10.77.2.1@]\n')
YAML
}

start_userproxy() { # transport port
    manifest "$2" >"$work/$1.yaml"
    start_in node "$work/$1.log" src/UserProxy.App/bin/Release/net10.0/userproxy run --manifests "$work/$1.yaml" --transport "$1" --admin-socket "$work/$1.sock"
    main_pid[$1]=$!
}

declare -A main_pid port=([haproxy]=30001 [nginx]=30002 [epoll]=30003 [sockets]=30004)
address() { if [ "$1" = direct ]; then echo "10.77.2.11:80"; else echo "10.77.1.1:${port[$1]}"; fi; }

wait_for() { # path
    for _ in $(seq 100); do
        if in_ns client curl -sf -o /dev/null --max-time 1 "http://$(address "$1")/100"; then return; fi
        sleep 0.1
    done
    echo "peers.sh: $1 does not answer" >&2; cat "$work/$1.log" >&2 || true; exit 1
}

check() { # the answer is right before it is timed
    for body in 100 16k 1m; do
        in_ns client curl -sf "http://$(address "$1")/$body" | cmp -s - "$work/$body" || { echo "peers.sh: $1 returned a wrong $body" >&2; exit 1; }
    done
}

load() { # path scenario -> requests/s p50ms p99ms errors
    local body=100 connections=64 header=() ; case $2 in
        small) ;; many) connections=1000 ;; 16k) body=16k ;; 1m) body=1m connections=16 ;; connect) header=(-H "Connection: close") ;;
    esac
    in_ns client wrk -t2 -c"$connections" -d"${seconds}s" --latency "${header[@]}" "http://$(address "$1")/$body" |
        python3 -c '
import re, sys
text = sys.stdin.read()
def ms(p):
    m = re.search(r"\n\s+%s%%\s+([\d.]+)(us|ms|s)" % p, text)
    return float(m[1]) * {"us": 0.001, "ms": 1, "s": 1000}[m[2]] if m else float("nan")
errors = sum(int(n) for n in re.findall(r"(?:connect|read|write|timeout) (\d+)", text)) + sum(int(n) for n in re.findall(r"Non-2xx.*: (\d+)", text))
print(re.search(r"Requests/sec:\s+([\d.]+)", text)[1], ms(50), ms(99), errors)'
}

resident() { # KiB of a process and its children
    local sum=0 pid; for pid in $1 $(pgrep -P "$1" || true); do
        sum=$((sum + $(awk '/^VmRSS/{print $2}' "/proc/$pid/status" 2>/dev/null || echo 0))); done; echo "$sum"
}

idle() { # path -> bytes per idle connection, KiB in all
    local before after; before=$(resident "${main_pid[$1]}")
    in_ns client python3 - "$(address "$1")" 2000 "$work/idle.ready" "$work/idle.done" <<'PY' &
import os, socket, sys, time
host, port = sys.argv[1].split(":"); n = int(sys.argv[2])
held = [socket.create_connection((host, int(port)), 5) for _ in range(n)]
for s in held: s.sendall(b"GET /100 HTTP/1.1\r\nHost: x\r\n\r\n")
for s in held: s.recv(4096)
open(sys.argv[3], "w").close()
for _ in range(600):
    if os.path.exists(sys.argv[4]): break
    time.sleep(0.1)
PY
    local client=$!
    for _ in $(seq 300); do [ -e "$work/idle.ready" ] && break; sleep 0.1; done
    sleep 1; after=$(resident "${main_pid[$1]}"); touch "$work/idle.done"; wait "$client"; rm -f "$work/idle.ready" "$work/idle.done"
    echo "$(( (after - before) * 1024 / 2000 )) $after $before 0"
}

[ -n "${SKIP_BUILD:-}" ] || dotnet build -c Release src/UserProxy.App -v quiet -nologo >&2
topology
backends
for path in $paths; do case $path in
    direct) ;; haproxy) start_haproxy ;; nginx) start_nginx ;; epoll | sockets) start_userproxy "$path" "${port[$path]}" ;;
esac; done
for path in $paths; do wait_for "$path"; check "$path"; done
for path in $paths; do load "$path" small >/dev/null; done # warm-up: caches, tiered compilation

for scenario in $scenarios; do
    for round in $(seq "$rounds"); do
        for path in $paths; do
            if [ "$scenario" = idle ]; then
                if [ "$path" = direct ] || [ "$round" != 1 ]; then continue; fi
                echo "$scenario $path $round $(idle "$path")"
            else
                echo "$scenario $path $round $(load "$path" "$scenario")"
            fi >>"$work/results"
        done
    done
    echo "peers.sh: $scenario done" >&2
done
python3 - "$work/results" "$rounds" "$seconds" >"$out" <<'PY'
import collections, statistics, sys
rows = collections.OrderedDict()
for line in open(sys.argv[1]):
    scenario, path, _, *figures = line.split()
    rows.setdefault(scenario, collections.OrderedDict()).setdefault(path, []).append([float(f) for f in figures])
title = {"small": "100 B, 64 connections", "many": "100 B, 1,000 connections", "16k": "16 KiB, 64 connections", "1m": "1 MiB, 16 connections",
         "connect": "new connection per request, 64 at a time"}
for scenario, paths in rows.items():
    if scenario == "idle":
        print("| 2,000 idle connections | bytes each | KiB resident, whole | before |\n|---|---|---|---|")
        for path, runs in paths.items():
            print(f"| {path} | {runs[0][0]:.0f} | {runs[0][1]:.0f} | {runs[0][2]:.0f} |")
        continue
    median = {p: [statistics.median(r[i] for r in runs) for i in range(3)] for p, runs in paths.items()}
    peers = [p for p in ("haproxy", "nginx") if p in median]
    best = max((median[p][0] for p in peers), default=None)
    best_p99 = min((median[p][2] for p in peers), default=None)
    print(f"| {title[scenario]} | requests/s | min-max | of best peer | p50 ms | p99 ms (min-max) | of best peer | errors |\n|---|---|---|---|---|---|---|---|")
    for path, runs in paths.items():
        rps, p50, p99 = median[path]
        ratio = f"x{rps / best:.2f}" if best else ""
        ratio99 = f"x{p99 / best_p99:.2f}" if best_p99 else ""
        print(f"| {path} | {rps:,.0f} | {min(r[0] for r in runs):,.0f}-{max(r[0] for r in runs):,.0f} | {ratio} | {p50:.2f} | {p99:.2f} ({min(r[2] for r in runs):.1f}-{max(r[2] for r in runs):.1f}) | {ratio99} | {sum(r[3] for r in runs):.0f} |")
    print()
PY
