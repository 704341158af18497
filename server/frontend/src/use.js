// A query as it is used elsewhere: each a text for a program, given the address of the endpoint.

/** Whether the answer to a query is a graph. */
function isGraph(query) {
  return /^\s*(?:(?:PREFIX|BASE|#)[^\n]*\n\s*)*(?:CONSTRUCT|DESCRIBE)\b/i.test(query);
}

export const USES = {
  curl: (query, url) =>
    `curl -sS '${url}' -H 'Accept: ${isGraph(query) ? "text/turtle" : "text/csv"}' --data-urlencode 'query=\n` +
    `${query.trim().replaceAll("'", "'\\''")}'\n`,

  Python: (query, url) => {
    const graph = isGraph(query);
    const said = query.trim().replaceAll("\\", "\\\\").replaceAll('"""', '\\"\\"\\"').replace(/"$/, '\\"');
    return `from urllib.parse import urlencode

import ${graph ? "rdflib" : "pandas"}

query = """
${said}
"""
address = "${url}?" + urlencode({"query": query, "format": "${graph ? "ttl" : "csv"}"})
${graph ? 'print(len(rdflib.Graph().parse(address, format="turtle")))' : "print(pandas.read_csv(address))"}
`;
  },

  R: (query, url) => {
    const graph = isGraph(query);
    const dashes = "-".repeat(Math.max(0, ...[...query.matchAll(/\)(-*)"/g)].map((match) => match[1].length + 1)));
    return `query <- r"${dashes}(
${query.trim()}
)${dashes}"
address <- paste0("${url}?format=${graph ? "nt" : "csv"}&query=", URLencode(query, reserved = TRUE))
${graph ? 'writeLines(readLines(address, encoding = "UTF-8"))' : 'print(read.csv(address, encoding = "UTF-8"))'}
`;
  },

  "Excel (Power Query)": (query, url) => {
    const said = query.trim().replaceAll('"', '""').replaceAll("#(", "#(#)(");
    return `let
    Query = "${said}",
    Answer = Csv.Document(
        Web.Contents("${url}", [Query = [query = Query, format = "csv"]]),
        [Delimiter = ",", Encoding = 65001, QuoteStyle = QuoteStyle.Csv]
    )
in
    Table.PromoteHeaders(Answer)
`;
  },

  Markdown: (query, url) => {
    const fence = "`".repeat(Math.max(3, ...[...query.matchAll(/`+/g)].map((match) => match[0].length + 1)));
    const link = `${url}?query=${encodeURIComponent(query.trim())}`.replaceAll("(", "%28").replaceAll(")", "%29");
    return `${fence}sparql\n${query.trim()}\n${fence}\n\n[Run this query](${link})\n`;
  },
};
