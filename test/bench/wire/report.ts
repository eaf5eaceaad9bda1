import { rounded } from "../measure.ts";
import type { Row } from "../table.ts";

/** What was measured of one corpus. */
export interface Measured {
  name: string;
  events: number;
  isEmbedded: boolean;
  /** Bytes an event, by encoding. */
  sizes: { [encoding: string]: number };
  decodePerSecond: number;
  renderPerSecond: number;
}

/** Bytes an event to meet, by encoding: geometric means over embedded corpora and over all. */
const budgets: { [encoding: string]: { embedded: number; all: number } } = {
  known50: { embedded: 5.9, all: 8.8 },
  known10: { embedded: 8.5, all: 12.5 },
  cold50: { embedded: 11, all: 13.5 },
};

/** NaN where there is none. */
export const geometricMean = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

const perMillion = (perSecond: number): string => (perSecond / 1_000_000).toFixed(2);

const encodingsOf = (measured: readonly Measured[]): string[] =>
  Object.keys(measured[0]?.sizes ?? {});

const corpusRow = (each: Measured): Row => [
  each.name,
  each.events,
  each.isEmbedded ? "yes" : "",
  ...Object.values(each.sizes).map((bytes) => bytes.toFixed(2)),
  perMillion(each.decodePerSecond),
  perMillion(each.renderPerSecond),
];

const meanRows = (name: "embedded" | "all", measured: readonly Measured[]): Row[] => {
  if (measured.length === 0) return [];
  const encodings = encodingsOf(measured);
  const means = encodings.map((encoding) =>
    geometricMean(measured.map(({ sizes }) => sizes[encoding] ?? Number.NaN)),
  );
  const events = measured.reduce((sum, each) => sum + each.events, 0);
  const known = means[encodings.indexOf("known50")] ?? Number.NaN;
  return [
    [
      `mean, ${name}`,
      events,
      measured.length,
      ...means.map((bytes) => bytes.toFixed(2)),
      perMillion(geometricMean(measured.map((each) => each.decodePerSecond))),
      perMillion(geometricMean(measured.map((each) => each.renderPerSecond))),
    ],
    ["  budget", "", "", ...encodings.map((encoding) => budgets[encoding]?.[name] ?? ""), "", ""],
    ["  times known50", "", "", ...means.map((bytes) => (bytes / known).toFixed(2)), "", ""],
  ];
};

/** A row for each corpus; geometric means of the embedded ones and of all, budgets beside them. */
export const reportRows = (measured: readonly Measured[]): Row[] => [
  ["bytes/event", "events", "embedded", ...encodingsOf(measured), "Mdec/s", "Mrender/s"],
  ...measured.map(corpusRow),
  ...meanRows(
    "embedded",
    measured.filter(({ isEmbedded }) => isEmbedded),
  ),
  ...meanRows("all", measured),
];

/** The last line of the benchmark. */
export const reportJson = (measured: readonly Measured[]): object => {
  const corpora = measured.map(({ name, sizes }) => {
    const exact = Object.entries(sizes).map(([encoding, bytes]) => [
      encoding,
      Number(bytes.toFixed(3)),
    ]);
    return [name, Object.fromEntries(exact)];
  });
  return {
    corpora: Object.fromEntries(corpora),
    decodePerSecond: rounded(geometricMean(measured.map((each) => each.decodePerSecond))),
    renderPerSecond: rounded(geometricMean(measured.map((each) => each.renderPerSecond))),
  };
};
