/** Bytes and rows of what a warehouse holds of DIT, all its tables, once their parts are merged. */
export async function warehouseDisk(
  clickHouseUrl: string,
): Promise<{ readonly bytes: number; readonly events: number }> {
  const tables = await ask<{ name: string }>(
    clickHouseUrl,
    "SELECT name FROM system.tables WHERE database = 'dit'",
  );
  for (const { name } of tables) await ask(clickHouseUrl, `OPTIMIZE TABLE dit.\`${name}\` FINAL`);
  const [found] = await ask<{ bytes: string; events: string }>(
    clickHouseUrl,
    `SELECT sum(bytes_on_disk) AS bytes, sumIf(rows, position(table, '__') > 0) AS events
     FROM system.parts WHERE database = 'dit' AND active`,
  );
  return { bytes: Number(found?.bytes), events: Number(found?.events) };
}

async function ask<Row>(clickHouseUrl: string, sql: string): Promise<Row[]> {
  const { origin, username, password } = new URL(clickHouseUrl);
  const authorization = `Basic ${Buffer.from(`${username}:${decodeURIComponent(password)}`).toString("base64")}`;
  const url = `${origin}/?default_format=JSONEachRow`;
  const answer = await fetch(url, { method: "POST", headers: { authorization }, body: sql });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`the warehouse refuses: ${text}`);
  return text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Row]));
}
