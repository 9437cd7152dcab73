"""The scripts behind the commands of the Makefile; run as `python -m tools.<name>`."""
