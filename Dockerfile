# The image of userproxy (docs/image.md).
#
#   docker build --build-arg VERSION=0.1.0 --build-arg COMMIT=$(git rev-parse HEAD) -t userproxy:0.1.0 .
#   docker buildx build --platform linux/amd64,linux/arm64 ...     or --build-arg TARGETARCH=arm64 where the builder does not set it
ARG DOTNET=10.0

# On the machine's own architecture whatever the target's: the compiler needs no emulation. TARGETARCH comes from the builder, and has no default here, as that would win over it.
FROM --platform=${BUILDPLATFORM} mcr.microsoft.com/dotnet/sdk:${DOTNET}-noble AS build
ARG TARGETARCH
# No process may outlive its step.
ENV DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false
WORKDIR /work

# What is published for, and what links it: clang or gcc, and for the other architecture its libraries and binutils too.
RUN case "${TARGETARCH:-$(uname -m)}" in amd64 | x86_64) cpu=x86_64 rid=linux-x64 ;; arm64 | aarch64) cpu=aarch64 rid=linux-arm64 ;; *) echo "userproxy is built for amd64 and arm64, not for $TARGETARCH" >&2; exit 1 ;; esac && \
    if [ $cpu = "$(uname -m)" ]; then \
        command -v clang || command -v gcc || { apt-get update && apt-get install -y --no-install-recommends clang libc6-dev; }; \
        echo "-r $rid"; \
    else \
        command -v clang && command -v $cpu-linux-gnu-gcc || { apt-get update && apt-get install -y --no-install-recommends clang gcc-$(echo $cpu | tr _ -)-linux-gnu; }; \
        echo "-r $rid -p:CppCompilerAndLinker=clang -p:ObjCopyName=$cpu-linux-gnu-objcopy"; \
    fi | tail -n 1 >/tmp/target

# Packages are a layer of their own, which lasts until a project file changes.
COPY global.json Directory.Build.props Directory.Packages.props ./
COPY .config .config
COPY src/Directory.Build.props src/
COPY src/UserProxy/UserProxy.csproj src/UserProxy/packages.lock.json src/UserProxy/
COPY src/UserProxy.Linux/UserProxy.Linux.csproj src/UserProxy.Linux/packages.lock.json src/UserProxy.Linux/
COPY src/UserProxy.Kubernetes/UserProxy.Kubernetes.csproj src/UserProxy.Kubernetes/packages.lock.json src/UserProxy.Kubernetes/
COPY src/UserProxy.App/UserProxy.App.csproj src/UserProxy.App/Publish.targets src/UserProxy.App/packages.lock.json src/UserProxy.App/
RUN dotnet tool restore && dotnet restore src/UserProxy.App $(cat /tmp/target)

COPY .editorconfig LICENSE ./
COPY src src
# They are in the executable.
COPY docs/runbooks docs/runbooks
ARG VERSION=0.1.0
ARG COMMIT=
RUN dotnet publish src/UserProxy.App -c Release $(cat /tmp/target) --no-restore -o /image/app -p:RunAnalyzers=false -p:Version="$VERSION" -p:SourceRevisionId="$COMMIT" && \
    mkdir /symbols && mv /image/app/userproxy.dbg /symbols/ && \
    # So that `kubectl exec POD -- userproxy list` needs no path; and a place for the admin socket where nothing is mounted.
    mkdir -p /image/usr/local/bin /image/run/userproxy && ln -s /app/userproxy /image/usr/local/bin/userproxy && \
    chown 1654:1654 /image/run/userproxy && cp LICENSE /image/app/

# The symbols of just this executable, for a debugger: docker build --target symbols --output symbols ...
FROM scratch AS symbols
COPY --from=build /symbols /

# nft, which guards virtual IPs, with its libraries: of the distribution that the base image is made of, so that they fit its libc. An image for another architecture runs this under emulation.
FROM docker.io/library/ubuntu:24.04 AS nft
RUN command -v nft >/dev/null || { apt-get update && apt-get install -y --no-install-recommends nftables; }
# Libraries under the names that the loader looks for, without those of libc, which the base image has. Beside each its license, and what vulnerability scanners know packages by.
# Protocols by name, so that listings of rules say "tcp", which `inspect` looks for; a chiseled image has no such file.
RUN mkdir -p /image/etc && printf 'icmp 1\ntcp 6\nudp 17\nipv6-icmp 58\nsctp 132\n' >/image/etc/protocols && \
    nft=$(command -v nft) && \
    for file in "$nft" $(ldd "$nft" | awk '$3 ~ /^\// { print $3 }' | grep -Ev '/lib(c|m|dl|pthread|rt)\.so'); do \
        folder=$(readlink -f "$(dirname "$file")") && package=$(dpkg -S "*/$(basename "$folder")/$(basename "$file")" | head -n 1 | cut -d: -f1) && \
        mkdir -p "/image$folder" "/image/usr/share/doc/$package" /image/var/lib/dpkg/status.d && cp -L "$file" "/image$folder/" && \
        cp -L "/usr/share/doc/$package/copyright" "/image/usr/share/doc/$package/" && dpkg-query -s "$package" >"/image/var/lib/dpkg/status.d/$package" || exit 1; \
    done

# The C library, OpenSSL, which the executable loads when it first needs TLS, and the CAs.
FROM mcr.microsoft.com/dotnet/runtime-deps:${DOTNET}-noble-chiseled
COPY --from=nft /image /
COPY --from=build /image /
# /dev/shm is writable where the root file system is not: `demo` has its manifest there.
ENV TMPDIR=/dev/shm USERPROXY_ADMIN_SOCKET=/run/userproxy/admin.sock
# The base image's "app", as a number, so that Kubernetes can see that it is not root (runAsNonRoot). Virtual IPs need user 0 with NET_ADMIN: docs/image.md.
USER 1654:1654
# No HEALTHCHECK: probes are Kubernetes', on /livez and /readyz. No EXPOSE: which ports are open follows from the Services.
ENTRYPOINT ["/app/userproxy"]
CMD ["--help"]
ARG VERSION=0.1.0
ARG COMMIT=
LABEL org.opencontainers.image.title="userproxy" \
      org.opencontainers.image.description="kube-proxy in user space: accepts every connection to a Service and relays it to a Pod that answers" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.vendor="The UserProxy authors" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${COMMIT}" \
      org.opencontainers.image.base.name="mcr.microsoft.com/dotnet/runtime-deps:10.0-noble-chiseled"
