"""The soak: thirty days in an hour through the real daemon, and what they cost.

    python -m tests.system.soak [--days 30] [--seed 1] [--json FILE]

The real loop, pipeline, journal (SQLite on disk) and publisher run in this process against a real
Mosquitto; a phone acknowledges and snoozes. The journal starts with a month of telemetry and a
year of cries and alerts, so that retention has something to forget from the first day on. Each
simulated day ends with a sample: resident memory, threads, descriptors, size of the journal, and
bytes written. As root, the state directory is an ext4 file system of its own on a loop device and
the bytes are what its block device was given (write-ahead log, fsyncs and the file system's own
journal included); otherwise they are ``write_bytes`` of /proc/self/io (pages, without the file
system's own).
"""
