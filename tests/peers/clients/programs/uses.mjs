// Print as JSON a query as the workbench writes it for each program, and what Power Query reads.
import PowerQuery from "@microsoft/powerquery-parser";

const [module, query, url] = process.argv.slice(2);
const { USES } = await import(module);
const uses = Object.fromEntries(Object.entries(USES).map(([name, write]) => [name, write(query, url)]));
const excel = uses["Excel (Power Query)"];
const parsed = await PowerQuery.TaskUtils.tryLexParse(PowerQuery.DefaultSettings, excel);
if (!PowerQuery.TaskUtils.isParseStageOk(parsed)) throw new Error(`Power Query cannot read ${excel}`);
const literal = /Query = (".*"),\n {4}Answer/s.exec(excel)[1];
uses.literal = PowerQuery.Language.TextUtils.unescape(literal.slice(1, -1));
console.log(JSON.stringify(uses));
