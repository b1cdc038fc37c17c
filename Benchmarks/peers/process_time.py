"""How long this process has lived. Needs no library, so that a peer without NumPy can ask too."""

import os
import pathlib
import time


def process_seconds():
    """Seconds since this process was started, to the kernel's tick of 10 ms."""
    stat = pathlib.Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    started = int(stat[19]) / os.sysconf("SC_CLK_TCK")
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started
