"""What pytest loads by itself when this package is installed: the fixtures for testing an official account."""
