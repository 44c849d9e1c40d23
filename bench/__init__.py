"""Benchmarks: the hot paths beside their floors, in one run on one machine. ``make bench``.

Absolute figures mean little on shared machines; ratios to a floor of the same run do.
"""
