#!/usr/bin/env bash
# Builds what is stale and runs demo.tools.incident.Incident: `incidents/incident.sh` lists the incidents.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
./build.sh jar
exec "$(./build.sh jdk)/bin/java" @build/incident.args "$@"
