/** Puts the blob of a seed into a store, told by the arguments LOCATION SEED MEBIBYTES; a line for each MiB that was read. */
import { openBlobStore } from "../src/index.ts";
import { blobOf, mebibytesOf } from "./seeded-blob.ts";

const [location = "", seed = "", mebibytes = ""] = process.argv.slice(2);
const store = await openBlobStore(location);
const chunks = async function* (): AsyncGenerator<Buffer> {
  for (const chunk of mebibytesOf(Number(seed), Number(mebibytes))) {
    process.stdout.write("read\n");
    yield chunk;
    await new Promise(setImmediate); // a kill arrives between two chunks too
  }
};
await store.put(chunks(), blobOf(Number(seed), Number(mebibytes)));
process.stdout.write(`stored ${process.resourceUsage().maxRSS}\n`);
