import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.jena.riot.Lang;
import org.apache.jena.riot.RDFDataMgr;
import org.topbraid.shacl.validation.ValidationUtil;

/** Validates with TopBraid SHACL; a line of input names the files of shapes, data and the report. */
public final class TopBraid {
  public static void main(String[] arguments) throws IOException {
    var lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line; (line = lines.readLine()) != null; ) {
      String[] files = line.split("\t");
      var shapes = RDFDataMgr.loadModel(files[0]);
      var report = ValidationUtil.validateModel(RDFDataMgr.loadModel(files[1]), shapes, false);
      try (var out = Files.newOutputStream(Path.of(files[2]))) {
        RDFDataMgr.write(out, report.getModel(), Lang.NTRIPLES);
      }
    }
  }
}
