"""Twenty free queries, with the view of each answer that was expected before any was run."""

from typing import Final

_PREFIXES = """PREFIX accsm: <https://w3id.org/accsm-kg/ontology#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX dcterms: <http://purl.org/dc/terms/>
"""

#: The view that is expected first, and the query.
_EXPECTED: Final = (
    ("bar", """SELECT ?country (COUNT(DISTINCT ?project) AS ?projects)
      WHERE { ?project accsm:countryCoordinator ?country } GROUP BY ?country"""),
    ("bar", """SELECT ?year (COUNT(DISTINCT ?project) AS ?projects)
      WHERE { ?project a accsm:Project ; accsm:mayRunInYear ?year } GROUP BY ?year"""),
    ("bar", """SELECT ?defect (COUNT(?issue) AS ?n)
      WHERE { ?issue accsm:defectType ?defect } GROUP BY ?defect ORDER BY DESC(?n)"""),
    ("table", """SELECT DISTINCT ?country ?area
      WHERE { ?project accsm:countryCoordinator ?country ; accsm:addressesPriorityArea ?area }"""),
    ("heatmap", """SELECT ?country ?area (COUNT(DISTINCT ?project) AS ?n)
      WHERE { ?project accsm:countryCoordinator ?country ; accsm:addressesPriorityArea ?area }
      GROUP BY ?country ?area"""),
    ("timeline", """SELECT ?event ?label ?start
      WHERE { ?event a accsm:Event ; skos:prefLabel ?label ; accsm:earliestStart ?start }"""),
    ("graph", """CONSTRUCT { ?area accsm:addressedByProject ?project }
      WHERE { ?area a accsm:PriorityArea ; accsm:addressedByProject ?project }"""),
    ("graph", "DESCRIBE <https://w3id.org/accsm-kg/id/priority-area/A>"),
    ("sentence", "ASK { ?project a accsm:Project ; accsm:countryCoordinator ?c }"),
    ("record", """SELECT ?project ?label ?c WHERE { ?project accsm:projectNumber 33 ;
      skos:prefLabel ?label ; accsm:countryCoordinator ?c } LIMIT 1"""),
    ("empty", "SELECT ?x WHERE { ?x a accsm:Project ; accsm:projectNumber 999 }"),
    ("bar", """SELECT ?area (AVG(?measures) AS ?mean) WHERE {
      ?project accsm:addressesPriorityArea ?area .
      { SELECT ?project (COUNT(?m) AS ?measures) { ?project accsm:supportsMeasure ?m }
        GROUP BY ?project } } GROUP BY ?area"""),
    ("bar", """SELECT ?label (100 * COUNT(DISTINCT ?project) / 41.0 AS ?percent) WHERE {
      ?project accsm:addressesPriorityArea ?area . ?area skos:prefLabel ?label }
      GROUP BY ?label ORDER BY DESC(?percent)"""),
    ("table", """SELECT ?property (COUNT(*) AS ?n) WHERE { ?s ?property ?o }
      GROUP BY ?property ORDER BY DESC(?n)"""),
    ("bar", """SELECT ?class (COUNT(?x) AS ?n) WHERE { ?x a ?class }
      GROUP BY ?class ORDER BY DESC(?n) LIMIT 20"""),
    ("tree", """SELECT ?blueprint ?kra ?measure WHERE { ?measure a accsm:StrategicMeasure ;
      accsm:measureOf ?kra . ?kra dcterms:isPartOf ?blueprint }"""),
    ("line", """SELECT ?year (COUNT(?thing) AS ?things)
      WHERE { ?thing accsm:coversYear ?year } GROUP BY ?year ORDER BY ?year"""),
    ("heatmap", """SELECT ?country (COUNT(DISTINCT ?a) AS ?coordinates)
      (COUNT(DISTINCT ?b) AS ?partners) (COUNT(DISTINCT ?c) AS ?bodies) WHERE {
      ?country a accsm:Country . { ?a accsm:countryCoordinator ?country } UNION
      { ?country accsm:potentialPartnerIn ?b } UNION { ?country accsm:memberOf ?c } }
      GROUP BY ?country"""),
    ("table", """SELECT ?label ?number
      WHERE { ?project a accsm:Project ; skos:prefLabel ?label ; accsm:projectNumber ?number }"""),
    ("bar", """SELECT ?document (AVG(STRLEN(?text)) AS ?length)
      WHERE { ?clause accsm:clauseText ?text ; accsm:partOf ?document } GROUP BY ?document"""),
)  # fmt: skip
EXPECTED: Final = [(view, _PREFIXES + text) for view, text in _EXPECTED]
