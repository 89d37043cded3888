import { expect, it } from "vitest";
import { openWhenNeeded } from "./open-when-needed.ts";

function setting(failures: number) {
  const happened: string[] = [];
  let left = failures;
  const store = openWhenNeeded(async () => {
    if (left-- > 0) {
      happened.push("refused");
      throw new Error("away");
    }
    happened.push("opened");
    return { read: async () => "value", close: async () => void happened.push("closed") };
  });
  return { happened, store, read: () => store.use((opened) => opened.read()) };
}

it("opens once for all who need it, and closes what it opened", async () => {
  const { happened, store, read } = setting(0);
  expect(happened).toEqual([]);
  expect(await Promise.all([read(), read()])).toEqual(["value", "value"]);
  await Promise.all([store.close(), store.close()]);
  expect(happened).toEqual(["opened", "closed"]);
  await expect(read()).rejects.toThrow("closed");
});

it("tries again when it is needed again", async () => {
  const { happened, store, read } = setting(2);
  for (let attempt = 0; attempt < 2; attempt++) await expect(read()).rejects.toThrow("away");
  expect(await read()).toBe("value");
  expect(happened).toEqual(["refused", "refused", "opened"]);
  await store.close();
});

it("closes without ever having been opened, or while it could not be", async () => {
  const { happened, store, read } = setting(1);
  const refused = read();
  await store.close();
  await expect(refused).rejects.toThrow("away");
  expect(happened).toEqual(["refused"]);
});
