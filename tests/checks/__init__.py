"""The project's own checks, which `make check` and `make test` run as `python -m tests.checks.<name>`."""
