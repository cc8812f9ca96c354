"""Things under test: the protocol, the adapters, and how a name becomes a target."""
