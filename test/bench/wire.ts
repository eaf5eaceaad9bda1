import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { tableText } from "./table.ts";
import { type BootRun, runBoot } from "./wire/boot.ts";
import { type Corpus, readCorpora } from "./wire/corpus.ts";
import { defmtBytes } from "./wire/defmt.ts";
import { peerBytes, peers } from "./wire/peers.ts";
import { type Measured, reportJson, reportRows } from "./wire/report.ts";
import { measureSpeeds } from "./wire/speed.ts";

const frameEvents = 50;

const payloadBytes = ({ payloads }: BootRun): number =>
  payloads.reduce((sum, payload) => sum + payload.length, 0);

const sizesOf = ({ calls, events }: Corpus, known50: BootRun): { [encoding: string]: number } => {
  const known10 = runBoot(events, { frameEvents: 10, isKnown: true });
  const cold50 = runBoot(events, { frameEvents, isKnown: false });
  const bytes = {
    known50: payloadBytes(known50),
    known10: payloadBytes(known10),
    cold50: payloadBytes(cold50),
    ...Object.fromEntries(
      Object.entries(peers).map(([name, encode]) => [name, peerBytes(calls, encode, frameEvents)]),
    ),
    defmt50: defmtBytes(events),
  };
  return Object.fromEntries(
    Object.entries(bytes).map(([encoding, sum]) => [encoding, sum / calls.length]),
  );
};

const measure = async (corpora: readonly Corpus[]): Promise<Measured[]> => {
  const runs = corpora.map(({ events }) => runBoot(events, { frameEvents, isKnown: true }));
  const sizes = corpora.map((corpus, index) => sizesOf(corpus, runs[index] as BootRun));
  const speeds = await measureSpeeds(runs);
  return corpora.map(({ name, isEmbedded, calls }, index) => ({
    name,
    isEmbedded,
    events: calls.length,
    sizes: sizes[index] ?? {},
    decodePerSecond: speeds[index]?.decode ?? Number.NaN,
    renderPerSecond: speeds[index]?.render ?? Number.NaN,
  }));
};

/**
 * `bench -- wire`: bytes an event of real log calls, beside other encodings of the same events in
 * the same frames, and events a second of the decoder; ends with a line of JSON. Fails where a
 * frame does not come out as it went in.
 */
export const runWire = async (args: string[]): Promise<void> => {
  const { values } = parseArgs({
    args,
    options: { corpora: { type: "string", default: "../shared/corpora" } },
  });
  const measured = await measure(await readCorpora(resolve(values.corpora)));
  process.stdout.write(`${tableText(reportRows(measured))}\n`);
  process.stdout.write(`${JSON.stringify(reportJson(measured))}\n`);
};
