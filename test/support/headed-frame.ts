import { bodyFormats, writeHeader } from "../../shared/codec/header.ts";
import { dictionaryKind, replacesBit, textKind } from "../../shared/codec/layout.ts";
import { kindOf } from "../../shared/codec/table.ts";
import { createWriter, type Writer } from "../../shared/codec/writer.ts";
import type { Definition, FrameHead, Meaning } from "../../shared/definition.ts";
import type { FrameHeader } from "../../shared/frame.ts";

/** A site whose format says its number. */
export const meaningOf = (number: number, changes: { format?: string } = {}): Meaning => ({
  kind: "site",
  site: { level: "info", tag: "", format: `site ${number}`, ...changes },
  valueCount: 0,
});

export const definitionOf = (
  number: number,
  replaces = -1,
  meaning: Meaning = meaningOf(number),
): Definition => ({ number, replaces, meaning });

/** A head with these definitions, complete in itself. */
export const headWith = (
  needs: number,
  settled: number,
  definitions: Definition[] = [],
): FrameHead => ({ needs, settled, definitions });

const writeDefinition = (writer: Writer, before: number, definition: Definition): void => {
  const { number, replaces, meaning } = definition;
  const isSite = meaning.kind === "site";
  const kind = isSite
    ? kindOf(meaning.site.level, meaning.site.isMetric)
    : otherKinds[meaning.kind];
  const text = isSite ? meaning.site.format : meaning.kind === "text" ? meaning.text : meaning.hash;
  writer.varint(number - before - 1);
  writer.byte(kind + (replaces < 0 ? 0 : replacesBit));
  if (replaces >= 0) writer.varint(number - replaces - 1);
  const tag = Buffer.from(isSite ? meaning.site.tag : "");
  writer.varint(tag.length);
  writer.raw(tag);
  const bytes = Buffer.from(text);
  writer.varint(2 * bytes.length);
  writer.raw(bytes);
};

const otherKinds = { text: textKind, dictionary: dictionaryKind };

/** A payload with this head, whose entries cannot be read. Its sites have no values. */
export const headedPayload = (header: FrameHeader, head: FrameHead): Uint8Array => {
  const writer = createWriter();
  const { needs, settled, definitions } = head;
  writeHeader(writer, header, bodyFormats.entries);
  const hasMore = settled > needs || definitions.length > 0;
  writer.varint(2 * needs + (hasMore ? 1 : 0));
  if (!hasMore) return writer.bytes();
  writer.varint(settled - needs);
  writer.varint(definitions.length);
  let before = needs - 1;
  for (const definition of definitions) {
    writeDefinition(writer, before, definition);
    before = definition.number;
  }
  return writer.bytes();
};

/** What stands in for a frame that gave way; it has no head. */
export const tombstonePayload = (header: FrameHeader): Uint8Array => {
  const writer = createWriter();
  writeHeader(writer, header, bodyFormats.tombstone);
  writer.varint(0);
  writer.varint(0);
  return writer.bytes();
};
