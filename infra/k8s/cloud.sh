#!/usr/bin/env bash
# The demo on Kubernetes. What is applied is exactly what `render` writes.
#
#   infra/k8s/cloud.sh render [kind|aws]   build/k8s/OVERLAY/*.yaml (and infra/k8s/rendered/kind, which is committed)
#   infra/k8s/cloud.sh check               validates both overlays; compares kind with the committed files
#   infra/k8s/cloud.sh up                  a kind cluster `demo`, the API's image, secrets, everything applied
#
# Charts are fetched by helm, or read from CHARTS (one folder for each chart). Tools: helm, kustomize; for `check` also
# kubeconform (KUBERNETES_SCHEMAS is its -schema-location); for `up` docker, kind, kubectl, openssl.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
here=infra/k8s
kubernetes=1.34.0

# Writes what overlay $1 applies to build/k8s/$1. The files of kind are also committed, except files.yaml, which has
# only copies of infra/grafana and infra/mimir.
render() {
    local to=build/k8s/$1 release repository chart version unit source
    rm -rf "$to" && mkdir -p "$to"
    for unit in api obs; do
        kustomize build --load-restrictor LoadRestrictionsNone "$here/overlays/$1/$unit" >"$to/$unit.yaml"
    done
    kustomize build --load-restrictor LoadRestrictionsNone "$here/obs/files" >"$to/files.yaml"
    while read -r release repository chart version; do
        source=("$chart" --repo "$repository" --version "$version")
        [ -z "${CHARTS:-}" ] || source=("$CHARTS/$chart")
        helm template "$release" "${source[@]}" --namespace demo-obs --kube-version "$kubernetes" \
            --include-crds --skip-tests \
            --values "$here/obs/values/$release.yaml" --values "$here/overlays/$1/values/$release.yaml" \
            >"$to/$release.yaml"
    done < <(grep -v '^#' "$here/obs/charts.txt")
    [ "$1" != kind ] || find "$to" -name '*.yaml' ! -name files.yaml -exec cp {} "$here/rendered/kind" \;
}

check() {
    local overlay
    for overlay in kind aws; do
        render "$overlay"
        kubeconform -strict -summary -schema-location "${KUBERNETES_SCHEMAS:-default}" \
            -kubernetes-version "$kubernetes" "build/k8s/$overlay"
    done
    git diff --exit-code -- "$here/rendered"
}

secret() { # NAMESPACE NAME KEY=VALUE…
    local namespace=$1 name=$2
    shift 2
    kubectl --namespace "$namespace" create secret generic "$name" "${@/#/--from-literal=}"
}

up() {
    kind get clusters | grep -qx demo || kind create cluster --name demo --config "$here/overlays/kind/cluster.yaml"
    kubectl config use-context kind-demo >/dev/null
    docker compose -f infra/docker-compose.api.yml build api
    docker tag demo-api demo-api:kind
    kind load docker-image demo-api:kind --name demo
    render kind
    kubectl apply -f "$here/api/namespace.yaml" -f "$here/obs/namespace.yaml"
    if ! kubectl --namespace demo-obs get secret gateway >/dev/null 2>&1; then
        local password basic
        password=$(openssl rand -hex 16)
        basic=$(printf 'demo:%s' "$password" | openssl base64 -A | sed 's/=/%3D/g') # encoded as a header in a variable
        secret demo-obs gateway ".htpasswd=demo:$(openssl passwd -apr1 "$password")"
        secret demo-api gateway username=demo "password=$password" \
            "otlp-headers=x-scope-orgid=demo,authorization=Basic%20$basic"
        secret demo-obs s3 AWS_ACCESS_KEY_ID=demo "AWS_SECRET_ACCESS_KEY=$(openssl rand -hex 16)"
        secret demo-obs grafana admin-user=admin "admin-password=$(openssl rand -hex 16)"
    fi
    kubectl apply --server-side --force-conflicts -f build/k8s/kind
    kubectl --namespace demo-obs rollout status statefulset,deployment --timeout 15m
    kubectl --namespace demo-api rollout status deployment --timeout 5m
}

case "${1:-}" in
    render) render "${2:-kind}" ;;
    check | up) "$1" ;;
    *) sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
