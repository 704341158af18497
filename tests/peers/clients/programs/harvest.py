"""Read what a server tells crawlers and harvesters, with a reader for each: harvest.py ADDRESS.

Prints JSON: the targets of Signposting by relation, the sitemaps and whether a crawler may fetch a
document and an answer, the pages of the sitemap, and the descriptions in the page of the dataset.
"""

import json
import sys
from collections import defaultdict

import extruct
import requests
from protego import Protego
from signposting import find_signposting_http
from usp.tree import sitemap_tree_for_homepage

address = sys.argv[1]
signs = defaultdict(list)
for sign in find_signposting_http(f"{address}/dataset"):
    signs[str(sign.rel)].append(str(sign.target))
rules = Protego.parse(requests.get(f"{address}/robots.txt").text)
paths = ("doc/country/KHM", "sparql?format=ttl", "sparql?query=ASK", "sparql?format=csv&query=ASK")
page = requests.get(f"{address}/dataset", headers={"Accept": "text/html"}).text
json.dump(
    {
        "signs": signs,
        "sitemaps": list(rules.sitemaps),
        "allowed": [rules.can_fetch(f"{address}/{path}", "crawler") for path in paths],
        "pages": [page.url for page in sitemap_tree_for_homepage(f"{address}/").all_pages()],
        "descriptions": extruct.extract(page, base_url=address, syntaxes=["json-ld"])["json-ld"],
    },
    sys.stdout,
)
