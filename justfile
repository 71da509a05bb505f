# `just` lists the recipes. Each recipe calls a script that does the work, and that works without just.

[private]
default:
    @just --list --unsorted

# run the service and Pocket: needs only a JDK, no containers
[group('sixty seconds')]
quick *options:
    java Main.java {{ options }}

# start both units; returns when a request is found in Mimir, Loki and Tempo
[group('the full stack')]
up:
    infra/stack.sh up

# follow the services' output (just logs loki)
[group('the full stack')]
logs *services:
    infra/stack.sh logs {{ services }}

# show which services run
[group('the full stack')]
status:
    infra/stack.sh status

# stop both units; the data stays
[group('the full stack')]
down:
    infra/stack.sh down

# stop everything and delete all data
[group('the full stack')]
[confirm('Delete all logs, metrics, traces and dashboard settings of the stack? [y/N]')]
clean:
    infra/stack.sh clean

# start the same stack as native processes, without Docker
[group('the full stack')]
up-native:
    infra/native/native.sh up

# stop the native processes
[group('the full stack')]
down-native:
    infra/native/native.sh down

# send realistic requests to the service
[group('use it')]
traffic *options:
    ./build.sh run traffic {{ options }}

# follow one request over every arrow of the architecture
[group('use it')]
verify *options:
    ./build.sh run verify {{ options }}

# list and start incidents, get hints, check answers
[group('use it')]
incident *options:
    ./build.sh run incident {{ options }}

# break one arrow of the running stack for verify to find; without a name, list the breaks
[group('use it')]
break *name:
    infra/break.sh {{ name }}

# undo the break
[group('use it')]
mend:
    infra/break.sh --mend

# render the Kubernetes manifests (kind or aws) to build/k8s
[group('Kubernetes')]
cloud-render overlay='kind':
    infra/k8s/cloud.sh render {{ overlay }}

# validate both overlays and the committed rendering
[group('Kubernetes')]
cloud-check:
    infra/k8s/cloud.sh check

# create a kind cluster with the API, Loki, Mimir, Tempo and Grafana
[group('Kubernetes')]
cloud-up:
    infra/k8s/cloud.sh up

# delete the kind cluster
[group('Kubernetes')]
cloud-down:
    kind delete cluster --name demo

# run all tests, or some classes
[group('work on it')]
test *classes:
    ./build.sh test {{ classes }}

# run a benchmark beside its baselines
[group('work on it')]
bench name *arguments:
    ./build.sh bench {{ name }} {{ arguments }}

# run the long fault tests
[group('work on it')]
drills *names:
    ./build.sh drills {{ names }}

# open a shell with every tool and service of the stack
[group('work on it')]
shell:
    nix develop
