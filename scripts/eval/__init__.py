"""Measures how good the polishing is: real subjects are spoilt, polished, and held against the truth."""
