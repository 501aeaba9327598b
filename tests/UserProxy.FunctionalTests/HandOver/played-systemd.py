"""Plays of systemd what a service with a file descriptor store sees: sd_notify(3), sd_listen_fds(3), Restart=always.

usage: played-systemd.py NOTIFY_SOCKET MOST SECONDS COMMAND...

Keeps MOST descriptors at most, and starts COMMAND again SECONDS after a signal has ended it. SIGTERM is passed on, and ends both; a COMMAND that ends by
itself ends it, too. SIGUSR1 is systemctl restart with RestartKillSignal=SIGUSR2: COMMAND is told, and started again at once. While there is a file
NOTIFY_SOCKET.crash, COMMAND is killed as soon as it has marked its start; a file NOTIFY_SOCKET.restart has it restarted at that moment, once. A line on
standard output for each event.
"""

import array
import ctypes
import os
import select
import signal
import socket
import sys
import time

address, most, pause, command = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4:]
manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.setsockopt(socket.SOL_SOCKET, 16, 1)  # SO_PASSCRED
manager.bind(address)
kept = []  # of (name, descriptor)
wake, waker = os.pipe()
os.set_blocking(waker, False)
signal.set_wakeup_fd(waker)
signal.signal(signal.SIGCHLD, lambda *_: None)
asked = []
signal.signal(signal.SIGTERM, lambda *_: asked.append(signal.SIGTERM))
signal.signal(signal.SIGUSR1, lambda *_: asked.append(signal.SIGUSR2))
restarting = False


def say(text):
    print(f"systemd: {text}", flush=True)


def start():
    child = os.fork()
    if child:
        say(f"started {child} with {len(kept)}")
        return child
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: nothing outlives a test
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGCHLD, signal.SIGUSR1):
        signal.signal(number, signal.SIG_DFL)
    # Out of the way first: a target may be another one's source.
    high = [os.dup2(descriptor, 10000 + i) for i, (_, descriptor) in enumerate(kept)]
    for i, descriptor in enumerate(high):
        os.dup2(descriptor, 3 + i, inheritable=True)
        os.close(descriptor)
    os.closerange(3 + len(kept), 10000)
    os.environ.update(NOTIFY_SOCKET=address, FDSTORE=str(most))
    if kept:
        os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(kept)), LISTEN_FDNAMES=":".join(name for name, _ in kept))
    os.execvp(command[0], command)


def hear():
    global restarting
    data, ancillary, _, _ = manager.recvmsg(65536, socket.CMSG_SPACE(1024) + socket.CMSG_SPACE(12))
    descriptors = array.array("i")
    sender = 0
    for level, kind, content in ancillary:
        if kind == socket.SCM_RIGHTS:
            descriptors.frombytes(content)
        elif kind == 2:  # SCM_CREDENTIALS
            sender = int.from_bytes(content[:4], sys.byteorder)
    lines = data.decode().split("\n")
    values = dict(line.partition("=")[::2] for line in lines)
    if sender != child:
        say(f"not from the main process: {lines}")
    elif "FDSTOREREMOVE" in values:
        for entry in [entry for entry in kept if entry[0] == values["FDNAME"]]:
            kept.remove(entry)
            os.close(entry[1])
        say(f"keeps {len(kept)} without {values['FDNAME']}")
        return
    elif "FDSTORE" in values:
        for descriptor in descriptors:
            if len(kept) < most:
                kept.append((values["FDNAME"], os.dup(descriptor)))
        say(f"keeps {len(kept)} with {values['FDNAME']}")
        if values["FDNAME"].startswith("start-") and os.path.exists(f"{address}.crash"):
            os.kill(child, signal.SIGKILL)
        if values["FDNAME"].startswith("start-") and os.path.exists(f"{address}.restart"):
            os.remove(f"{address}.restart")
            restarting = True
            os.kill(child, signal.SIGUSR2)
    elif "BARRIER" not in values:
        say(f"hears {' '.join(lines)}")
    for descriptor in descriptors:
        os.close(descriptor)


child = start()
due = None
while True:
    ready, _, _ = select.select([manager, wake], [], [], None if due is None else max(0, due - time.monotonic()))
    if manager in ready:
        hear()
        continue
    if wake in ready:
        os.read(wake, 100)
    if asked and child:
        restarting = asked[-1] == signal.SIGUSR2
        os.kill(child, asked[-1])
        asked.clear()
    pid, status = os.waitpid(-1, os.WNOHANG) if child else (0, 0)
    if pid:
        child = 0
        say(f"{pid} ended with {status}, {len(kept)} kept")
        if not os.WIFSIGNALED(status) and not restarting:
            sys.exit(os.WEXITSTATUS(status))
        due = time.monotonic() + (0 if restarting else pause)
        restarting = False
    if due is not None and time.monotonic() >= due:
        due = None
        child = start()
