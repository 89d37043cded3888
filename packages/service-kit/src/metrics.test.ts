import { describe, expect, it } from "vitest";
import { createMetrics } from "./metrics.ts";

describe("metrics", () => {
  it("are named after their service, in a registry of its own", async () => {
    const [acs, dev] = [createMetrics("acs"), createMetrics("dev-idp")];
    acs.counter("tokens_total", "Tokens").inc(3);
    dev.counter("tokens_total", "Tokens").inc();
    expect(await acs.text()).toContain("dit_acs_tokens_total 3");
    expect(await dev.text()).toContain("dit_dev_idp_tokens_total 1");
    expect(await dev.text()).not.toContain("dit_acs");
  });

  it("are read back by name and labels", async () => {
    const metrics = createMetrics("acs");
    const refused = metrics.counter("refused_total", "Refusals", ["code", "use_case"]);
    refused.inc({ code: "token_exhausted", use_case: "a" }, 2);
    refused.inc({ code: "token_exhausted", use_case: "b" });
    refused.inc({ code: "epoch_expired", use_case: "a" });
    metrics.gauge("pending", "Pending").set(7);
    const seconds = metrics.histogram("wait_seconds", "Wait", [0.1, 1], ["use_case"]);
    seconds.observe({ use_case: "a" }, 0.5);
    seconds.observe({ use_case: "b" }, 2);

    expect(await metrics.value("refused_total")).toBe(4);
    expect(await metrics.value("dit_acs_refused_total", { code: "token_exhausted" })).toBe(3);
    expect(await metrics.value("refused_total", { code: "token_exhausted", use_case: "b" })).toBe(1);
    expect(await metrics.value("refused_total", { code: "never_seen" })).toBe(0);
    expect(await metrics.value("pending")).toBe(7);
    expect(await metrics.value("wait_seconds_count")).toBe(2);
    expect(await metrics.value("wait_seconds_sum", { use_case: "a" })).toBe(0.5);
    expect(await metrics.value("wait_seconds_bucket", { le: 1 })).toBe(1);
  });

  it("ask for a reading when they are read", async () => {
    const metrics = createMetrics("acs");
    let inFlight = 3;
    metrics.reading("requests_in_flight", "Requests", () => inFlight);
    expect(await metrics.value("requests_in_flight")).toBe(3);
    inFlight = 0;
    expect(await metrics.text()).toContain("dit_acs_requests_in_flight 0");
  });

  it("refuse a name that nothing has, so that a misspelt check cannot read 0", async () => {
    await expect(createMetrics("acs").value("refused")).rejects.toThrow("dit_acs_refused");
  });

  it.each(["account", "address", "pid", "token", "path", "url", "user_agent"])(
    "refuse the label %s",
    (label) => {
      const cast = label as "code";
      expect(() => createMetrics("acs").counter("requests_total", "Requests", ["code", cast])).toThrow(label);
    },
  );

  it("hold the process's own figures only when asked", async () => {
    expect(await createMetrics("acs").text()).not.toContain("process_cpu");
    const text = await createMetrics("acs", { processMetrics: true }).text();
    for (const name of ["process_cpu_seconds_total", "nodejs_eventloop_lag_p99_seconds"])
      expect(text).toContain(`\n${name} `);
  });
});
