"""Polars: rules for eager frames and series, and for plans that are collected."""
