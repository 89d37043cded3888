import { mkdir, writeFile } from "node:fs/promises";
import { bundleBrowser, bundleNode } from "./bundle.ts";
import { emitTypes } from "./emit-types.ts";

const DIST = new URL("../dist/", import.meta.url);

await mkdir(DIST, { recursive: true });
const web = await bundleBrowser("index.ts");
const node = await bundleNode("platform/node.ts");
await writeFile(new URL("index.js", DIST), web.code);
await writeFile(new URL("node.js", DIST), node.code);
await emitTypes(DIST);
const whole = await bundleBrowser("index.ts", { whole: true });
console.log(
  `dist/index.js  ${web.code.length} B min, ${web.gzipBytes} B min+gzip (${whole.gzipBytes} B with nothing left out)`,
);
console.log(`dist/node.js   ${node.code.length} B min, ${node.gzipBytes} B min+gzip`);
