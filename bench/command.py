"""How long `handrail contacts` keeps somebody waiting, beside importing pydantic alone: `python -m bench.command`.

Both are whole processes, started in turn so that a busy machine slows both. It measures and prints; it decides nothing.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 15
_CONTACTS = (sys.executable, "-m", "bot", "contacts", "--academy", "north")
_BARE = (sys.executable, "-c", "import pydantic.main")


def measure(rounds: int = ROUNDS) -> float:
    """The median time of `handrail contacts` over that of the bare import."""
    took = [(_seconds(_CONTACTS), _seconds(_BARE)) for _ in range(rounds)]
    return statistics.median(ours for ours, _ in took) / statistics.median(bare for _, bare in took)


def _seconds(command: tuple[str, ...]) -> float:
    environment = os.environ | {"HANDRAIL_TRUST": str(ROOT / "examples" / "staffordshire" / "trust.toml")}
    began = time.perf_counter()
    subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=True)  # noqa: S603
    return time.perf_counter() - began


def main() -> None:
    sys.stdout.write(f"handrail contacts: {measure():.2f} times `import pydantic.main` (wanted: at most 3)\n")


if __name__ == "__main__":
    main()
