#!/usr/bin/env bash
# Builds what is stale and runs demo.tools.incident.Incident: `incidents/incident.sh` lists the incidents.
set -euo pipefail
exec "$(dirname "${BASH_SOURCE[0]}")/../build.sh" run incident "$@"
