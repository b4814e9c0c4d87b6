#!/bin/bash
# All tests, on a machine that has Rust and nothing else: installs what is missing, builds, runs everything, and ends
# with the sum over all test programs. The exit status is cargo's. Arguments go to cargo test.
set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck source-path=SCRIPTDIR source=packages.sh
. tests/packages.sh
need_rust
need_lab
need_browser
need shellcheck shellcheck ShellCheck
install_missing

# The programs of all members first: tests start them as programs, which a run of one package's tests does not build.
cargo build --workspace --locked

# Every "test result:" line is one test program's own; the sum is taken from these alone. Without one, nothing ran.
cargo test --workspace --locked --no-fail-fast "$@" 2>&1 | awk '
    { print; fflush() }
    /^test result: / { passed += $4; failed += $6 }
    END { printf "%d passed, %d failed\n", passed, failed }
'
