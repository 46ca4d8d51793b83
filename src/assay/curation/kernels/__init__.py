"""Compiled passes over what every candidate has."""
