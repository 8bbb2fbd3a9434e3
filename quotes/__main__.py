from __future__ import annotations

from quotes.cli import main

main()
