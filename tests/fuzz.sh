#!/bin/bash
# Gives the reader of the module's log bytes that nobody has thought of: for so many seconds in all (60), with cargo-fuzz,
# from what the corpus has reached so far. A crash, a hang or a result that depends on how the log was cut ends with an error,
# and the bytes are kept in tests/fuzz/artifacts. With --keep, what reached something new goes into the corpus.
set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck source-path=SCRIPTDIR source=packages.sh
. tests/packages.sh
need_rust
need cc "gcc libc6-dev" gcc
need c++ g++ gcc-c++
install_missing

keep=
if [ "${1:-}" = --keep ]; then keep=yes; shift; fi
seconds=${1:-60}

PATH=$PATH:$PWD/target/tools/bin
command -v cargo-fuzz >/dev/null || cargo install --quiet --debug --locked --root target/tools cargo-fuzz@0.13.1

found=$(mktemp -d)
trap 'rm -rf "$found"' EXIT
# The share of each: reading a log is more code than decoding a text.
for target in "lines $((seconds * 2 / 3))" "texts $((seconds / 3))"; do
    read -r name share <<<"$target"
    mkdir "$found/$name"
    # No sanitizer: they need a nightly compiler, and there is no unsafe code for them to watch.
    cargo fuzz run --fuzz-dir tests/fuzz --target-dir target/fuzz --sanitizer none "$name" "$found/$name" "tests/fuzz/corpus/$name" \
        -- -max_total_time="$share" -timeout=10 -rss_limit_mb=1024 -max_len=4096 -print_final_stats=1 2>&1 |
        { grep -Ev '^#[0-9]+.*(NEW|REDUCE|pulse|RELOAD)' || true; }
    if [ -n "$keep" ]; then
        cargo fuzz cmin --fuzz-dir tests/fuzz --target-dir target/fuzz --sanitizer none "$name" "$found/$name"
        cp -n "$found/$name"/* "tests/fuzz/corpus/$name"
    fi
done
printf '\nNo crash, no hang, nothing that depends on how a log is cut.\n'
