"""Checks: functions that run a target on random inputs and raise if the target breaks a law."""
