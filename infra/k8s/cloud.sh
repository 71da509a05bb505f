#!/usr/bin/env bash
# The demo on Kubernetes. What is applied is exactly what `render` writes.
#
#   infra/k8s/cloud.sh render [kind|aws]   build/k8s/OVERLAY/*.yaml (and infra/k8s/rendered/kind, which is committed)
#   infra/k8s/cloud.sh check               validates both overlays; reports each check that lacks a tool or a chart
#   infra/k8s/cloud.sh up                  a kind cluster `demo`, the API's image, secrets, everything applied
#   infra/k8s/cloud.sh down                deletes that cluster
#
# Charts are fetched by helm, or read from CHARTS (one folder for each chart). Tools: helm, kustomize; for `check` also
# kubeconform (KUBERNETES_SCHEMAS is its -schema-location); for `up` docker, kind, kubectl, openssl.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
here=infra/k8s
kubernetes=${KUBERNETES_VERSION:-1.34.0}

say() { printf 'cloud: %s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }
need() { for tool in "$@"; do command -v "$tool" >/dev/null || fail "needs $tool, which is not on the PATH"; done; }

charts() { grep -v '^#' "$here/obs/charts.txt"; }

# Empty when the chart of the name and version given is to be fetched, otherwise its folder.
local_chart() {
    [ -z "${CHARTS:-}" ] || ! grep -qs "^version: $2\$" "$CHARTS/$1/Chart.yaml" || printf '%s\n' "$CHARTS/$1"
}

# Writes what overlay $1 applies into folder $2.
render() {
    need helm kustomize
    local release repository chart version folder source
    rm -rf "$2" && mkdir -p "$2"
    for unit in api obs; do
        kustomize build --load-restrictor LoadRestrictionsNone "$here/overlays/$1/$unit" >"$2/$unit.yaml"
    done
    kustomize build --load-restrictor LoadRestrictionsNone "$here/obs/files" >"$2/files.yaml"
    while read -r release repository chart version; do
        folder=$(local_chart "$chart" "$version")
        source=("$chart" --repo "$repository" --version "$version")
        [ -z "$folder" ] || source=("$folder")
        helm template "$release" "${source[@]}" --namespace demo-obs --kube-version "$kubernetes" \
            --include-crds --skip-tests \
            --values "$here/obs/values/$release.yaml" --values "$here/overlays/$1/values/$release.yaml" \
            >"$2/$release.yaml" || {
            rm "$2/$release.yaml"
            say "skipped: $release: no chart $chart $version, neither in CHARTS nor from $repository"
        }
    done < <(charts)
}

check() {
    local overlay file
    for overlay in kind aws; do
        render "$overlay" "build/k8s/$overlay"
        if ! command -v kubeconform >/dev/null; then
            say "skipped: schemas of $overlay: needs kubeconform"
        else
            kubeconform -strict -summary -schema-location "${KUBERNETES_SCHEMAS:-default}" \
                -kubernetes-version "$kubernetes" "build/k8s/$overlay"
        fi
    done
    for file in build/k8s/kind/*.yaml; do
        [ "${file##*/}" != files.yaml ] || continue
        if [ ! -f "$here/rendered/kind/${file##*/}" ]; then
            say "skipped: ${file##*/} is not committed yet: run just cloud-render"
            continue
        fi
        diff -u "$here/rendered/kind/${file##*/}" "$file" || fail "rendered/kind is out of date: run just cloud-render"
    done
    say "the rendered files of kind are up to date"
}

secret() { # NAMESPACE NAME KEY=VALUE…
    local namespace=$1 name=$2
    shift 2
    kubectl --namespace "$namespace" create secret generic "$name" "${@/#/--from-literal=}"
}

# The credentials of user demo, with the password given, as a value in OTEL_EXPORTER_OTLP_HEADERS.
basic_auth() { printf 'demo:%s' "$1" | openssl base64 -A | sed 's/=/%3D/g'; }

up() {
    need docker kind kubectl openssl helm kustomize
    kind get clusters | grep -qx demo || kind create cluster --name demo --config "$here/overlays/kind/cluster.yaml"
    kubectl config use-context kind-demo >/dev/null
    docker compose -f infra/docker-compose.api.yml build api
    docker tag demo-api demo-api:kind
    kind load docker-image demo-api:kind --name demo
    render kind build/k8s/kind
    kubectl apply -f "$here/api/namespace.yaml" -f "$here/obs/namespace.yaml"
    if ! kubectl --namespace demo-obs get secret gateway >/dev/null 2>&1; then
        local password; password=$(openssl rand -hex 16)
        secret demo-obs gateway ".htpasswd=demo:$(openssl passwd -apr1 "$password")"
        secret demo-api gateway username=demo "password=$password" \
            "otlp-headers=x-scope-orgid=demo,authorization=Basic%20$(basic_auth "$password")"
        secret demo-obs s3 AWS_ACCESS_KEY_ID=demo "AWS_SECRET_ACCESS_KEY=$(openssl rand -hex 16)"
        secret demo-obs grafana admin-user=admin "admin-password=$(openssl rand -hex 16)"
    fi
    kubectl apply --server-side --force-conflicts -f build/k8s/kind
    kubectl --namespace demo-obs rollout status statefulset,deployment --timeout 15m
    kubectl --namespace demo-api rollout status deployment --timeout 5m
    cat <<TEXT
API:     kubectl -n demo-api port-forward svc/api 8000:80
Grafana: kubectl -n demo-obs port-forward svc/grafana 3000:80
         password of admin: kubectl -n demo-obs get secret grafana -o jsonpath='{.data.admin-password}' | base64 -d
TEXT
}

case "${1:-}" in
    render)
        render "${2:-kind}" "build/k8s/${2:-kind}"
        if [ "${2:-kind}" = kind ]; then
            mkdir -p "$here/rendered/kind"
            cp build/k8s/kind/*.yaml "$here/rendered/kind/"
            rm "$here/rendered/kind/files.yaml" # contains only copies of infra/grafana and infra/mimir
        fi
        ;;
    check) check ;;
    up) up ;;
    down) need kind && kind delete cluster --name demo ;;
    *) sed -n '2,11s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
