"""What the processes of a system take: memory as PSS (shared pages divided among who shares them), and CPU time."""

from __future__ import annotations

from dataclasses import dataclass

import psutil

from benchmarks.systems import Guiche, Processes


@dataclass(frozen=True)
class Memory:
    """Bytes, by part."""

    pss: dict[str, list[int]]
    """One for each process, the largest first."""
    rss: dict[str, int]

    @property
    def total(self) -> int:
        """PSS of every process of the system; the sandbox stands for the portal and is none of it."""
        return sum(sum(sizes) for part, sizes in self.pss.items() if part != Guiche.SANDBOX)


def memory(processes: Processes) -> Memory:
    """The memory of every process now."""
    full = {part: [process.memory_full_info() for process in family] for part, family in processes.items()}
    return Memory(
        pss={part: sorted((getattr(one, "pss", one.rss) for one in each), reverse=True) for part, each in full.items()},
        rss={part: sum(one.rss for one in each) for part, each in full.items()},
    )


def cpu_seconds(processes: Processes) -> dict[str, float]:
    """CPU time so far, user and system, of every part."""
    used = {}
    for part, family in processes.items():
        times = [process.cpu_times() for process in family]
        used[part] = sum(one.user + one.system for one in times)
    return used


def busy_seconds() -> float:
    """CPU time so far of everything on this machine, whoever it belongs to."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - times.iowait - times.guest - times.guest_nice)
