import type { DropCount, Entry, LogEvent, Site } from "../../event.ts";
import { givenBit, shortSteps, special, threeByteStep, twoByteStep, valuesBit } from "../layout.ts";
import { type FieldList, siteText } from "./fields.ts";
import { nameAll, nameChanges } from "./values.ts";

/** Reads of a step besides the lead. */
const stepReads = (code: number): number => {
  if (code < shortSteps) return 0;
  if (code === twoByteStep) return 2;
  return code === threeByteStep ? 3 : 1;
};

/** An entry with what it is read by. */
interface Placed<Kind extends Entry> {
  entry: Kind;
  seq: number;
  /** Since the entry before. */
  stepMs: number;
}

const nameEvent = (
  list: FieldList,
  { entry, seq, stepMs }: Placed<LogEvent>,
  isNew: boolean,
): void => {
  const lead = list.peek(0);
  const isGiven = lead >= givenBit;
  const hasValues = (lead & valuesBit) > 0;
  const more = stepReads(lead & special);
  const site = isGiven ? "site given" : "site as predicted";
  const values = hasValues ? ", values given" : isNew ? "" : ", values as before";
  const step = more > 0 ? "" : `, ${stepMs} ms later`;
  list.take(1, `seq ${seq}`, `${siteText(entry.site)}: ${site}${values}${step}`);
  if (isGiven) list.take(1, "site", String(list.peek(0)));
  if (more > 0) list.take(more, "step", `${stepMs} ms`);
  if (isNew) nameAll(list, entry.values);
  else if (hasValues) nameChanges(list, entry.values);
};

const nameInline = (list: FieldList, { site, values }: LogEvent): void => {
  list.take(1, "kind", site.isMetric ? "metric" : site.level);
  list.take(1, "values", String(values.length));
  list.take(2, "tag", JSON.stringify(site.tag));
  list.take(2, "format", JSON.stringify(site.format));
  nameAll(list, values);
};

const nameSpecial = (list: FieldList, { entry, seq, stepMs }: Placed<Entry>): void => {
  const what =
    entry.kind === "event"
      ? "an event with its site inside"
      : entry.kind === "drop"
        ? "a drop count"
        : "the end of the boot";
  list.take(2, `seq ${seq}`, what);
  list.take(1, "step", `${stepMs} ms`);
  if (entry.kind === "event") nameInline(list, entry);
  if (entry.kind === "drop") nameDrop(list, entry.drop);
};

/** Names one count of lost events. */
export const nameDrop = (list: FieldList, drop: DropCount): void => {
  list.take(1, "level", drop.level);
  list.take(1, "reason", drop.reason);
  list.take(1, "count", String(drop.count));
};

/** Names entries, all of which were read whole; `first` is the seq of the first. */
export const nameEntries = (list: FieldList, entries: Entry[], first: number): void => {
  const seen: Site[] = [];
  let uptimeMs = list.peek(0);
  list.take(1, "uptimeMs", String(uptimeMs));
  for (let index = 0; index < entries.length; index++) {
    const entry = entries[index] as Entry;
    const placed = { seq: first + index, stepMs: entry.uptimeMs - uptimeMs };
    const isNumbered = list.peek(0) !== special;
    if (entry.kind === "event" && isNumbered) {
      const isNew = seen.indexOf(entry.site) < 0;
      if (isNew) seen.push(entry.site);
      nameEvent(list, { ...placed, entry }, isNew);
    } else nameSpecial(list, { ...placed, entry });
    uptimeMs = entry.uptimeMs;
  }
};
