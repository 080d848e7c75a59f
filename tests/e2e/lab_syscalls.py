#!/usr/bin/env python3
"""One of two nodes is killed at its Nth call of a system call, or that call fails: for every
N up to the end of a short conversation.

strace counts each system call's name for itself and in each thread, so the pairs (name, N)
are gone through one by one.  A node whose call fails may refuse, end with a word or go on; it
may not die by a signal, hang, or lose what it promised.  The whole: --calls-max 400 --step 1
"""

import shutil
import time

import lab

KILLED_AT = ["fdatasync", "pwrite64", "sendmmsg", "recvmmsg", "write", "writev", "read",
             "ftruncate", "statfs", "openat", "epoll_wait"]
FAILING = [("fdatasync", "EIO"), ("pwrite64", "EIO"), ("pwrite64", "ENOSPC"), ("writev", "EIO"),
           ("write", "EINTR"), ("read", "EINTR"), ("sendmmsg", "ENOBUFS"), ("sendmmsg", "EPERM"),
           ("recvmmsg", "ENOMEM"), ("recvmmsg", "ECONNREFUSED"),
           ("openat", "EMFILE"), ("openat", "EACCES"), ("ftruncate", "ENOSPC"), ("statfs", "EIO"),
           ("accept4", "EMFILE"), ("epoll_wait", "EINTR"), ("getrandom", "EINTR"),
           ("socket", "EMFILE"), ("bind", "EADDRINUSE")]
LOADER_GAVE_UP = 127  # a library could not be opened
TEXTS = 4


def talk(alice, writers, what):
    """A few texts each way; alice may die or refuse at any moment of it."""
    for writer in writers:
        writer.count += TEXTS
    threads = []
    for writer in writers:
        again = lab.Writer(writer.node, writer.words, writer.count, window=TEXTS)
        again.next, again.waiting, again.queued = writer.next, writer.waiting, writer.queued
        again.refusals = writer.refusals
        again.start()
        threads.append(again)
    # Either both have been answered, or the victim is dead and the other one is done too.
    end = time.monotonic() + 20 * lab.PATIENCE
    while any(thread.is_alive() for thread in threads) and alice.is_running():
        lab.demand(time.monotonic() < end, f"{what}: no answer and no death")
        time.sleep(0.002)
    if alice.is_running():
        try:
            lab.settle([alice], 2)
        except (lab.Failed, OSError, ValueError):
            pass  # it died meanwhile, or the judge will say
    return threads


def finish(threads, writers):
    for thread, writer in zip(threads, writers):
        thread.finish(20)
        writer.next, writer.waiting, writer.queued = thread.next, thread.waiting, thread.queued


def end_of(alice, is_killing, what):
    """Ends the traced node; gives whether the call was reached.  Nobody but the lab kills."""
    if is_killing or not alice.is_running():
        was_running = alice.is_running()
        code = alice.kill()
        lab.demand(is_killing or code >= 0, f"{what}: died by signal {-code}: {alice.log_tail()}")
        return not was_running
    try:
        alice.call("node.stop")
    except (OSError, ValueError, lab.RpcError):
        pass
    try:
        code = alice.wait(3)
    except lab.Hangs:
        # The call that failed may have been one of this stop's: then a signal has to do.
        code = alice.kill() and 0
    lab.demand(code in (0, 1, LOADER_GAVE_UP), f"{what}: ended with {code}: {alice.log_tail()}")
    return False


def has_struck(path):
    """strace writes a line for each call that it tampered with."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return "INJECTED" in file.read()
    except FileNotFoundError:
        return False


def one_round(world, alice, writers, name, how, call):
    """Gives whether the call was reached."""
    trace = f"{world.directory}/trace"
    what = f"{name} {how} {call}"
    alice.stop()
    alice.spawn(wrapper=["strace", "-f", "-qq", "-o", trace, "-e", f"trace={name}",
                         "-e", f"inject={name}:{how}:when={call}"])
    lab.until(alice.is_ready, 10, f"{what}: {alice.log_tail()}")
    threads = talk(alice, writers, what)
    is_killing = how.startswith("signal")
    was_dead = end_of(alice, is_killing, what)
    alice.start()
    finish(threads, writers)
    return was_dead if is_killing else has_struck(trace)


def body(world, given):
    if shutil.which("strace") is None:
        lab.skip("there is no strace")
    alice, bob = world.node("alice").start(), world.node("bob").start()
    lab.pair(alice, bob)
    writers = [lab.Writer(node, node.name, 0) for node in (alice, bob)]
    counts = {"signal": 0, "error": 0}
    pairs = ([(name, "signal=SIGKILL") for name in KILLED_AT] +
             [(name, f"error={error}") for name, error in FAILING])
    for name, how in pairs:
        missed = 0
        for call in range(1 + world.random.randrange(given.step), given.calls_max + 1, given.step):
            if one_round(world, alice, writers, name, how, call):
                counts[how.split("=")[0]] += 1
                continue
            missed += 1
            if missed == 2:
                break  # the conversation makes no more of these calls
        lab.judge(writers, 30)
    total = sum(len(writer.queued) for writer in writers)
    return (f"{counts['signal']} kills and {counts['error']} errors at chosen system calls, {total} "
            f"messages: 0 lost after queued, 0 doubled, one order on both sides, no other death")


GIVEN = lab.arguments(__doc__, calls_max=40, step=13)
lab.run(body, GIVEN)
