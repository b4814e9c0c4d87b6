#!/bin/bash
# What `log` and `log ITEM` cost on one generated log of the reselling module that lies in memory, beside the tools that
# people use for it:
#
#   tests/bench-log.sh [--install] [MEGABYTES]
#
# 1000 megabytes, the same ones each time. All tools run in turn, five times each, lnav three times; angle-grinder (`agrind`, in the PATH
# or in target/tools/bin) and Python read the first tenth, three times, and their figures are scaled. What is not installed is left
# out; --install installs the packages ripgrep and lnav (root, Debian).
#
# Goals: `log` at least 1.5 GB/s and 25 times faster than lnav, `log ITEM` no slower than the article's two greps together,
# under 64 MiB, packed files at the speed of `gzip -dc`, and going on from a saved position at three times the cost of what is new at
# most (5 ms for opening the file and knowing it again come on top). The exit status says whether they are met. Run it on a quiet machine.
set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck source-path=SCRIPTDIR source=packages.sh
. tests/packages.sh
need_rust
need cc "gcc libc6-dev" gcc
need python3 python3 python3
need gzip gzip gzip
need /usr/bin/time time time
if [ "${1:-}" = --install ]; then
    shift
    need rg ripgrep ripgrep
    need lnav lnav lnav
fi
install_missing
megabytes=${1:-1000}
[ "$megabytes" -ge 10 ] || { echo "At least 10 megabytes." >&2; exit 2; }

cargo build --release --locked --bin resellguard --example bench-resume
program=$PWD/target/release/resellguard
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rustc --edition 2024 -C opt-level=3 -o "$work/module_log" tests/bench/module_log.rs
export RESELLGUARD_ROOT=$work/root LC_ALL=C
mkdir -p "$RESELLGUARD_ROOT/var"
log=$RESELLGUARD_ROOT/var/pmbillmgr.log
tenth=$work/tenth.log
"$work/module_log" "$megabytes" >"$log"
head -c "${megabytes}00000" "$log" >"$tenth"
head -c 1000000 "$log" >"$work/appended"
gzip -1 -c "$tenth" >"$tenth.gz"
# A line has no year: it is counted back from the file's time.
touch -d 2026-11-18 "$log" "$tenth" "$tenth.gz"
size=$(stat -c %s "$log")
cut=$(stat -c %s "$tenth")
cat "$log" "$tenth" "$tenth.gz" >/dev/null

# Of a panel there is nothing here but the log.
# It ends with 2 when it found something.
ours() { echo "'$program' log $1 --file '$2' || [ \$? -eq 2 ]"; }
commands=(
    "log" 5 "$(ours "" "$log")"
    "log ITEM" 5 "$(ours 16643 "$log")"
    "two greps" 5 "grep elid=16643 '$log'; grep 23241:1 '$log'"
    "log, gzip" 5 "$(ours "" "$tenth.gz")"
    "gzip -dc" 5 "exec gzip -dc '$tenth.gz' >/dev/null"
    "Python" 3 "exec python3 tests/bench/module_log.py '$tenth'"
)
left_out=
if command -v rg >/dev/null; then
    commands+=("two rg" 5 "rg elid=16643 '$log'; rg 23241:1 '$log'")
else
    left_out+=" rg"
fi
if command -v lnav >/dev/null; then
    commands+=("lnav" 3 "HOME='$work' exec lnav -n -c ':filter-in (ERROR|WARNING)' '$log'")
else
    left_out+=" lnav"
fi
if agrind=$(PATH=$PWD/target/tools/bin:$PATH command -v agrind); then
    query="(ERROR OR WARNING) | parse \"[*] * * *\" as thread, module, level, text | count by thread, level"
    commands+=("agrind" 3 "exec '$agrind' -f '$tenth' '$query'")
else
    left_out+=" agrind"
fi
measured=$(python3 tests/bench/measure_log.py "${commands[@]}")
# Last, for it makes the log longer.
resumed=$("$PWD/target/release/examples/bench-resume" "$RESELLGUARD_ROOT" "$work/appended")

[ -z "$left_out" ] || echo "Not installed and left out:$left_out"
echo "$measured" | awk -F '\t' -v size="$size" -v cut="$cut" -v resumed="$resumed" '
    function goal(met, text) { printf "%-8s %s\n", met ? "met" : "NOT MET", text; failed = failed || !met }
    BEGIN {
        of_cut = "^(log, gzip|gzip -dc|Python|agrind)$"
        printf "%.0f megabytes; seconds for one GB, medians; * measured on a tenth and scaled\n\n", size / 1e6
        printf "%-12s %9s %11s %8s %10s\n", "", "clock", "processors", "GB/s", "peak MiB"
    }
    {
        scaled = $1 ~ of_cut
        bytes = scaled ? cut : size
        clock[$1] = $2 / bytes * 1e9
        memory[$1] = $4 / 1024
        printf "%-12s %9.2f %11.2f %8.2f %10.1f\n", $1 (scaled ? " *" : ""), clock[$1], $3 / bytes * 1e9, 1 / clock[$1], memory[$1]
    }
    END {
        print ""
        goal(clock["log"] <= 1 / 1.5, sprintf("log at least 1.5 GB/s: %.2f", 1 / clock["log"]))
        if ("lnav" in clock) {
            goal(clock["lnav"] >= 25 * clock["log"], sprintf("log at least 25 times faster than lnav: %.1f", clock["lnav"] / clock["log"]))
        }
        goal(clock["log ITEM"] <= clock["two greps"], sprintf("log ITEM no slower than two greps: %.2f of them", clock["log ITEM"] / clock["two greps"]))
        goal(clock["log, gzip"] <= 1.05 * clock["gzip -dc"], sprintf("packed, within 1.05 of gzip -dc: %.2f", clock["log, gzip"] / clock["gzip -dc"]))
        most = memory["log"] > memory["log ITEM"] ? memory["log"] : memory["log ITEM"]
        goal(most < 64, sprintf("under 64 MiB: %.1f", most))
        split(resumed, resume, " ")
        goal(resume[3] <= resume[1] * 3e6 / (size + 1e6) + 0.005, sprintf("going on after 1 MB more costs what is new: %.1f ms, %d findings; from the beginning %.0f ms, %d findings", resume[3] * 1000, resume[4], resume[1] * 1000, resume[2]))
        exit failed
    }'
