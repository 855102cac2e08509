"""``python -m crawler`` is ``aboveboard``."""

from crawler.cli import main

if __name__ == "__main__":
    main()
