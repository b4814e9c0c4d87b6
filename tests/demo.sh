#!/bin/bash
# The story of two panels that share one account at the seller, played on real parts: installs what is missing, builds,
# plays. With --keep the panels' web pages stay open afterwards.
set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck source-path=SCRIPTDIR source=packages.sh
. tests/packages.sh
need_rust
need_lab
install_missing

cargo build --workspace --locked
exec cargo run -q --locked --example demo -- "$@"
