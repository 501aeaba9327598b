#!/bin/sh
# A large cluster on one node: see UserProxy.Scale/Program.cs. Options are passed on: --services N --endpoints N --rate N --seconds N.
# What runs is the native executable, or --executable FILE; that of the build, compiled while it runs, is UserProxy.Scale/bin/Release/net10.0/userproxy.
# Needs root for a network namespace, which goes with it; talks to nothing outside of it.
set -eu
cd "$(dirname "$0")"
dotnet build UserProxy.Scale -c Release -v quiet --nologo >&2
case " $* " in
*" --executable "*) ;;
*)
    native=UserProxy.Scale/bin/Release/net10.0/native
    dotnet publish ../src/UserProxy.App -c Release -v quiet --nologo -o "$native" >&2
    set -- "$@" --executable "$native/userproxy"
    ;;
esac
exec unshare --net sh -eu -c '
    ip link set lo up
    ip addr add 10.9.0.1/32 dev lo
    ip addr add 10.9.0.2/32 dev lo
    ulimit -n 20000
    exec dotnet UserProxy.Scale/bin/Release/net10.0/UserProxy.Scale.dll "$@"
' scale "$@"
