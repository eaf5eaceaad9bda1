import {
  createFormats,
  type FormatSource,
  type Formats,
} from "../../agent/delivery/batch/formats.ts";
import type { Reading } from "../../agent/delivery/batch/pending.ts";
import { createMetricRule } from "../../agent/delivery/message/metric.ts";
import type { Aside } from "../../agent/delivery/schedule/aside.ts";

const noDictionaries: FormatSource = { find: () => undefined };

/** How frames are read that define all they use, without dictionaries. */
export const anyReading = (): Reading => ({
  lookup: () => undefined,
  formats: createFormats(noDictionaries),
  metricRule: createMetricRule("test"),
  redact: null,
});

/** What a delivery is given that waits for no dictionary. */
export const withoutDictionaries = (): {
  formats: Formats;
  aside: Pick<Aside, "sort" | "judge">;
  dictionaries: FormatSource;
  dictionaryFolder: string;
} => ({
  formats: createFormats(noDictionaries),
  aside: { sort: async () => false, judge: () => ({ kind: "deliver" }) },
  dictionaries: noDictionaries,
  dictionaryFolder: "dictionaries",
});
