#!/bin/sh
# A large cluster on one node: see UserProxy.Scale/Program.cs. Options are passed on: --services N --endpoints N --rate N --seconds N.
# Needs root for a network namespace, which goes with it; talks to nothing outside of it.
set -eu
cd "$(dirname "$0")"
dotnet build UserProxy.Scale -c Release -v quiet --nologo >&2
exec unshare --net sh -eu -c '
    ip link set lo up
    ip addr add 10.9.0.1/32 dev lo
    ip addr add 10.9.0.2/32 dev lo
    ulimit -n 20000
    exec dotnet UserProxy.Scale/bin/Release/net10.0/UserProxy.Scale.dll "$@"
' scale "$@"
