#!/bin/bash
# What a plan and a repair cost on one account with very many services, of which one of a hundred waits in vain:
#
#   tests/bench-sync.sh [SERVICES] [REPAIRED]
#
# 100,000 services at a simulated seller and on a simulated panel, each with a real MariaDB; everything is built for release. The
# repair of 1,000 of them is compared with the same calls of mgrctl, one after the other and nothing else. The plugin may make
# 1000 requests a second at the seller here (the default is 5). It makes one for each repair, to read the service again, while the
# panel is at the repair before.
#
# Goal: from one call to the next, within 1.2 times of the bare calls. The exit status says whether it is met.
set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck source-path=SCRIPTDIR source=packages.sh
. tests/packages.sh
need_rust
need_lab
[ -x /usr/bin/time ] || need gnu-time time time
install_missing

cargo build --release --locked --workspace --bins
exec cargo run --quiet --release --locked --example bench-sync -- "$@"
