"""Run a command and say how much memory it took at most.

python benchmarks/peak_memory.py COMMAND [ARGUMENT ...]
"""

import resource
import subprocess
import sys


def main(*command: str) -> int:
    code = subprocess.run(command, check=False).returncode
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(f"peak memory {peak / 1024:.0f} MB", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
