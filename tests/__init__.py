"""Tests of the course; run them with `make test`."""
