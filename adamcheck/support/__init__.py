"""Helpers that know nothing of Adam: text for messages, atomic files, processes and their memory."""
