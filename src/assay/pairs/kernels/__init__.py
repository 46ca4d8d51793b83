"""Compiled passes over captions and uids."""
