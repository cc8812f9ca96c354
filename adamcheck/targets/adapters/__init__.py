"""Adapters: one file a library, each of which makes the library's optimizers targets."""
