"""Processes that start in a moment: forked from one that has imported everything already."""

import multiprocessing

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(
    ["tests.support.lives", "tests.support.kills.bots", "tests.support.nights"]
)
