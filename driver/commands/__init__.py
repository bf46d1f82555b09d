"""What `azure-driver` (`python -m driver`) does: the commands, each a module, and the files that they read."""
