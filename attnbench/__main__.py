"""``python -m attnbench`` is ``attnbench``."""

from .cli.main import main

if __name__ == "__main__":
    main()
