"""`python -m manyheads`: the command line."""

import sys

from manyheads.cli import main

sys.exit(main())
