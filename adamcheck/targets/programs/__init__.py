"""Targets in other processes: the line protocol, programs that speak it, and other interpreters."""
