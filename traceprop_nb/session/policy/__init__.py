"""Rules about where sensitive values may go, looked at before a cell runs and before a call."""
