#!/bin/bash
# What a check costs on one account with very many services, against a script that asks the seller service by service:
#
#   tests/bench-check.sh [SERVICES]
#
# 100,000 services at a simulated seller and on a simulated panel, each with a real MariaDB; everything is built for release. The
# time is mostly the seller's, so the same pages without the plugin are measured beside it. The script is measured on 500
# services and extrapolated, without a pause between its requests; the check may make 100 a second (the default is 5).
#
# Goals: under 64 MiB resident; one list for each product, in pages, and three calls. The exit status says whether they are met.
set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck source-path=SCRIPTDIR source=packages.sh
. tests/packages.sh
need_rust
need_lab
[ -x /usr/bin/time ] || need gnu-time time time
install_missing

cargo build --release --locked --workspace --bins
exec cargo run --quiet --release --locked --example bench-check -- "$@"
