"""Tests of Stillwatch; folders mirror the source, and scenarios run the whole line."""

import os

# One thread for linear algebra, here and in the processes that tests start. The tests are shared by as many processes
# as there are cores; threads of several processes wait busily for cores that the others hold, sevenfold the time.
os.environ.setdefault("OMP_NUM_THREADS", "1")
