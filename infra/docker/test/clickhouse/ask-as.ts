/**
 * Asks the embedded engine, with the configuration and the data of the first two arguments, every statement of the others. Prints an object:
 * statement -> "ok", or ClickHouse's number of the error. In a process of its own, since an engine is configured once in a process.
 */
import { Session } from "chdb";

const [config = "", data = "", ...statements] = process.argv.slice(2);
const session = new Session(data, { connectionArgs: [`--config-file=${config}`] });
process.stdout.write(JSON.stringify(Object.fromEntries(statements.map((each) => [each, outcomeOf(each)]))));
session.close();

function outcomeOf(statement: string): string {
  try {
    session.query(statement, "TSV");
    return "ok";
  } catch (error) {
    return /Code: (\d+)/.exec(String(error))?.[1] ?? String(error);
  }
}
