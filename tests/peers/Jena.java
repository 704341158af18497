import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.jena.riot.Lang;
import org.apache.jena.riot.RDFDataMgr;
import org.apache.jena.shacl.ShaclValidator;

/** Validates with Apache Jena; a line of input names the files of shapes, data and the report. */
public final class Jena {
  public static void main(String[] arguments) throws IOException {
    var lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line; (line = lines.readLine()) != null; ) {
      String[] files = line.split("\t");
      var shapes = RDFDataMgr.loadGraph(files[0]);
      var report = ShaclValidator.get().validate(shapes, RDFDataMgr.loadGraph(files[1]));
      try (var out = Files.newOutputStream(Path.of(files[2]))) {
        RDFDataMgr.write(out, report.getGraph(), Lang.NTRIPLES);
      }
    }
  }
}
