"""Measurements that are too long for the tests. Each writes a JSON file beside itself and prints a table."""
