import type { Planted, Scenario, TrueFinding } from "./scenario.ts";

export const APP = "scenario_app";
export const OTHER_APP = "scenario_other_app";

/** Each of them is common among 1,000 people, and hardly any two together among 5,000. */
const MODELS = Array.from({ length: 30 }, (_, index) => `model-${index + 1}`);
const LOCALES = Array.from({ length: 25 }, (_, index) => `xx-${String.fromCharCode(65 + index)}`);
const LOCALE = `${APP}.locale_and_model.locale`;
const MODEL = `${APP}.locale_and_model.model`;

const SERIAL = `${APP}.device_id.serial`;
const HANDSET = `${OTHER_APP}.device_id.handset`;

const MS_PER_YEAR = 365 * 86_400_000;

/** A value that hardly anybody else has in a window: of people, most have one, and of values, most are one. */
const RARE = ["exposed_pids", "potential"] as const;
/** And which the same person has in the next window. */
const STABLE = [...RARE, "linkability"] as const;

/** By name, as `--scenario` takes it. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  clean: {
    summary: "nothing but fields that were thought about",
    app: { fields: {}, draw: () => ({}) },
    truth: { stopped: [], findings: [] },
  },
  install_time: {
    summary: "the time of installation in milliseconds",
    app: {
      fields: { installed_ms: { type: "integer", min: 0, max: 2 ** 45, unit: "ms" } },
      draw: (own) => ({ installed_ms: 1_700_000_000_000 + Math.floor(own() * MS_PER_YEAR) }),
    },
    truth: stoppedAlone(`${APP}.install_time.installed_ms`, STABLE),
  },
  slider: {
    summary: "the position of a slider as it was measured, 64 bits of it",
    app: { fields: { volume: { type: "float" } }, draw: (_, now) => ({ volume: now() }) },
    truth: stoppedAlone(`${APP}.slider.volume`, RARE),
  },
  crash_message: {
    summary: "a crash message with what was in memory",
    app: {
      fields: { message: { type: "string", maxLength: 128 } },
      draw: (_, now) => ({ message: `null at 0x${hexOf(now())} in openConversation` }),
    },
    truth: stoppedAlone(`${APP}.crash_message.message`, RARE),
  },
  free_disk: {
    summary: "free disk space in bytes",
    app: {
      fields: { free_bytes: { type: "integer", min: 0, max: 2 ** 50, unit: "B" } },
      draw: (_, now) => ({ free_bytes: Math.floor(now() * 256e9) }),
    },
    truth: stoppedAlone(`${APP}.free_disk.free_bytes`, RARE),
  },
  locale_and_model: {
    summary: "a locale and a device model, each common, rare together",
    app: {
      fields: { locale: { type: "enum", values: LOCALES }, model: { type: "enum", values: MODELS } },
      draw: (own) => ({ locale: pick(LOCALES, own()), model: pick(MODELS, own()) }),
    },
    truth: {
      // Of the pair the model, which tells more; and the locale, for beside a clean field it is rare as well.
      stopped: [MODEL, LOCALE],
      findings: STABLE.map((score) => ({ score, fields: [LOCALE, MODEL] })),
    },
  },
  device_id: {
    summary: "a device's serial number, under another name in another app's use case too",
    app: deviceId("serial"),
    otherApp: deviceId("handset"),
    truth: {
      stopped: [SERIAL, HANDSET],
      findings: [
        ...alone(SERIAL, STABLE),
        // The other app is new: it has been in one window only.
        ...alone(HANDSET, RARE),
        { score: "containment", fields: [SERIAL], in: HANDSET },
        { score: "containment", fields: [HANDSET], in: SERIAL },
      ],
    },
  },
};

function deviceId(field: string): Planted {
  return {
    fields: { [field]: { type: "string", maxLength: 16 } },
    draw: (own) => ({ [field]: `SN${hexOf(own())}` }),
  };
}

function stoppedAlone(field: string, scores: readonly TrueFinding["score"][]): Scenario["truth"] {
  return { stopped: [field], findings: alone(field, scores) };
}

function alone(field: string, scores: readonly TrueFinding["score"][]): TrueFinding[] {
  return scores.map((score) => ({ score, fields: [field] }));
}

function pick(words: readonly string[], uniform: number): string {
  return words[Math.floor(uniform * words.length)] ?? "";
}

function hexOf(uniform: number): string {
  return Math.floor(uniform * 2 ** 32)
    .toString(16)
    .padStart(8, "0");
}
