"""Helpers that do not depend on Adam: message text, atomic files, processes, registries."""
