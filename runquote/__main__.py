"""`python -m runquote` is the command `runquote`."""

from runquote.cli import main

main()
