"""``python -m build_bundle``."""

import sys

try:
    from build_bundle.cli import main

    code = main()
except KeyboardInterrupt:  # while the libraries are read
    print("\nStopped.", file=sys.stderr)
    code = 130
sys.exit(code)
