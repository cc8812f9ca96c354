"""Theorems and measurements that the chapter does not know."""
