#!/usr/bin/env bash
# Measures userproxy's UDP against kube-proxy's iptables rules and nginx stream, side by side in one run: same namespaces, same DNS servers, same load, in turn.
#
#   bench/udp.sh [-r ROUNDS] [-d SECONDS] [-p "PATHS"] [-s "SCENARIOS"] [-o FILE]
#
# PATHS: direct iptables nginx userproxy userproxy2, and nginx's settings one by one (see start_nginx): nginx-plain nginx-once nginx-exact nginx-custom.
# SCENARIOS: long (dnsperf, 8 client ports, 200 outstanding), fixed (the same by UdpLoad: percentiles, and what UdpLoad itself can do), churn (a new
# client port every 4 queries), half (8 client ports, half the rate of the path's long: nothing may be lost), flood (half beside spoofed datagrams).
# Environment: USERPROXY_BIN, USERPROXY_BIN2 (the executables of userproxy and userproxy2: two builds in one run), USERPROXY_ARGS (more arguments of
# run), USERPROXY_ARGS2 (of userproxy2, when they differ), NGINX_UDP (directives of nginx-custom), SKIP_BUILD. Needs root; leaves nothing behind.
set -euo pipefail
rounds=5 seconds=4 paths="direct iptables nginx userproxy" scenarios="long churn half" out=
while getopts r:d:p:s:o: option; do
    case $option in
        r) rounds=$OPTARG ;; d) seconds=$OPTARG ;; p) paths=$OPTARG ;; s) scenarios=$OPTARG ;; o) out=$OPTARG ;;
        *) exit 64 ;;
    esac
done
case $out in "" | /*) ;; *) out=$PWD/$out ;; esac
for binary in USERPROXY_BIN USERPROXY_BIN2; do
    case ${!binary:-} in "" | /*) ;; *) declare "$binary=$PWD/${!binary}" ;; esac
done
cd "$(dirname "$0")/.."
USERPROXY_BIN=${USERPROXY_BIN:-src/UserProxy.App/bin/Release/net10.0/userproxy}
load_dll=bench/UserProxy.UdpLoad/bin/Release/net10.0/UserProxy.UdpLoad.dll
[ "$(id -u)" = 0 ] || { echo "udp.sh: needs root for network namespaces" >&2; exit 64; }
for tool in ip knotd dnsperf dig nginx iptables-restore nft dotnet python3; do
    command -v "$tool" >/dev/null || { echo "udp.sh: $tool is missing (Debian: iproute2 knot dnsperf dnsutils nginx libnginx-mod-stream iptables nftables python3)" >&2; exit 64; }
done
case " $scenarios " in *" flood "*) command -v hping3 >/dev/null || { echo "udp.sh: hping3 is missing" >&2; exit 64; } ;; esac

id=upu$$
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

# In the foreground, so that Ctrl-C reaches the load too.
limited_in() { local ns=$1 limit=$2; shift 2; timeout --foreground -k 2 "$limit" ip netns exec "$id-$ns" "$@"; }

start_in() { # namespace, log, command: in the background, with the command's own process id in $!
    local ns=$1 log=$2; shift 2
    ip netns exec "$id-$ns" "$@" </dev/null >"$log" 2>&1 &
    pids+=($!)
}

# A port comes again only when all ports of all these addresses were used: churn must not meet the flows that a proxy still remembers.
sources=10.77.1.2,10.77.1.3,10.77.1.4,10.77.1.5

topology() {
    for ns in client node pod1 pod2 pod3; do ip netns add "$id-$ns"; in_ns $ns ip link set lo up; done
    ip link add c0 netns "$id-client" type veth peer name c1 netns "$id-node"
    for address in ${sources//,/ }; do in_ns client ip addr add "$address/24" dev c0; done
    in_ns client ip link set c0 up; in_ns client ip route add default via 10.77.1.1
    in_ns node ip addr add 10.77.1.1/24 dev c1; in_ns node ip link set c1 up
    # Answers to spoofed addresses need somewhere to go; the client does not forward, so they end there.
    in_ns node ip route add default via 10.77.1.2
    in_ns node ip link add br0 type bridge; in_ns node ip addr add 10.77.2.1/24 dev br0; in_ns node ip link set br0 up
    in_ns node sysctl -qw net.ipv4.ip_forward=1
    for i in 1 2 3; do
        ip link add p0 netns "$id-pod$i" type veth peer name "p$i" netns "$id-node"
        in_ns node ip link set "p$i" master br0; in_ns node ip link set "p$i" up
        in_ns "pod$i" ip addr add "10.77.2.1$i/24" dev p0; in_ns "pod$i" ip link set p0 up; in_ns "pod$i" ip route add default via 10.77.2.1
    done
    # A proxy's flows towards the Pods take a local port each: a wide range, for every path alike.
    for ns in client node; do in_ns $ns sysctl -qw net.ipv4.ip_local_port_range="10240 65000"; done
}

backends() {
    python3 - "$work" <<'PY'
import random, string, sys
random.seed(1)
text = lambda size: " ".join('"%s"' % "".join(random.choices(string.ascii_letters, k=min(200, size - at))) for at in range(0, size, 200))
with open(f"{sys.argv[1]}/zone", "w") as zone:
    print("$ORIGIN bench.test.\n$TTL 60\n@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS ns\nns A 10.99.0.0", file=zone)
    # Over 512 bytes; over 1,232, the usual EDNS size; over the MTU, so that the answer comes in fragments.
    for name, size in (("medium", 1000), ("large", 1300), ("big", 3000)): print(f"{name} TXT {text(size)}", file=zone)
    for i in range(256): print(f"h{i} A 10.99.0.{i}", file=zone)
with open(f"{sys.argv[1]}/queries", "w") as queries:
    for i in range(256): print(f"h{i}.bench.test A", file=queries)
PY
    for i in 1 2 3; do
        mkdir "$work/knot$i"
        # Without udp-max-payload, knot cuts every answer over 1,232 bytes, whatever size the client offers.
        cat >"$work/knot$i.conf" <<CONF
server:
  rundir: $work/knot$i
  listen: 10.77.2.1$i@53
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
  udp-max-payload: 4096
database:
  storage: $work/knot$i
zone:
- domain: bench.test
  file: $work/zone
  zonefile-sync: -1
  journal-content: none
CONF
        start_in "pod$i" "$work/knot$i.log" knotd -c "$work/knot$i.conf"
        deepen $! || { cat "$work/knot$i.log" >&2; exit 1; }
    done
}

# knot has no setting for its receive buffer, and the kernel's default holds fewer than the 200 small datagrams that may come at once: what a Pod drops
# would be counted as the proxy's loss. So its sockets are borrowed (pidfd_getfd(2)) and given one.
deepen() { # process id of a knotd
    python3 - "$1" <<'PY'
import ctypes, os, socket, sys, time
pid = int(sys.argv[1])
pidfd_getfd, SO_RCVBUFFORCE = 438, 33
libc = ctypes.CDLL(None, use_errno=True)
for _ in range(100):
    pidfd, done = os.pidfd_open(pid), False
    for fd in map(int, os.listdir(f"/proc/{pid}/fd")):
        if not os.readlink(f"/proc/{pid}/fd/{fd}").startswith("socket:"): continue
        taken = libc.syscall(pidfd_getfd, pidfd, fd, 0)
        if taken < 0: continue
        with socket.socket(fileno=taken) as own:
            if own.family == socket.AF_INET and own.type == socket.SOCK_DGRAM:
                own.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 4 << 20)
                done = True
    os.close(pidfd)
    if done: sys.exit(0)
    time.sleep(0.1)
sys.exit("udp.sh: knotd has no UDP socket")
PY
}

servers() { for i in 1 2 3; do printf '%b' "${1//@/$i}"; done; } # a line for each pod, @ is its number

# What kube-proxy 1.3x writes in iptables mode for a NodePort with three endpoints: KUBE-EXT marks, then KUBE-SVC, KUBE-SEP, masquerade after routing.
# Only while it is this path's turn: connection tracking would cost every other path on this node a part of its packets.
iptables_on() {
    local protocols=(udp tcp) p i
    {
        echo "*nat"
        for p in SERVICES NODEPORTS POSTROUTING MARK-MASQ; do echo ":KUBE-$p - [0:0]"; done
        for p in "${protocols[@]}"; do echo ":KUBE-EXT-$p - [0:0]"; echo ":KUBE-SVC-$p - [0:0]"; for i in 1 2 3; do echo ":KUBE-SEP-$p$i - [0:0]"; done; done
        echo "-A PREROUTING -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES"
        echo "-A OUTPUT -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES"
        echo "-A POSTROUTING -m comment --comment \"kubernetes postrouting rules\" -j KUBE-POSTROUTING"
        echo "-A KUBE-SERVICES -m comment --comment \"kubernetes service nodeports; NOTE: this must be the last rule in this chain\" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS"
        echo "-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN"
        echo "-A KUBE-POSTROUTING -j MARK --xor-mark 0x4000"
        echo "-A KUBE-POSTROUTING -m comment --comment \"kubernetes service traffic requiring SNAT\" -j MASQUERADE --random-fully"
        echo "-A KUBE-MARK-MASQ -j MARK --or-mark 0x4000"
        for p in "${protocols[@]}"; do
            echo "-A KUBE-NODEPORTS -p $p -m comment --comment bench/dns:$p -m $p --dport ${port[iptables]} -j KUBE-EXT-$p"
            echo "-A KUBE-EXT-$p -m comment --comment \"masquerade traffic for bench/dns:$p external destinations\" -j KUBE-MARK-MASQ"
            echo "-A KUBE-EXT-$p -j KUBE-SVC-$p"
            echo "-A KUBE-SVC-$p -m statistic --mode random --probability 0.33333333349 -j KUBE-SEP-${p}1"
            echo "-A KUBE-SVC-$p -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-${p}2"
            echo "-A KUBE-SVC-$p -j KUBE-SEP-${p}3"
            for i in 1 2 3; do
                echo "-A KUBE-SEP-$p$i -s 10.77.2.1$i/32 -j KUBE-MARK-MASQ"
                echo "-A KUBE-SEP-$p$i -p $p -m $p -j DNAT --to-destination 10.77.2.1$i:53"
            done
        done
        echo COMMIT
    } >"$work/iptables"
    in_ns node iptables-restore "$work/iptables"
}

# With its last rule the kernel also takes connection tracking out of the packets' way.
iptables_off() { in_ns node nft flush ruleset; in_ns node iptables-legacy -t nat -F 2>/dev/null || true; }

# A UDP session of nginx lives until proxy_timeout (10 minutes, if unset), with a descriptor of its own: left at that, churn ends in "worker_connections
# are not enough" within seconds. So each way of ending sessions is a server of its own, and "nginx" takes the fastest for the scenario (nginx_best):
#   plain   proxy_timeout alone, 1 s: a session lives as long as its client sends, as userproxy's do. The fastest with long flows, and the least
#           processor time; with churn the sessions that wait for their end slow it down (of exact: x0.5).
#   once    proxy_responses 1: the session ends when every query so far has its answer; the port's next query begins a new one.
#   exact   told what the load does, 4 queries of one answer each: the session ends with the last of them. The fastest with churn, though nobody can
#           set it so for clients that are not a benchmark.
#   custom  whatever NGINX_UDP says. "proxy_timeout 200ms;" was level with exact in churn, but lost queries on a busy machine.
# Without max_fails=0 one lost datagram takes a Pod out for ten seconds, and three of them stop everything.
start_nginx() {
    local module settings; module=$(ls /usr/lib/nginx/modules/ngx_stream_module.so 2>/dev/null || true)
    {
        cat <<CONF
${module:+load_module $module;}
daemon off; pid $work/stream.pid; error_log $work/nginx-errors.log; worker_processes 2; worker_rlimit_nofile 18000;
events { worker_connections 32768; }
stream { upstream pods { $(servers 'server 10.77.2.1@:53 max_fails=0; ') }
CONF
        for settings in plain once exact custom; do
            local at=${port[nginx-$settings]} directives
            case $settings in
                plain) directives="proxy_timeout 1s;" ;;
                once) directives="proxy_timeout 1s; proxy_responses 1;" ;;
                exact) directives="proxy_timeout 1s; proxy_requests 4; proxy_responses 1;" ;;
                custom) directives=${NGINX_UDP:-} ;;
            esac
            echo "  server { listen $at udp reuseport rcvbuf=1m sndbuf=1m; proxy_pass pods; $directives }"
            echo "  server { listen $at reuseport; proxy_pass pods; proxy_connect_timeout 1s; }"
        done
        echo "}"
    } >"$work/stream.conf"
    start_in node "$work/nginx.log" nginx -c "$work/stream.conf"
    for settings in "" -plain -once -exact -custom; do main_pid[nginx$settings]=$!; done
}

nginx_best() { case $1 in churn) echo nginx-exact ;; *) echo nginx-plain ;; esac; }

manifest() {
    cat <<YAML
apiVersion: v1
kind: Service
metadata: {name: dns}
spec:
  type: NodePort
  ipFamilies: [IPv4]
  ports:
  - {name: udp, protocol: UDP, port: 53, nodePort: $1}
  - {name: tcp, protocol: TCP, port: 53, nodePort: $1}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: dns-1, labels: {kubernetes.io/service-name: dns}}
addressType: IPv4
ports: [{name: udp, protocol: UDP, port: 53}, {name: tcp, protocol: TCP, port: 53}]
endpoints:
$(servers '  - addresses: [10.77.2.1@]\n')
YAML
}

start_userproxy() { # path executable arguments
    manifest "${port[$1]}" >"$work/$1.yaml"
    # shellcheck disable=SC2086 # the arguments are words
    start_in node "$work/$1.log" "$2" run --manifests "$work/$1.yaml" --admin-socket "$work/$1.sock" $3
    main_pid[$1]=$!
}

declare -A main_pid port=([iptables]=30001 [nginx-plain]=30002 [userproxy]=30003 [userproxy2]=30004 [nginx-once]=30005 [nginx-exact]=30006 [nginx-custom]=30007)
address() { # path scenario -> IP PORT
    local path=$1
    [ "$path" = nginx ] && path=$(nginx_best "${2:-long}")
    if [ "$path" = direct ]; then echo "10.77.2.11 53"; else echo "10.77.1.1 ${port[$path]}"; fi
}

ask() { # path scenario, arguments of dig
    local ip at; read -r ip at <<<"$(address "$1" "$2")"; shift 2
    in_ns client dig "@$ip" -p "$at" +tries=1 +time=1 "$@"
}

wait_for() { # path
    for _ in $(seq 100); do
        if [ "$(ask "$1" long +short h1.bench.test A 2>/dev/null)" = 10.99.0.1 ]; then return; fi
        sleep 0.1
    done
    echo "udp.sh: $1 does not answer" >&2; cat "$work/$1.log" "$work/knot1.log" >&2 2>/dev/null || true; exit 1
}

check() { # path scenario: the answer is right before it is timed
    local path=$1 scenario=$2 what answer
    wrong() { echo "udp.sh: $path, $1: $2" >&2; exit 1; }
    for what in $(seq 1 12); do # each a new port: all three Pods
        answer=$(ask "$path" "$scenario" +short "h$what.bench.test" A) || true
        [ "$answer" = "10.99.0.$what" ] || wrong "h$what" "$answer"
    done
    answer=$(ask "$path" "$scenario" +ignore +noedns medium.bench.test TXT) || true
    grep -q 'flags:.* tc' <<<"$answer" || wrong "1,000 bytes without EDNS are not marked as cut" "$answer"
    answer=$(ask "$path" "$scenario" +ignore +bufsize=1232 medium.bench.test TXT +short) || true
    [ "$answer" = "$medium" ] || wrong "1,000 bytes by UDP differ" "$answer"
    answer=$(ask "$path" "$scenario" +bufsize=1232 large.bench.test TXT +short) || true
    [ "$answer" = "$large" ] || wrong "1,300 bytes differ, with a repetition by TCP" "$answer"
    answer=$(ask "$path" "$scenario" +ignore +bufsize=4096 big.bench.test TXT +short) || true
    [ "$answer" = "$big" ] || wrong "3,000 bytes by UDP, in fragments, differ" "$answer"
    answer=$(ask "$path" "$scenario" +tcp big.bench.test TXT +short) || true
    [ "$answer" = "$big" ] || wrong "3,000 bytes by TCP differ" "$answer"
}

resident() { # KiB of a process and its children
    local sum=0 pid; for pid in $1 $(pgrep -P "$1" || true); do
        sum=$((sum + $(awk '/^VmRSS/{print $2}' "/proc/$pid/status" 2>/dev/null || echo 0))); done; echo "$sum"
}

processor() { # clock ticks that a process and its children have used
    # The name may hold spaces: fields are counted after it.
    for pid in $1 $(pgrep -P "$1" || true); do sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null; done | awk '{sum += $12 + $13} END {print sum + 0}'
}

drops() { in_ns node awk '/^Udp: [0-9]/{print $6}' /proc/net/snmp; } # datagrams that found a receive buffer of the node full

dnsperf_load() { # ip port -> name value lines, as UdpLoad's
    limited_in client $((seconds + 10)) dnsperf -s "$1" -p "$2" -d "$work/queries" -c 8 -T 2 -q 200 -t 1 -l "$seconds" 2>&1 |
        python3 -c '
import re, sys
text = sys.stdin.read()
def figure(pattern): return float((re.search(pattern, text) or sys.exit("udp.sh: dnsperf said:\n" + text))[1])
done = figure(r"Queries completed:\s+(\d+)")
good = re.search(r"NOERROR (\d+)", text)
print("answered_per_second", figure(r"Queries per second:\s+([\d.]+)"), "\nanswered", done, "\nlost", figure(r"Queries lost:\s+(\d+)"), "\nwrong", done - float(good[1] if good else 0))
print("p50_ms", figure(r"Average Latency \(s\):\s+([\d.]+)") * 1000, "\np99_ms nan\nmax_ms", figure(r"Average Latency.*max ([\d.]+)") * 1000)'
}

udp_load() { # ip port arguments
    local ip=$1 at=$2; shift 2
    limited_in client $((seconds + 10)) dotnet "$load_dll" --server "$ip:$at" --sources "$sources" --seconds "$seconds" "$@"
}

load() { # path scenario -> name value lines
    local path=$1 scenario=$2 ip at rate before drops_before flooder
    read -r ip at <<<"$(address "$path" "$scenario")"
    case $scenario in half | flood) rate=$(half_of "$path") ;; esac
    [ "$path" = iptables ] && iptables_on
    drops_before=$(drops)
    before=$([ -n "${main_pid[$path]:-}" ] && processor "${main_pid[$path]}" || echo 0)
    case $scenario in
        long) dnsperf_load "$ip" "$at" ;;
        fixed) udp_load "$ip" "$at" --clients 8 --outstanding 200 ;;
        churn) udp_load "$ip" "$at" --clients 200 --outstanding 200 --queries-per-port 4 ;;
        half | flood)
            if [ "$scenario" = flood ]; then
                # Every datagram a flow of its own, which never gets an answer: too short for a DNS header.
                start_in client "$work/flood.log" hping3 --udp --rand-source --interval u200 --destport "$at" --data 4 --quiet "$ip"; flooder=$!
            fi
            echo "asked_per_second $rate"
            udp_load "$ip" "$at" --clients 8 --outstanding 1600 --rate "$rate"
            if [ -n "${flooder:-}" ]; then kill "$flooder"; wait "$flooder" || true; unset 'pids[-1]'; fi ;;
    esac
    if [ -n "${main_pid[$path]:-}" ]; then
        echo "ticks $(($(processor "${main_pid[$path]}") - before))"
        echo "drops $(($(drops) - drops_before))"
        echo "resident_kib $(resident "${main_pid[$path]}")"
    fi
    if [ "$path" = iptables ]; then iptables_off; fi
}

half_of() { # path -> half its rate: the median of the long runs, which are measured now if they were not
    [ -e "$work/long.$1" ] || load "$1" long | awk '/^answered_per_second/{print $2}' >"$work/long.$1"
    sort -n "$work/long.$1" | awk '{a[NR] = $1} END {printf "%d", a[int((NR + 1) / 2)] / 2}'
}

if [ -z "${SKIP_BUILD:-}" ]; then
    for project in src/UserProxy.App bench/UserProxy.UdpLoad; do dotnet build -c Release $project -v quiet -nologo >&2; done
fi
topology
backends
wait_for direct
for name in medium large big; do declare "$name=$(ask direct long +tcp +short "$name.bench.test" TXT)"; done
nginx_runs=
for path in $paths; do case $path in
    direct | iptables) ;;
    nginx | nginx-*) [ -n "$nginx_runs" ] || start_nginx; nginx_runs=1 ;;
    userproxy) start_userproxy userproxy "$USERPROXY_BIN" "${USERPROXY_ARGS:-}" ;;
    userproxy2) start_userproxy userproxy2 "${USERPROXY_BIN2:?udp.sh: userproxy2 needs the path of its executable}" "${USERPROXY_ARGS2-${USERPROXY_ARGS:-}}" ;;
    *) echo "udp.sh: no path $path" >&2; exit 64 ;;
esac; done
for path in $paths; do
    [ "$path" = iptables ] && iptables_on
    wait_for "$path"
    check "$path" long
    if [ "$path" = nginx ]; then check "$path" churn; fi # another server of it
    if [ "$path" = iptables ]; then iptables_off; fi
done
for path in $paths; do for scenario in fixed churn; do load "$path" "$scenario" >/dev/null; done; done # warm-up: caches, tiered compilation

for scenario in $scenarios; do
    for round in $(seq "$rounds"); do
        for path in $paths; do
            load "$path" "$scenario" >"$work/run"
            [ "$scenario" != long ] || awk '/^answered_per_second/{print $2}' "$work/run" >>"$work/long.$path"
            echo "$scenario $path $(tr '\n' ' ' <"$work/run")" >>"$work/results"
        done
    done
    echo "udp.sh: $scenario done" >&2
done
if grep -q 'not enough\|Too many open' "$work/nginx-errors.log" 2>/dev/null; then
    echo "udp.sh: nginx ran out of connections or descriptors: $(grep -c 'not enough\|Too many open' "$work/nginx-errors.log") times" >&2
fi

if [ -n "$out" ]; then exec >"$out"; fi
python3 - "$work/results" "$(getconf CLK_TCK)" <<'PY'
import collections, math, statistics, sys
rows, ticks_per_second = collections.OrderedDict(), int(sys.argv[2])
for line in open(sys.argv[1]):
    scenario, path, *words = line.split()
    run = {name: float(value) for name, value in zip(words[::2], words[1::2])}
    run["cpu"] = run["ticks"] / ticks_per_second / run["answered"] * 100_000 if run.get("ticks") is not None and run["answered"] else math.nan
    rows.setdefault(scenario, collections.OrderedDict()).setdefault(path, []).append(run)
title = {"long": "dnsperf, 8 client ports, 200 outstanding", "fixed": "8 client ports, 200 outstanding", "churn": "a new client port every 4 queries, 200 outstanding",
         "half": "half of its own rate, 8 client ports", "flood": "half of its own rate, beside 5,000 spoofed datagrams a second"}
def number(value, digits=2): return "" if math.isnan(value) else f"{value:,.{digits}f}"
for scenario, paths in rows.items():
    def median(path, name): return statistics.median(r.get(name, math.nan) for r in paths[path])
    def ratio(path, name, to): return f"x{median(path, name) / median(to, name):.2f}" if to in paths and median(to, name) else ""
    paced, dnsperf = "asked_per_second" in next(iter(paths.values()))[0], scenario == "long"
    # dnsperf tells the mean and the largest latency, no percentiles.
    times = ["mean ms", "max ms (min-max)"] if dnsperf else ["p50 ms", "p99 ms (min-max)", "p99.9 ms"]
    heads = [title[scenario], *(["asked/s"] if paced else []), "answered/s", *([] if paced else ["min-max", "of nginx", "of iptables"]), *times,
             *(["of nginx"] if not dnsperf else []), "lost", "dropped by its buffers", "wrong", "CPU s per 100k", *(["of nginx"]), "MiB after"]
    print("| " + " | ".join(heads) + " |\n|" + "---|" * len(heads))
    for path, runs in paths.items():
        def spread(name, digits): return f"{min(r[name] for r in runs):,.{digits}f}-{max(r[name] for r in runs):,.{digits}f}"
        tail = "max_ms" if dnsperf else "p99_ms"
        cells = [path, *([number(median(path, "asked_per_second"), 0)] if paced else []), number(median(path, "answered_per_second"), 0),
                 *([] if paced else [spread("answered_per_second", 0), ratio(path, "answered_per_second", "nginx"), ratio(path, "answered_per_second", "iptables")]),
                 number(median(path, "p50_ms")), f"{median(path, tail):.2f} ({spread(tail, 1)})",
                 *([] if dnsperf else [number(median(path, "p999_ms")), ratio(path, "p99_ms", "nginx")]),
                 f"{sum(r['lost'] for r in runs):.0f}", number(sum(r.get("drops", math.nan) for r in runs), 0), f"{sum(r['wrong'] for r in runs):.0f}",
                 number(median(path, "cpu")), "" if math.isnan(median(path, "cpu")) else ratio(path, "cpu", "nginx"), number(median(path, "resident_kib") / 1024, 0)]
        print("| " + " | ".join(cells) + " |")
    print()
PY
