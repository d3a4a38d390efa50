"""Small statistics, and the CPU time of processes."""
import os


def at(values, share):
    """The value below which that share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def cpu_seconds(pids):
    """User and system time that all threads of the processes have used so far. By the scheduler's count in nanoseconds; the
    usual clock ticks of 10 ms are too coarse for short slices."""
    total = 0
    for pid in pids:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/schedstat") as f:
                total += int(f.read().split()[0])
    return total / 1e9


def pin(pids, cpus):
    """Ties all threads of the processes to the processors: migrations cost more than what is to be measured."""
    for pid in pids:
        for task in os.listdir(f"/proc/{pid}/task"):
            os.sched_setaffinity(int(task), cpus)


def table(head, rows):
    """Columns as wide as they must be, the first to the left, the others to the right."""
    cells = [head, *[[str(c) for c in row] for row in rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    for row in cells:
        print("  ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths))))
