import org.apache.jena.query.QueryExecution;
import org.apache.jena.query.QuerySolution;
import org.apache.jena.query.ResultSet;
import org.apache.jena.rdf.model.Model;
import org.apache.jena.rdf.model.RDFNode;
import org.apache.jena.rdfconnection.RDFConnection;
import org.apache.jena.rdfconnection.RDFConnectionRemote;
import org.apache.jena.rdfconnection.RDFConnectionRemoteBuilder;
import org.apache.jena.riot.Lang;
import org.apache.jena.riot.RDFDataMgr;
import org.apache.jena.vocabulary.SKOS;

/** Ask with Apache Jena: Jena.java TASK ADDRESS QUERY. */
class Jena {
  public static void main(String[] words) {
    String address = words[1], query = words[2];
    RDFConnectionRemoteBuilder builder = RDFConnectionRemote.newBuilder()
        .destination(address).queryEndpoint("sparql").gspEndpoint("rdf-graph-store")
        .parseCheckSPARQL(false);
    if (words[0].equals("select-tsv")) builder.acceptHeaderSelectQuery("text/tab-separated-values");
    try (RDFConnection connection = builder.build()) {
      switch (words[0]) {
        case "select", "select-tsv" -> select(connection, query);
        case "ask" -> System.out.println(connection.queryAsk(query));
        case "construct" -> print(connection.queryConstruct(query));
        case "graph" -> print(connection.fetch());
        case "follow" -> follow(address, query);
      }
    }
  }

  static void select(RDFConnection connection, String query) {
    try (QueryExecution execution = connection.query(query)) {
      ResultSet rows = execution.execSelect();
      while (rows.hasNext()) {
        QuerySolution row = rows.next();
        System.out.println(String.join("\t", rows.getResultVars().stream()
            .map(name -> text(row.get(name))).toList()));
      }
    }
  }

  static void follow(String address, String project) {
    Model model = RDFDataMgr.loadModel(project);
    model.listObjectsOfProperty(
        model.getResource(project), model.getProperty(address + "/ontology#supports"))
        .forEach(line -> RDFDataMgr.loadModel(line.asResource().getURI())
            .listObjectsOfProperty(line.asResource(), SKOS.definition)
            .forEach(found -> System.out.println(text(line) + "\t" + text(found))));
  }

  static String text(RDFNode node) {
    return node.isLiteral() ? node.asLiteral().getLexicalForm() : node.asResource().getURI();
  }

  static void print(Model model) {
    RDFDataMgr.write(System.out, model, Lang.NTRIPLES);
  }
}
