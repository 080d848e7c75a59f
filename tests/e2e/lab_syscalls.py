#!/usr/bin/env python3
"""One of two nodes is killed at its Nth call of a system call, for every N up to the end.

strace counts each system call's name for itself and in each thread, so the pairs (name, N)
are gone through one by one.  The whole: --calls-max 400 --step 1
"""

import shutil
import time

import lab

NAMES = ["fdatasync", "pwrite64", "sendmmsg", "sendmsg", "recvmmsg", "recvmsg", "write", "writev",
         "read", "msync", "ftruncate"]
TEXTS = 4


def talk(alice, bob, writers, round_number):
    """A few texts each way; the sender may die at any moment of it."""
    for writer in writers:
        writer.count += TEXTS
    threads = []
    for writer in writers:
        again = lab.Writer(writer.node, writer.words, writer.count, window=TEXTS)
        again.next, again.waiting, again.queued = writer.next, writer.waiting, writer.queued
        again.start()
        threads.append(again)
    # Either both have been answered, or the victim is dead and the other one too is done.
    end = time.monotonic() + 5 * lab.PATIENCE
    while any(thread.is_alive() for thread in threads) and alice.is_running():
        lab.demand(time.monotonic() < end, f"round {round_number}: no answer and no death")
        time.sleep(0.002)
    if alice.is_running():
        try:
            lab.settle([bob, alice], 2)
        except (lab.Failed, OSError, ValueError):
            pass  # it died meanwhile, or the judge will say
    return threads


def finish(threads, writers):
    for thread, writer in zip(threads, writers):
        thread.finish(20)
        writer.next, writer.waiting, writer.queued = thread.next, thread.waiting, thread.queued


def body(world, given):
    if shutil.which("strace") is None:
        lab.skip("there is no strace")
    alice, bob = world.node("alice").start(), world.node("bob").start()
    lab.pair(alice, bob)
    writers = [lab.Writer(node, node.name, 0) for node in (alice, bob)]
    killed, rounds, counts = 0, 0, {}
    for name in NAMES:
        survived = 0
        for call in range(1, given.calls_max + 1, given.step):
            alice.stop()
            alice.spawn(wrapper=["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={name}",
                                 "-e", f"inject={name}:signal=SIGKILL:when={call}"])
            lab.until(alice.is_ready, 10, f"{name} {call}: {alice.log_tail()}")
            threads = talk(alice, bob, writers, rounds)
            rounds += 1
            is_killed = not alice.is_running()
            if is_killed:
                killed += 1
                counts[name] = call
                alice.kill()  # strace may be gone before it
            else:
                survived += 1
                alice.kill()
            alice.start()
            finish(threads, writers)
            if survived == 2:
                break  # the conversation makes no more of these calls
        lab.judge(writers, 30)
    lab.judge(writers, 30)
    made = ", ".join(f"{name} to {call}" for name, call in counts.items())
    total = sum(len(writer.queued) for writer in writers)
    return (f"{killed} kills at chosen system calls ({made}), {total} messages: 0 lost after queued, "
            f"0 doubled, one order on both sides")


GIVEN = lab.arguments(__doc__, calls_max=40, step=7)
lab.run(body, GIVEN)
