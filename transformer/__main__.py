"""`python -m transformer` is the command `transformer`."""

from .cli import main

raise SystemExit(main())
