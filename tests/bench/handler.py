"""The same work as the hook's, as a handler is usually written: read, parse, append a line, echo."""

import os
import sys
import time
import xml.etree.ElementTree

document = sys.stdin.buffer.read()
xml.etree.ElementTree.fromstring(document)
with open(os.path.join(os.environ["RESELLGUARD_ROOT"], "var", "python.log"), "a") as log:
    log.write(f"{os.environ['EVENT_TYPE']} {time.time_ns() // 1000000} {os.getpid()}\n")
sys.stdout.buffer.write(document)
