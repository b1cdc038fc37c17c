"""Starting a subject's program, and taking its report, its wall time and its peak memory."""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import threading
import time

# No run of the quick kind takes minutes; a hung peer must not hang the comparison.
TIME_LIMIT_SECONDS = 600
ACCURACY_TIME_LIMIT_SECONDS = 3600


def last_object(output):
    """The JSON object that a program prints: alone, on any number of lines, or on its last line."""
    try:
        return json.loads(output)
    except json.JSONDecodeError:
        return json.loads(output.strip().splitlines()[-1])


class Failure(Exception):
    """Ends the comparison; the text says why and what to do."""


class SubjectFailed(Exception):
    """A subject's program failed; the text is its own reason in one line, without paths."""


def without_paths(text):
    """Leaves only the last part of each path: results name no folders of the machine."""
    return re.sub(r"(?:/[\w.+@-]+)+/([\w.+@-]+)", r"\1", text)


def reason(stderr):
    """The line of a program's messages that says what went wrong: the last that names an error,
    since libraries like to add advice below it."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"(Error:|[\w.]*(Error|Exception)\b)", line)]
    return without_paths((errors or lines or ["it failed without a message"])[-1])[:300]


class Runner:
    """Runs commands with this comparison's settings."""

    def __init__(self, arguments, folder):
        self.arguments, self.folder = arguments, folder
        self.count = 0

    def report(self, command, seconds=None, fresh_cache=False, limit=TIME_LIMIT_SECONDS):
        """The JSON object that a program prints, with `wall_seconds` and `max_rss_bytes`."""
        command = [str(word) for word in command]
        if seconds is not None:
            command += ["--seconds", str(seconds)]
        output, messages, status, wall, memory = self.execute(command, fresh_cache, limit)
        if status != 0:
            raise SubjectFailed(
                reason(messages) if status > 0 or messages.strip()
                else f"ended by signal {-status}")
        try:
            result = last_object(output)
        except (json.JSONDecodeError, IndexError):
            raise SubjectFailed(f"printed no JSON: {without_paths(output.strip())[:200]}")
        check_times(result, wall)
        return {**result, "wall_seconds": round(wall, 3), "max_rss_bytes": memory}

    def execute(self, command, fresh_cache, limit):
        """Output, messages, exit status, wall seconds and peak memory of one process."""
        with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as messages:
            start = time.monotonic()
            try:
                process = subprocess.Popen(
                    command, stdout=output, stderr=messages, env=self.environment(fresh_cache))
            except OSError as error:
                raise SubjectFailed(f"{pathlib.Path(command[0]).name}: {error.strerror}")
            timer = threading.Timer(limit, process.kill)
            timer.start()
            try:
                _, status, usage = os.wait4(process.pid, 0)
            except KeyboardInterrupt:
                process.kill()
                raise
            finally:
                timer.cancel()
            wall = time.monotonic() - start
            process.returncode = os.waitstatus_to_exitcode(status)
            output.seek(0)
            messages.seek(0)
            return (output.read(), messages.read(), process.returncode, wall,
                    1024 * usage.ru_maxrss)

    def environment(self, fresh_cache):
        """torch.compile keeps what it compiled for this comparison, and nothing beyond it."""
        self.count += 1
        cache = f"inductor-{self.count}" if fresh_cache else "inductor"
        return {**os.environ, "TORCHINDUCTOR_CACHE_DIR": str(self.folder / cache)}


def check_times(result, wall):
    """A program can't have done in its life what took longer than it lived."""
    for key in ("seconds_to_first_batch", "seconds_to_target", "seconds_to_end"):
        # The kernel tells a process's start to 10 ms.
        if (result.get(key) or 0) > wall + 0.02:
            raise SubjectFailed(f"reports {key} {result[key]}, but it ran for {wall:.2f} s")
