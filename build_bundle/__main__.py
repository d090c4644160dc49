"""``python -m build_bundle``."""

import sys

from build_bundle.cli import main

sys.exit(main())
