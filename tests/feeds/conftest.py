"""What is not on every machine is left out, and `make test` says so at its end: the schemas that C3VOC publishes, which are not ours
to pass on (EUPL-1.2) and are read where they lie, and the extractor of a travel app."""

from tests.checks.suite import C3VOC, find_extractor

NEEDED = {"test_c3voc.py": C3VOC.is_dir(), "test_travel.py": find_extractor() is not None}
collect_ignore = [name for name, there in NEEDED.items() if not there]
