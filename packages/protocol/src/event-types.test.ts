import { describe, expectTypeOf, it } from "vitest";
import { defineUseCase } from "./define-use-case.ts";
import type { EventName, FieldsOf } from "./event-types.ts";
import type { UseCaseInput } from "./use-case.ts";

const useCase = defineUseCase({
  useCase: "app_performance",
  owner: "performance team",
  purpose: "find slow screens",
  issuance: { authenticator: "application_server", serverId: "shop", tokensPerEpoch: 8 },
  events: {
    screen_shown: {
      fields: {
        cold: { type: "boolean" },
        duration_ms: { type: "integer", min: 0, max: 60_000 },
        share: { type: "float" },
        network: { type: "enum", values: ["wifi", "cellular"] },
        version: { type: "string", maxLength: 20 },
      },
    },
    crashed: { fields: {} },
  },
});
type Document = typeof useCase;

describe("types taken from a use-case document", () => {
  it("names its events", () => {
    expectTypeOf<EventName<Document>>().toEqualTypeOf<"screen_shown" | "crashed">();
  });

  it("gives each field its declared type, none of them required", () => {
    expectTypeOf<FieldsOf<Document, "screen_shown">>().toEqualTypeOf<{
      cold?: boolean;
      duration_ms?: number;
      share?: number;
      network?: "wifi" | "cellular";
      version?: string;
    }>();
  });

  it("refuses undeclared fields, other values of an enum, and values of another type", () => {
    expectTypeOf<{ network: "ethernet" }>().not.toExtend<FieldsOf<Document, "screen_shown">>();
    expectTypeOf<{ duration_ms: string }>().not.toExtend<FieldsOf<Document, "screen_shown">>();
    expectTypeOf<keyof FieldsOf<Document, "screen_shown">>().not.toEqualTypeOf<string>();
    expectTypeOf<keyof FieldsOf<Document, "crashed">>().toEqualTypeOf<never>();
  });

  it("falls back to loose types for a document that is only known at run time", () => {
    expectTypeOf<EventName<UseCaseInput>>().toEqualTypeOf<string>();
    expectTypeOf<FieldsOf<UseCaseInput, string>[string]>().toEqualTypeOf<
      boolean | number | string | undefined
    >();
  });

  it("keeps the document as it is", ({ expect }) => {
    expect(useCase.events.screen_shown.fields.network.values).toEqual(["wifi", "cellular"]);
  });
});
