"""The .htaccess of a copy: what Apache httpd does for clients that ask for the IRIs of things."""

import re
from urllib.parse import urlsplit

from accsm_kg.namespaces import QUERIES

_RULES = """\
# Rules of Apache httpd for the permanent addresses of a copy made by `accsm-kg export`: who asks
# for RDF gets the file in Turtle or JSON-LD, others the page. At another host, such as w3id.org,
# the same rules redirect to the copy at {url}/

DirectorySlash Off
Options -MultiViews
ErrorDocument 404 {root}/404.html
AddCharset utf-8 .html .ttl .csv .rq
AddType text/turtle .ttl
AddType application/ld+json .jsonld
AddType application/n-triples .nt
AddType application/n-quads .nq
AddType application/trig .trig
AddType application/sparql-query .rq
AddType application/wasm .wasm
RemoveEncoding .gz
AddType application/gzip .gz
AddType application/zstd .zst
<IfModule mod_headers.c>
Header always set Access-Control-Allow-Origin "*"
Header always set X-Content-Type-Options "nosniff"
Header always merge Vary "Accept"
</IfModule>

RewriteEngine On
RewriteRule ^{queries}(/[^/]+)?/?$ {url}/questions$1/ [R=303,L]
RewriteCond %{{REQUEST_URI}} !\\.(ttl|jsonld|html)$
RewriteCond %{{HTTP_ACCEPT}} !text/html
RewriteCond %{{HTTP_ACCEPT}} !text/turtle
RewriteCond %{{HTTP_ACCEPT}} application/ld\\+json
RewriteRule ^{documents}/?$ {url}/$1.jsonld [R=303,L]
RewriteCond %{{REQUEST_URI}} !\\.(ttl|jsonld|html)$
RewriteCond %{{HTTP_ACCEPT}} !text/html
RewriteCond %{{HTTP_ACCEPT}} text/turtle|application/(n-triples|rdf\\+xml|x-turtle)|text/n3
RewriteRule ^{documents}/?$ {url}/$1.ttl [R=303,L]
RewriteCond %{{REQUEST_URI}} !\\.(ttl|jsonld|html)$
RewriteRule ^{documents}$ {url}/$1/ [R=303,L]
RewriteCond %{{HTTP_HOST}} !^{host}$ [NC]
RewriteRule ^(.*)$ {url}/$1 [R=302,L]
RewriteCond %{{REQUEST_FILENAME}} -d
RewriteRule [^/]$ %{{REQUEST_URI}}/ [R=301,L]
"""
_DOCUMENTS = "((?:id|graph)/.*[^/]|ontology|shapes|dataset)"


def rules(url: str) -> str:
    """Return the rules for a copy at ``url``, which has no slash at its end."""
    parts = urlsplit(url)
    host = re.escape(parts.netloc)
    return _RULES.format(url=url, root=parts.path, host=host, queries=QUERIES, documents=_DOCUMENTS)
