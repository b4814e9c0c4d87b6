"""Starts commands in turn (A B C A B C ...) and prints what each took, from start to exit, and its peak memory.

    measure.py RUNS STDIN-FILE NAME=COMMAND...

Every command gets this process's environment and the file on its standard input; what it prints is thrown away. The
output is one line for each command: name, median, lower and upper quartile in microseconds, peak memory in KiB.
"""

import os
import shlex
import statistics
import subprocess
import sys
import time


def time_of(argv, stdin):
    """Microseconds from before the start to after the end."""
    files = [
        (os.POSIX_SPAWN_OPEN, 0, stdin, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0),
    ]
    begin = time.perf_counter_ns()
    child = os.posix_spawn(argv[0], argv, os.environ, file_actions=files)
    _, status = os.waitpid(child, 0)
    took = time.perf_counter_ns() - begin
    if status != 0:
        sys.exit(f"measure.py: {argv[0]} ended with status {os.waitstatus_to_exitcode(status)}")
    return took / 1000


def memory_of(argv, stdin):
    """KiB, as GNU time reads it. A child's account starts at what its parent had resident when it was started, which
    for this Python is more than the commands need; for `time` it is about 1 MiB."""
    with open(stdin, "rb") as document:
        ran = subprocess.run(
            ["/usr/bin/time", "-f", "%M", *argv], stdin=document, capture_output=True, check=True
        )
    return int(ran.stderr.split()[-1])


def main():
    runs, stdin = int(sys.argv[1]), sys.argv[2]
    commands = {}
    for argument in sys.argv[3:]:
        name, _, command = argument.partition("=")
        commands[name] = shlex.split(command)
    # First the memory: it warms the page cache for all of them.
    memory = {name: max(memory_of(argv, stdin) for _ in range(5)) for name, argv in commands.items()}
    times = {name: [] for name in commands}
    for _ in range(runs):
        for name, argv in commands.items():
            times[name].append(time_of(argv, stdin))
    for name, taken in times.items():
        low, middle, high = statistics.quantiles(taken, n=4)
        print(f"{name}\t{middle:.0f}\t{low:.0f}\t{high:.0f}\t{memory[name]}")


main()
