"""Processes that start in a moment: forked from one that has imported everything already."""

import multiprocessing
import threading

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(
    ["tests.support.lives", "tests.support.kills.bots", "tests.support.nights"]
)
# Starting a process also asks after all others, and of two threads that ask after the same one
# only the first is told how it ended.
ONE_ASKS = threading.Lock()
