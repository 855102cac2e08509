"""Licence statements: what a page says about its own licence, one carrier a module."""
