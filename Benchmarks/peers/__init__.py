"""Measures libanatomynet beside other CPU runtimes on the same network, volumes and threads.

Every competitor runs in a process of its own (`worker`), which the driver asks for one run after the
other, in turn (`alternation`). Start it with `python3 -m peers --help` from the folder Benchmarks.
"""
