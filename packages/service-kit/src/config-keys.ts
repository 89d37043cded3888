import type { z } from "zod";
import { variableName } from "./config.ts";

/** One environment variable of a configuration, as its schema describes it. */
export interface ConfigKey {
  readonly variable: string;
  /** The unit of a number, or the kind of another value. */
  readonly takes: string;
  readonly isSecret: boolean;
  /** As it would be written; undefined: there is none. */
  readonly defaultText: string | undefined;
  readonly isRequired: boolean;
  readonly description: string;
}

/** Every key of `schema`, in its order. Throws for one that says neither what it takes nor what it is for. */
export function configKeys(schema: z.ZodObject, prefix: string): ConfigKey[] {
  return Object.entries(schema.shape).map(([key, value]) => {
    const variable = variableName(prefix, key);
    const { inner, defaultText, isRequired } = unwrap(value);
    const { description, takes, secret } = inner.meta() ?? {};
    if (description === undefined || typeof takes !== "string") {
      throw new Error(`${variable}: its schema says not what it takes, or not what it is for`);
    }
    return { variable, takes, isSecret: secret === true, defaultText, isRequired, description };
  });
}

interface Unwrapped {
  readonly inner: z.core.$ZodType & Pick<z.ZodType, "meta">;
  readonly defaultText: string | undefined;
  readonly isRequired: boolean;
}

function unwrap(schema: z.ZodType): Unwrapped {
  const { def } = schema as z.ZodDefault<z.ZodType> | z.ZodOptional<z.ZodType> | z.ZodString;
  if (def.type === "default") {
    return { inner: def.innerType, defaultText: textOf(def.defaultValue), isRequired: false };
  }
  if (def.type === "optional") return { inner: def.innerType, defaultText: undefined, isRequired: false };
  return { inner: schema, defaultText: undefined, isRequired: true };
}

function textOf(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
