#!/usr/bin/env bash
# A cluster without kube-proxy on this machine: UserProxy serves all of its Services, and the conformance suite looks on. Made with kind, and removed again.
set -euo pipefail

usage() {
    cat <<'EOF'
charts/try-on-kind.sh [OPTION...]

Makes a kind cluster without kube-proxy, builds the image and loads it onto the nodes, installs the chart, asks whether the Services of the cluster are
served, runs the conformance suite with Pods in it, and removes what it has made. A quarter of an hour or so, most of it downloads.

  --dry-run           print each command, and run none
  --keep              leave the cluster; the last lines say how to remove it
  --name NAME         of the cluster. Default: userproxy-try
  --image IMAGE       load this image of yours (NAME:TAG) instead of building one
  --node-image IMAGE  of the nodes, and so the version of Kubernetes. Default: kind's own
  --no-conformance    leave the conformance suite out, which needs the .NET SDK, and an image that the nodes pull

Needs kind, docker, kubectl and helm. Exit code 0: all of it worked; 1: something did not; 2: bad usage, or a tool is missing.
EOF
}

dry_run='' keep='' conformance=yes name=userproxy-try image='' node_image=''
# Options that have a value take it after a blank or an equals sign.
while [ $# -gt 0 ]; do
    case $1 in
    --dry-run) dry_run=yes ;;
    --keep) keep=yes ;;
    --no-conformance) conformance= ;;
    --name=* | --image=* | --node-image=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" && continue ;;
    --name | --image | --node-image)
        if [ $# -lt 2 ] || [ -z "$2" ]; then
            printf 'try-on-kind: %s needs a value (--help)\n' "$1" >&2
            exit 2
        fi
        case $1 in --name) name=$2 ;; --image) image=$2 ;; *) node_image=$2 ;; esac
        shift
        ;;
    -h | --help) usage && exit 0 ;;
    *) printf "try-on-kind: '%s': no such option (--help)\n" "$1" >&2 && exit 2 ;;
    esac
    shift
done
[[ $name =~ ^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$ ]] || { printf "try-on-kind: --name: '%s' is no name for a cluster\n" "$name" >&2; exit 2; }
if [ -n "$image" ] && { [[ ${image##*/} != *:* ]] || [[ $image == *@* ]]; }; then
    printf "try-on-kind: --image: '%s' has no tag: NAME:TAG is expected\n" "$image" >&2
    exit 2
fi

cd "$(dirname "$0")/.."
build=
[ -n "$image" ] || { build=yes && image=localhost/userproxy:$name; }
context=kind-$name
folder=FOLDER
made_cluster=
made_image=

# What is shown, also by a command whose output is asked for.
exec 3>&1

step() { printf '\n== %s\n' "$*"; }

# Shows a command as it can be typed, and runs it.
run() {
    show "$@"
    [ -n "$dry_run" ] || "$@"
}

show() {
    local word line='+'
    for word in "$@"; do
        if [[ $word =~ ^[A-Za-z0-9_./:=,@%+-]+$ ]]; then
            line+=" $word"
        else
            line+=" '${word//\'/\'\\\'\'}'"
        fi
    done
    printf '%s\n' "$line" >&3
}

# What a command prints, or with --dry-run the word that stands for it.
answer() {
    local placeholder=$1
    shift
    show "$@"
    if [ -n "$dry_run" ]; then printf '%s' "$placeholder"; else "$@"; fi
}

# Also after a failure and Ctrl-C: what was made is removed, and nothing else.
tidy() {
    local code=$?
    trap - EXIT INT TERM
    set +e
    case $code in 0 | 130 | 143) ;; *) code=1 ;; esac
    if [ "$code" = 1 ] && [ -n "$made_cluster" ]; then
        step "It did not work. What the cluster says:"
        run kubectl --context "$context" get pods -A -o wide
        run kubectl --context "$context" -n kube-system logs daemonset/userproxy --tail 30
    fi
    if [ -n "$keep" ] && [ -n "$made_cluster" ]; then
        step "Leaving the cluster $name, as you said. Later:"
        printf 'kubectl --context %s get pods -A\nkind delete cluster --name %s\n' "$context" "$name"
        [ -z "$made_image" ] || printf 'docker image rm %s\n' "$image"
    elif [ -n "$made_cluster$made_image" ]; then
        step "Removing what was made"
        [ -z "$made_cluster" ] || run kind delete cluster --name "$name"
        [ -z "$made_image" ] || run docker image rm "$image"
    fi
    [ -n "$dry_run" ] || rm -rf "$folder"
    if [ -n "$dry_run" ]; then
        printf '\nNothing was run: these are the commands.\n'
    elif [ "$code" = 0 ]; then
        printf '\nAll of it worked.\n'
    else
        printf '\nIt did not work.\n'
    fi
    exit "$code"
}

if [ -z "$dry_run" ]; then
    tools=(kind docker kubectl helm)
    [ -z "$conformance" ] || tools+=(dotnet)
    missing=()
    for tool in "${tools[@]}"; do command -v "$tool" >/dev/null || missing+=("$tool"); done
    if [ ${#missing[@]} -gt 0 ]; then
        hint=' (--no-conformance does without)'
        for tool in "${missing[@]}"; do case $tool in kind | docker | kubectl | helm) hint= ;; esac; done
        printf 'try-on-kind: not installed: %s%s\n' "${missing[*]}" "$hint" >&2
        exit 2
    fi
    if kind get clusters 2>/dev/null | grep -qxF -- "$name"; then
        printf 'try-on-kind: there is a cluster %s already: remove it (kind delete cluster --name %s), or give another --name\n' "$name" "$name" >&2
        exit 2
    fi
    folder=$(mktemp -d)
fi
trap tidy EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

if [ -n "$build" ]; then
    step "Building the image $image from this checkout (minutes, the first time)"
    run docker build --tag "$image" .
    made_image=yes
fi

step "Making the cluster $name: a control plane and a worker, without kube-proxy"
# kind's own network plugin asks the API server at its own address, so it works before anything serves Services.
config="kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
networking: {kubeProxyMode: none}
nodes: [{role: control-plane}, {role: worker}]"
printf '%s\n' "$config" | sed 's/^/    /'
[ -n "$dry_run" ] || printf '%s\n' "$config" >"$folder/kind.yaml"
made_cluster=yes
run kind create cluster --name "$name" --config "$folder/kind.yaml" ${node_image:+--image "$node_image"} --wait 3m

step "Loading the image onto the nodes, so that no registry is needed"
run kind load docker-image "$image" --name "$name"

step "Asking for an address of the API server that needs no Service"
address=$(answer ADDRESS kubectl --context "$context" get nodes -l node-role.kubernetes.io/control-plane \
    -o 'jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}')
[ -n "$address" ] || { printf 'try-on-kind: the control plane has no InternalIP\n' >&2; exit 1; }

step "Installing the chart: every Service, on every node"
# The tag is what is behind the last colon; a registry may have a port.
run helm install userproxy charts/userproxy --kube-context "$context" --namespace kube-system --set mode=all --set "k8sServiceHost=$address" \
    --set "image.repository=${image%:*}" --set-string "image.tag=${image##*:}" --set image.pullPolicy=Never --wait --timeout 5m

step "Waiting for the cluster's own Pods: DNS comes up only when the API's Service is served"
run kubectl --context "$context" -n kube-system rollout status daemonset/userproxy --timeout 3m
run kubectl --context "$context" -n kube-system rollout status deployment/coredns --timeout 5m

step "Asking on a node who takes the connections (helm test), and what is served"
run helm test userproxy --kube-context "$context" --namespace kube-system --timeout 3m
run kubectl --context "$context" -n kube-system exec daemonset/userproxy -- userproxy list -A

if [ -n "$conformance" ]; then
    step "Building the conformance suite"
    run dotnet build tests/UserProxy.ConformanceTests -c Release -v quiet

    step "Running the conformance suite (some minutes): Pods of the cluster ask and answer, and what serves is what the chart installed"
    kubeconfig=$folder/kubeconfig
    show kind get kubeconfig --name "$name"
    [ -n "$dry_run" ] || (umask 077 && kind get kubeconfig --name "$name" >"$kubeconfig")
    run dotnet run --no-build -c Release --project tests/UserProxy.ConformanceTests -- --pods --kubeconfig "$kubeconfig"
fi
