"""Answer one query in a fresh process: ``python -m tests.benchmarks.answer_once BUNDLE QUERY OUT``.

Prints JSON with the seconds from opening the bundle to the finished result folder. Modules are imported before the
clock starts; what is imported later on (NMSLib, the reader's own process) counts.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from core.engine import Engine


def main() -> None:
    bundle, query, out = map(Path, sys.argv[1:])
    started = time.perf_counter()
    result = Engine.open([bundle]).annotate(query, out=out)
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "timings": result.report["timings"]}))


if __name__ == "__main__":
    main()
