#!/bin/sh
# The base images that the Dockerfile names, made of this machine instead of pulled from a registry. Run as root by BuiltImage: base-images.sh DOTNET-FOLDER BUILDAH [GLOBAL-OPTION...]
#   sdk, ubuntu   a skeleton: the build mounts this machine's programs into it
#   runtime-deps  this machine's libraries that a compiled-ahead executable needs, the CAs, and the user 1654: as little as a chiseled image has, and no shell
set -eu
dotnet=$1
shift
buildah=$* # one word or more
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

layout() { # folder: what every image has
    mkdir -p "$1/usr/bin" "$1/usr/sbin" "$1/usr/lib" "$1/usr/lib64" "$1/usr/share" "$1/etc" "$1/tmp" "$1/root" "$1/home/app" "$1/proc" "$1/sys" "$1/dev" "$1/var/lib" "$1/run"
    for name in bin sbin lib lib64; do ln -s "usr/$name" "$1/$name"; done
    chmod 1777 "$1/tmp"
    printf 'root:x:0:0:root:/root:/sbin/nologin\napp:x:1654:1654::/home/app:/sbin/nologin\n' >"$1/etc/passwd"
    printf 'root:x:0:\napp:x:1654:\n' >"$1/etc/group"
}

layout "$work/skeleton"
layout "$work/runtime-deps"
# Those that .NET links, the loader itself, and those that it opens by name.
{
    ldd "$dotnet/dotnet" | awk '$3 ~ /^\// { print $3 } $1 ~ /^\// { print $1 }'
    find /usr/lib /usr/local/lib -name libssl.so.3 -o -name libcrypto.so.3
} | sort -u | while read -r library; do
    case $library in */ld-linux*) folder=$(dirname "$library") ;; *) folder=$(dirname "$(readlink -f "$library")") ;; esac
    mkdir -p "$work/runtime-deps$folder" && cp -L "$library" "$work/runtime-deps$folder/"
done
mkdir -p "$work/runtime-deps/etc/ssl/certs" && cp -L /etc/ssl/certs/ca-certificates.crt "$work/runtime-deps/etc/ssl/certs/"

commit() { # folder, image, options of buildah config...
    folder=$1 image=$2
    shift 2
    container=$($buildah from scratch)
    $buildah copy --quiet "$container" "$folder" / >/dev/null
    $buildah config "$@" "$container"
    $buildah commit --quiet "$container" "$image" >/dev/null
    $buildah rm "$container" >/dev/null
}

path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
commit "$work/skeleton" mcr.microsoft.com/dotnet/sdk:10.0-noble --env "PATH=$path:$dotnet" ${NUGET_CERT_REVOCATION_MODE:+--env "NUGET_CERT_REVOCATION_MODE=$NUGET_CERT_REVOCATION_MODE"}
commit "$work/skeleton" docker.io/library/ubuntu:24.04 --env "PATH=$path"
# The environment that Microsoft's images have.
commit "$work/runtime-deps" mcr.microsoft.com/dotnet/runtime-deps:10.0-noble-chiseled --user 1654 --env "PATH=$path" --env APP_UID=1654 --env ASPNETCORE_HTTP_PORTS=8080 \
    --env DOTNET_RUNNING_IN_CONTAINER=true --env DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=true
