"""The commands that only ask or tend the database; `crawler.lazy_commands` mounts each when it is called."""
