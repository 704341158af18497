"""Read an answer with pandas.read_csv: pandas_csv.py TASK ADDRESS QUERY."""

import sys
from urllib.parse import urlencode

import pandas

task, address, query = sys.argv[1:]
if task == "select":
    table = pandas.read_csv(f"{address}/sparql?{urlencode({'query': query, 'format': 'csv'})}")
    print(table.to_csv(sep="\t", header=False, index=False))
