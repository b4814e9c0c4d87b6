#!/bin/bash
# What the hook on checkevent costs when there is nothing to do, from start to exit, side by side with a bare compiled
# program, a Python handler and a PHP handler:
#
#   tests/bench.sh [RUNS] [PROGRAM]
#
# 1000 runs of the program as it is given to other machines (see .cargo/config.toml), which is built first; without rustup or
# that target, of the dynamic program, which starts more slowly.
#
# Goals: within 2 times of the bare program, at least 20 times faster than Python, under 8 MiB resident.
# The exit status says whether they are met. Run it on a quiet machine.
set -euo pipefail
cd "$(dirname "$0")/.."
runs=${1:-1000}

# shellcheck source-path=SCRIPTDIR source=packages.sh
. tests/packages.sh
need_rust
need cc "gcc libc6-dev" gcc
need python3 python3 python3
[ -x /usr/bin/time ] || need gnu-time time time
if [ $# -lt 2 ] && command -v rustup >/dev/null; then need musl-gcc musl-tools musl-gcc; fi
install_missing

if [ $# -ge 2 ]; then
    program=$2
elif command -v rustup >/dev/null && rustup target add x86_64-unknown-linux-musl; then
    cargo static
    program=target/x86_64-unknown-linux-musl/release/resellguard
else
    cargo build --release --locked --bin resellguard
    program=target/release/resellguard
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Linked as cargo links by default.
rustc --edition 2024 -C opt-level=3 -C strip=symbols -o "$work/bare" tests/bench/bare.rs

# A panel in which nothing is due: the observer has left word that it wants to run in an hour, and nothing waits.
mkdir -p "$work/root/var/resellguard"
printf 'next=%s\nwaiting=0\n' $(($(date +%s) + 3600)) >"$work/root/var/resellguard/hook"
printf '<doc lang="en" func="checkevent"><ok/></doc>' >"$work/document"

# The interpreter itself, not a wrapper that chooses one; the distribution's when it is there.
python=$(PATH=/usr/bin:$PATH python3 -c 'import sys; print(sys.executable)')
commands=("bare=$work/bare" "resellguard=$program" "python=$python tests/bench/handler.py")
php=$(command -v php || true)
[ -z "$php" ] || commands+=("php=$php tests/bench/handler.php")

export EVENT_TYPE=after ACTION_NAME=checkevent PARAM_func=checkevent AUTH_USER=root AUTH_LEVEL=30
export RESELLGUARD_ROOT=$work/root
measured=$("$python" tests/bench/measure.py "$runs" "$work/document" "${commands[@]}")

# The hook has done its work, and nothing but it: one line for each start, and no observer's traces.
noted=$(wc -l <"$work/root/var/resellguard/polls")
left=$(cd "$work/root/var/resellguard" && echo ./*)
if [ "$noted" != $((runs + 5)) ] || [ "$left" != "./hook ./polls" ]; then
    echo "The hook was not idle or not the hook: $noted lines for $((runs + 5)) starts, and in its state $left" >&2
    exit 1
fi

echo "$measured" | awk -F '\t' -v runs="$runs" -v program="$program" '
    { name[NR] = $1; median[$1] = $2; low[$1] = $3; high[$1] = $4; memory[$1] = $5 }
    function goal(met, text) { printf "%-8s %s\n", met ? "met" : "NOT MET", text; failed = failed || !met }
    END {
        printf "%s, %d runs each, in turn; microseconds from start to exit\n\n", program, runs
        printf "%-12s %8s %15s %8s %10s\n", "", "median", "quartiles", "x bare", "peak KiB"
        for (i = 1; i <= NR; i++) {
            n = name[i]
            printf "%-12s %8d %7d %7d %8.2f %10d\n", n, median[n], low[n], high[n], median[n] / median["bare"], memory[n]
        }
        print ""
        ours = median["resellguard"]
        goal(ours <= 2 * median["bare"], sprintf("within 2 times of bare: %.2f", ours / median["bare"]))
        goal(median["python"] >= 20 * ours, sprintf("at least 20 times faster than Python: %.1f", median["python"] / ours))
        goal(memory["resellguard"] < 8192, sprintf("under 8 MiB resident: %.1f MiB", memory["resellguard"] / 1024))
        exit failed
    }'
