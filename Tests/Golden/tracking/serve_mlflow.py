"""Runs an MLflow server with an empty SQLite store, for as long as its standard input is open.

    serve_mlflow.py

Prints the server's address when it answers. The store and the artifacts are removed at the end.
"""

import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

PATIENCE_SECONDS = 120
STOP_SECONDS = 10


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(folder, port, log):
    command = [sys.executable, "-m", "mlflow", "server", "--workers", "1"]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    command += ["--backend-store-uri", f"sqlite:///{folder}/store.db"]
    command += ["--artifacts-destination", f"{folder}/artifacts"]
    environment = os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    # A session of its own, for the server starts further processes.
    return subprocess.Popen(
        command, env=environment, cwd=folder, stdout=log, stderr=log, start_new_session=True
    )


def wait_for(address, server):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    return False


def stop(server):
    os.killpg(server.pid, signal.SIGTERM)
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def main():
    # The process that starts this one may block signals, which its children inherit.
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+") as log:
        port = free_port()
        server = start(folder, port, log)
        try:
            address = f"http://127.0.0.1:{port}"
            if not wait_for(address, server):
                sys.exit(f"MLflow's server did not start:\n{pathlib.Path(log.name).read_text()}")
            print(address, flush=True)
            sys.stdin.read()
        finally:
            stop(server)


if __name__ == "__main__":
    main()
