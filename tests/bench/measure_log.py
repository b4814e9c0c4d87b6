"""Runs shell commands in turn and prints what each took: seconds from start to exit and of the processors, peak memory.

    measure_log.py NAME RUNS COMMAND [NAME RUNS COMMAND ...]

A command that begins with `exec` is measured without the shell. What it prints goes to a file: grep that writes to /dev/null
stops at the first line. One line each: name, medians of the seconds by the clock and by the processors, the greatest peak in KiB (as
/usr/bin/time sees it, which starts the command itself).
"""

import os
import statistics
import sys
import tempfile
import time

out = tempfile.NamedTemporaryFile()
peak = tempfile.NamedTemporaryFile()
# What a process had before it became the command counts as the command's: Python is too large for a parent.
TIME = ["/usr/bin/time", "-f", "%M", "-o", peak.name]


def run(command):
    files = [
        (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, out.name, os.O_WRONLY | os.O_TRUNC, 0),
    ]
    begin = time.perf_counter()
    child = os.posix_spawn(TIME[0], [*TIME, "/bin/sh", "-c", command], os.environ, file_actions=files)
    _, status, used = os.wait4(child, 0)
    took = time.perf_counter() - begin
    if status != 0:
        sys.exit(f"measure_log.py: status {os.waitstatus_to_exitcode(status)}: {command}")
    with open(peak.name) as said:
        memory = int(said.read().split()[-1])
    return took, used.ru_utime + used.ru_stime, memory


arguments = sys.argv[1:]
commands = list(zip(arguments[::3], map(int, arguments[1::3]), arguments[2::3]))
ran = {name: [] for name, _, _ in commands}
for turn in range(max(runs for _, runs, _ in commands)):
    for name, runs, command in commands:
        if turn < runs:
            ran[name].append(run(command))
for name, runs in ran.items():
    clock, processors, memory = zip(*runs)
    print(f"{name}\t{statistics.median(clock):.3f}\t{statistics.median(processors):.3f}\t{max(memory)}")
