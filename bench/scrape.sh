#!/bin/sh
# What a scrape costs: N Services (default 1000) with a NodePort each, every one of them used once so that all its series are there. Prints the size of a
# scrape, how long 20 of them took, and what the others cost: the longest of many requests through the proxy, without and with scrapes beside them.
# Usage: bench/scrape.sh [SERVICES [SECONDS]]
set -eu
cd "$(dirname "$0")/.."
dotnet build src/UserProxy.App -c Release -v quiet --nologo >&2
exec python3 bench/scrape.py "$PWD/src/UserProxy.App/bin/Release/net10.0/userproxy" "${1:-1000}" "${2:-5}"
