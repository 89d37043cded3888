import { describe, expect, it } from "vitest";
import { createWorld } from "./testing/world.ts";

describe("a flush", () => {
  it("brings what was logged to the server, signed with a real credential", async () => {
    const world = createWorld();
    const client = world.start();
    client.log("message_delivered", { latency_ms: 120, network: "wifi" });
    client.log("app_opened");
    await client.flush();
    expect(world.server.reports).toHaveLength(1);
    const [report] = world.server.reports;
    expect(report?.isGenuine).toBe(true);
    expect(report?.events).toEqual([
      {
        name: "message_delivered",
        at: world.clock.nowMs() / 1000,
        fields: { latency_ms: 120, network: "wifi" },
      },
      { name: "app_opened", at: world.clock.nowMs() / 1000, fields: {} },
    ]);
    expect(report?.body).toHaveLength(1024);
    expect(world.named("report_accepted")).toMatchObject([
      { reportId: report?.reportId, events: 2, attempts: 1 },
    ]);
    await client.close();
  });
});
