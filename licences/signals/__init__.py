"""Rights signals: reservations and preferences, one protocol a module."""
