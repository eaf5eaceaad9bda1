import type { LogEvent, Value } from "../../../shared/event.ts";

/** What a slot of a site holds in all its events; integers and floats by their bytes. */
type SlotType = "bool" | "1" | "2" | "4" | "8" | "f32" | "f64" | "str" | "any";

const lebBytes = (value: number): number => {
  let bytes = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
};

const textOf = (value: Value): string =>
  typeof value === "object" && value !== null && "json" in value ? value.json : String(value);

const stringBytes = (value: Value): number => {
  const length = Buffer.byteLength(textOf(value));
  return lebBytes(length) + length;
};

const isSingle = (value: number): boolean =>
  Math.fround(value) === value || Number(Math.fround(value).toPrecision(7)) === value;

const integerType = (values: readonly number[]): SlotType => {
  const least = Math.min(...values);
  const most = Math.max(...values);
  for (const bytes of [1, 2, 4] as const) {
    const all = 2 ** (8 * bytes);
    const fits = least >= 0 ? most < all : least >= -all / 2 && most < all / 2;
    if (fits) return `${bytes}`;
  }
  return "8";
};

/** The narrowest Rust type that holds all values of a slot. */
export const slotType = (values: readonly Value[]): SlotType => {
  if (values.every((value) => typeof value === "boolean")) return "bool";
  if (values.every((value) => typeof value === "number")) {
    if (values.every(Number.isSafeInteger)) return integerType(values);
    return values.every(isSingle) ? "f32" : "f64";
  }
  return values.every((value) => typeof value === "string") ? "str" : "any";
};

const bytesByType = { bool: 1, "1": 1, "2": 2, "4": 4, "8": 8, f32: 4, f64: 8 } as const;

const valueBytes = (value: Value, type: SlotType): number => {
  if (type === "str") return stringBytes(value);
  // `{}` names the type by another interned index, then the value as that type.
  if (type === "any") return 1 + anyBytes(value);
  return bytesByType[type];
};

const anyBytes = (value: Value): number => {
  const type = slotType([value]);
  return type === "any" || type === "str" ? stringBytes(value) : bytesByType[type];
};

interface DefmtSite {
  index: number;
  types: SlotType[];
}

const keyOf = ({ site, values }: LogEvent): string => JSON.stringify([site, values.length]);

const sitesOf = (events: readonly LogEvent[]): Map<string, DefmtSite> => {
  const slots = new Map<string, Value[][]>();
  for (const event of events) {
    const key = keyOf(event);
    const columns = slots.get(key) ?? event.values.map((): Value[] => []);
    for (const [slot, value] of event.values.entries()) columns[slot]?.push(value);
    slots.set(key, columns);
  }
  const entries = [...slots].map(
    ([key, columns], index) => [key, { index, types: columns.map(slotType) }] as const,
  );
  return new Map(entries);
};

/**
 * Bytes of all events in defmt's layout, modelled from its book (chapters "Log frames", "Interned
 * strings", "Integers", "Strings", "Timestamp"):
 *
 *   ┌──────────────┬───────────┬───────────────┐
 *   │ string index │ timestamp │ arguments ... │   one for each event, one after another
 *   │ LEB128       │ LEB128    │ by their type │
 *   └──────────────┴───────────┴───────────────┘
 * The index stands for level, module and format; indices from 0 in the order of first use. The
 * timestamp is absolute since the start. Integers have their type's width, little-endian; texts a
 * LEB128 length; bool a byte.
 *
 * Where a program chooses, the model takes what is smallest: stamps in ms, each argument the
 * narrowest of u8 to i64, f32 and f64 that holds all the corpus has there (f32 where 7 digits do,
 * exact or not), encoding `raw` (the default, rzCOBS, delimits each event by a byte). Releases
 * since 0.3 write more: an index of 2 bytes, lengths of 4. There is no header, so no boot, no seq
 * and no loss that shows.
 */
export const defmtBytes = (events: readonly LogEvent[]): number => {
  const sites = sitesOf(events);
  let bytes = 0;
  for (const event of events) {
    const { index, types } = sites.get(keyOf(event)) as DefmtSite;
    bytes += lebBytes(index) + lebBytes(event.uptimeMs);
    for (const [slot, value] of event.values.entries()) {
      bytes += valueBytes(value, types[slot] as SlotType);
    }
  }
  return bytes;
};
