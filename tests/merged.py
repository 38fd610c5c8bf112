"""Two small files, and a cell that reads, cleans and merges them."""

from __future__ import annotations

A = "id,v,c\na,1,x\nb,,y\n\nc,3,x\nd,-4,y\n"
B = "id,w\nb,10\nd,40\nc,30\n"
CLEAN = """import numpy as np, pandas as pd
a = pd.read_csv('a.csv')
b = pd.read_csv('b.csv')
d = a.dropna().merge(b, on='id')
d['z'] = d.v - d.v.mean()
X = d[['v', 'w']].to_numpy()
"""


def plain(answer) -> dict[str, list[int]]:
    """Sources of an answer as plain lists."""
    return {name: records.tolist() for name, records in answer.sources.items()}
