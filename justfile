# A bare `just` lists what there is. Each recipe is a door: the work is in build.sh, Main.java and infra/stack.sh.

[private]
default:
    @just --list --unsorted

# the service and Pocket on this machine: a JDK is enough, no containers
[group('sixty seconds')]
quick *options:
    java Main.java {{ options }}

# start both units; returns when a request is found in Mimir, Loki and Tempo
[group('the full stack')]
up:
    infra/stack.sh up

# follow what the services print (just logs loki)
[group('the full stack')]
logs *services:
    infra/stack.sh logs {{ services }}

# who answers
[group('the full stack')]
status:
    infra/stack.sh status

# stop both units; the data stays
[group('the full stack')]
down:
    infra/stack.sh down

# stop everything and delete all data (asks first; --yes doesn't)
[group('the full stack')]
clean *options:
    infra/stack.sh clean {{ options }}

# the same stack as native processes, without Docker
[group('the full stack')]
up-native:
    infra/stack.sh up-native

# stop the native processes
[group('the full stack')]
down-native:
    infra/stack.sh down-native

# send the service realistic requests
[group('use it')]
traffic *options:
    ./build.sh run traffic {{ options }}

# follow one request over every arrow of the architecture
[group('use it')]
verify *options:
    ./build.sh run verify {{ options }}

# something is wrong and you are on call: lists and starts incidents, gives hints, checks answers
[group('use it')]
incident *options:
    incidents/incident.sh {{ options }}

# break one arrow of the running stack for verify to find; a bare call lists
[group('use it')]
break *name:
    infra/break.sh {{ name }}

# undo what break did
[group('use it')]
mend:
    infra/break.sh --mend

# write what would be applied to Kubernetes (kind or aws) into build/k8s
[group('Kubernetes')]
cloud-render overlay='kind':
    infra/k8s/cloud.sh render {{ overlay }}

# validate both overlays and the committed rendering
[group('Kubernetes')]
cloud-check:
    infra/k8s/cloud.sh check

# a kind cluster with the API, Loki, Mimir, Tempo and Grafana
[group('Kubernetes')]
cloud-up:
    infra/k8s/cloud.sh up

# delete that cluster
[group('Kubernetes')]
cloud-down:
    infra/k8s/cloud.sh down

# every test
[group('work on it')]
test *classes:
    ./build.sh test {{ classes }}

# measurements, beside their baselines
[group('work on it')]
bench name *arguments:
    ./build.sh bench {{ name }} {{ arguments }}

# faults in their long form
[group('work on it')]
drills *names:
    ./build.sh drills {{ names }}

# a shell with every tool and service of the stack
[group('work on it')]
shell:
    nix develop
