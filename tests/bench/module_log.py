"""What a script with one regular expression does: every error and warning with its thread, and how many of each text.

    module_log.py FILE
"""

import collections
import re
import sys

LINE = re.compile(rb"^(\w{3} [ \d]\d [\d:]{8}) \[(\d+:\d+)\] \w+ (ERROR|WARNING) (.*)$")

found = collections.Counter()
with open(sys.argv[1], "rb") as log:
    for line in log:
        match = LINE.match(line)
        if match:
            found[re.sub(rb"\d+", b"N", match[4])] += 1
for text, count in found.most_common():
    print(count, text.decode(errors="replace"))
