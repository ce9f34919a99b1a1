"""The rows of the traffic log as people see them: said in words, searched, kept over a restart, explained, exported."""
