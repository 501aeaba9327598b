# The image of userproxy, in two targets (docs/image.md, docs/decisions/0019-two-images.md):
#   node-ports   the proxy alone, for NodePorts: needs no capability
#   full         (default) with nft, for virtual IPs: needs NET_ADMIN, and NET_BIND_SERVICE for ports below 1024
#
#   docker build --build-arg VERSION=0.1.0 --build-arg COMMIT=$(git rev-parse HEAD) -t userproxy .
#   docker buildx build --platform linux/amd64,linux/arm64 ...     or --build-arg TARGETARCH=arm64 where the builder does not set it
ARG DOTNET=10.0

# On the machine's own architecture whatever the target's: the compiler needs no emulation. TARGETARCH comes from the builder, and has no default here, as that would win over it.
FROM --platform=${BUILDPLATFORM} mcr.microsoft.com/dotnet/sdk:${DOTNET}-noble AS build
ARG TARGETARCH
# No process may outlive its step.
ENV DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false
WORKDIR /work

# Packages are a layer of their own, which lasts until a project file changes.
COPY global.json Directory.Build.props Directory.Packages.props ./
COPY src/Directory.Build.props src/
COPY src/UserProxy/UserProxy.csproj src/UserProxy/packages.lock.json src/UserProxy/
COPY src/UserProxy.Linux/UserProxy.Linux.csproj src/UserProxy.Linux/packages.lock.json src/UserProxy.Linux/
COPY src/UserProxy.Kubernetes/UserProxy.Kubernetes.csproj src/UserProxy.Kubernetes/packages.lock.json src/UserProxy.Kubernetes/
COPY src/UserProxy.App/UserProxy.App.csproj src/UserProxy.App/packages.lock.json src/UserProxy.App/
COPY src/UserProxy.Sbom/UserProxy.Sbom.csproj src/UserProxy.Sbom/packages.lock.json src/UserProxy.Sbom/
RUN case "${TARGETARCH:-$(uname -m)}" in amd64 | x86_64) echo linux-x64 ;; arm64 | aarch64) echo linux-arm64 ;; *) echo "userproxy is built for amd64 and arm64, not for $TARGETARCH" >&2; exit 1 ;; esac >/tmp/rid && \
    dotnet restore src/UserProxy.Sbom && \
    dotnet restore src/UserProxy.App -r "$(cat /tmp/rid)" -p:PublishReadyToRun=true

COPY .editorconfig LICENSE ./
COPY src src
ARG VERSION=0.1.0
ARG COMMIT=
# ReadyToRun: compiled ahead, so that a node's proxy listens in half the time. The runtime is the base image's, which is where its security fixes come from.
RUN dotnet publish src/UserProxy.App -c Release -r "$(cat /tmp/rid)" --no-restore --self-contained false -o /image/app \
        -p:PublishReadyToRun=true -p:PublishDocumentationFiles=false -p:PublishReferencesDocumentationFiles=false \
        -p:Version="$VERSION" -p:SourceRevisionId="$COMMIT" -p:SbomFile=/image/app/userproxy.cdx.json && \
    # So that `kubectl exec POD -- userproxy list` needs no path; and a place for the admin socket where nothing is mounted.
    mkdir -p /image/usr/local/bin /image/run/userproxy && ln -s /app/userproxy /image/usr/local/bin/userproxy && \
    chown 1654:1654 /image/run/userproxy && cp LICENSE /image/app/

# nft with its libraries, out of the distribution that the base image is made of, so that they fit its libc. An arm64 image runs this under emulation.
FROM docker.io/library/ubuntu:24.04 AS nft
RUN command -v nft >/dev/null || { apt-get update && apt-get install -y --no-install-recommends nftables; }
# Under the names that the loader looks for. libc itself is the base image's.
RUN nft=$(command -v nft) && mkdir -p /image/usr/sbin && cp -L "$nft" /image/usr/sbin/nft && \
    for library in $(ldd "$nft" | awk '$3 ~ /^\// { print $3 }' | grep -Ev '/lib(c|m|dl|pthread|rt)\.so'); do \
        folder=$(dirname "$(readlink -f "$library")") && mkdir -p "/image$folder" && cp -L "$library" "/image$folder/" || exit 1; \
        package=$(dpkg -S "*/$(basename "$library")" | head -n 1 | cut -d: -f1) && mkdir -p "/image/usr/share/doc/$package" && cp -L "/usr/share/doc/$package/copyright" "/image/usr/share/doc/$package/" || exit 1; \
    done

FROM mcr.microsoft.com/dotnet/aspnet:${DOTNET}-noble-chiseled AS node-ports
COPY --from=build /image /
# The runtime's diagnostic socket wants a writable folder, and is one more way in.
ENV DOTNET_EnableDiagnostics=0 USERPROXY_ADMIN_SOCKET=/run/userproxy/admin.sock
# A number, so that Kubernetes can see that it is not root (runAsNonRoot). "app" of the base image.
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
      org.opencontainers.image.base.name="mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled"

FROM node-ports AS full
COPY --from=nft /image /
