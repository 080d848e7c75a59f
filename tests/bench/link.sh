#!/bin/sh
# What the link costs, without sockets.
set -eu
exec "$BUILD/tests/bench/link_bench"
