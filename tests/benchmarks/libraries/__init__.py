"""The libraries whose own tests `library_tests.py` runs: a module each, with how a bug is put into it."""
