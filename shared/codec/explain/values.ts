import type { Value } from "../../event.ts";
import {
  absoluteCode,
  bytesCode,
  code2,
  code3,
  code4,
  code5,
  decimalCode,
  doubleCode,
  jsonCode,
  longTextCode,
  namedCode,
  nearCode,
  nullCode,
  prefixCode,
  recentCode,
  singleCode,
  textCode,
} from "../layout.ts";
import { type FieldList, valueText } from "./fields.ts";

/** A form of values: how many reads with the code, what it is. */
interface Form {
  reads: number;
  name: string;
}

const rareForm = (code: number): Form => {
  if (code === absoluteCode) return { reads: 2, name: "integer" };
  if (code === nearCode) return { reads: 2, name: "from the last large integer" };
  if (code < doubleCode) return { reads: 1, name: code === nullCode ? "null" : "boolean" };
  if (code === doubleCode) return { reads: 2, name: "double" };
  if (code === singleCode) return { reads: 2, name: "float in 4 bytes" };
  if (code < bytesCode) return { reads: 2, name: `decimal, places: ${code - decimalCode + 1}` };
  if (code === bytesCode) return { reads: 3, name: "bytes" };
  return code === jsonCode ? { reads: 3, name: "JSON" } : { reads: 2, name: "by its definition" };
};

const formOf = (code: number): Form => {
  if (code < code2) return { reads: 1, name: "difference" };
  if (code < absoluteCode) {
    const bytes = code < code3 ? 1 : code < code4 ? 2 : code < code5 ? 3 : 4;
    return { reads: 1 + bytes, name: "difference" };
  }
  if (code <= namedCode) return rareForm(code);
  if (code < prefixCode) return { reads: 1, name: `remembered at ${code - recentCode}` };
  if (code < textCode) return { reads: 4, name: `begins as remembered at ${code - prefixCode}` };
  return { reads: code === longTextCode ? 3 : 2, name: "text" };
};

const nameValue = (list: FieldList, index: number, value: Value): void => {
  const form = formOf(list.peek(0));
  list.take(form.reads, `value ${index}`, `${valueText(value)} (${form.name})`);
};

/** Names all values of an event. */
export const nameAll = (list: FieldList, values: Value[]): void => {
  for (let index = 0; index < values.length; index++) {
    nameValue(list, index, values[index] as Value);
  }
};

/** Names the values that are others than the site's last ones, and the masks that say which. */
export const nameChanges = (list: FieldList, values: Value[]): void => {
  let mask = 1;
  for (let index = 0; index < values.length; index++) {
    if (values.length > 1 && index % 8 === 0) {
      mask = list.peek(0);
      list.take(1, "changed values", `0b${mask.toString(2)}, lowest first`);
    }
    if (mask & (1 << (index % 8))) nameValue(list, index, values[index] as Value);
  }
};
