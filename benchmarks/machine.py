"""What a run was made on, for the reports."""

import os
import platform
from pathlib import Path


def machine() -> str:
    """Processor and cores."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        models = [
            line for line in cpuinfo.read_text(encoding="utf-8").splitlines() if line.startswith("model name")
        ]
        name = models[0].partition(": ")[2] if models else name
    return f"{name}, {os.cpu_count()} cores, Python {platform.python_version()}"
