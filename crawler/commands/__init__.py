"""The commands that crawl and that need the archive; those that only ask the database are in `provenance.commands`."""
