/*
 * The body of an `entries` frame.
 *
 *   ┌───────────────────────────────── head, written at each sending ──┬──── sealed once ────────────┐
 *   │ needs * 2 + hasDefinitions │ settled - needs │ how many │ each.. │ uptimeMs │ entries ...      │
 *   │ varint                     │ varint          │ varint   │        │ varint   │ to the end       │
 *   └────────────────────────────┴─────────────────┴──────────┴────────┴──────────┴──────────────────┘
 *                                └── absent where hasDefinitions is 0 ─┘
 * An entry begins with one byte:
 *
 *   ┌─────────┬───────────┬─────────────┐
 *   │ g       │ v         │ step        │   g: the site's number is given, not as predicted
 *   │ 1 bit   │ 1 bit     │ 6 bits      │   v: values follow, else they are the site's last ones
 *   └─────────┴───────────┴─────────────┘
 * then the number if g, more of the step, the values if v.
 */

/** The site is not the predicted one: its number follows. */
export const givenBit = 128;
/** Values follow. */
export const valuesBit = 64;

/** Steps of uptime below this are in the lead itself, ms. */
export const shortSteps = 48;
/** Leads of steps with one more byte: from `shortSteps` on, 256 each. */
export const middleSteps = 12;
/** Steps from here on take two more bytes. */
export const twoByteSteps: number = shortSteps + middleSteps * 256;
/** Steps from here on take three more bytes. */
export const threeByteSteps: number = twoByteSteps + 65_536;
/** Steps from here on are a varint. */
export const varintSteps: number = threeByteSteps + 16_777_216;
export const twoByteStep = 60;
export const threeByteStep = 61;
export const varintStep = 62;
/** No event of a numbered site: a byte says what, a varint the step. */
export const special = 63;
export const specialDrop = 0;
export const specialEnd = 1;
/** An event with its site inside, for a device without a place for it. */
export const specialInline = 2;

/** Numbers below this take one byte. */
export const shortNumbers = 240;
/** Numbers from `shortNumbers` to here take two bytes; others follow a byte 255 as varints. */
export const middleNumbers: number = shortNumbers + 15 * 256;
export const longNumber = 255;

/*
 * The first byte of a value. Differences are zigzag: 0, -1, 1, -2, ... are 0, 1, 2, 3, ...
 * Each row of differences begins where the one before ends.
 */
/** 0-63: the difference to the value the site had here last, or to 0. */
export const differences1 = 64;
/** 64-111 and one more byte, low. */
export const code2 = 64;
export const differences2: number = differences1 + 48 * 256;
/** 112-127 and two more bytes, lowest first. */
export const code3 = 112;
export const differences3: number = differences2 + 16 * 65_536;
/** 128-131 and three more. */
export const code4 = 128;
export const differences4: number = differences3 + 4 * 16_777_216;
/** 132-133 and four more. */
export const code5 = 132;
export const differences5: number = differences4 + 2 * 4_294_967_296;
/** An integer as a zigzag varint. */
export const absoluteCode = 134;
/** The difference to the last large integer, as a zigzag varint. */
export const nearCode = 135;
export const nullCode = 136;
export const falseCode = 137;
export const trueCode = 138;
export const doubleCode = 139;
export const singleCode = 140;
/** 141-146: a decimal with 1 to 6 places, its digits as a zigzag varint. */
export const decimalCode = 141;
export const decimalPlaces = 6;
export const bytesCode = 147;
export const jsonCode = 148;
/** A text by the number of its definition. */
export const namedCode = 149;
/** 150-173: one of the last 24 texts and long integers. */
export const recentCode = 150;
export const recentPlaces = 24;
/** 174-197: the beginning of one of the last 24 texts, a byte says how much; then the rest. */
export const prefixCode = 174;
/** 198-254: a text of 0 to 56 bytes. */
export const textCode = 198;
export const shortTexts = 57;
/** A longer one: a block. */
export const longTextCode = 255;

/** Texts of more bytes are not remembered. */
export const textLimitBytes = 64;
/** Texts of fewer bytes are not worth a definition or a common beginning. */
export const leastTextBytes = 4;
/** Bytes by which a common beginning is looked up. */
export const prefixKeyBytes = 3;
/** Integers from here on, either sign, are what `nearCode` counts from. */
export const largeInteger = 65_536;
/** Digits of a decimal stay below this, either sign. */
export const digitsLimit = 1_000_000_000;
/** What values with a decimal point are multiplied with, by places. */
export const powers: number[] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000];

/*
 * A definition: its number as the distance from the one before (from `needs` - 1 at first) less 1,
 * then one byte:
 *
 *   ┌────────┬─────────┬──────────┬───────────────────────┐
 *   │ count  │ sameTag │ replaces │ kind                  │   kind: a site's level, 5 for a metric,
 *   │ 3 bits │ 1 bit   │ 1 bit    │ 3 bits                │   6 for a text, 7 for a dictionary
 *   └────────┴─────────┴──────────┴───────────────────────┘
 * then number - replaced - 1 if `replaces`; of a site the count of values if it is 7, the tag as a
 * block unless `sameTag`; then the text: a varint of its bytes * 2 + isBegun, if so how many
 * definitions before, and with how many bytes of its text this one begins; the bytes that remain.
 */
export const textKind = 6;
export const dictionaryKind = 7;
export const replacesBit = 8;
export const sameTagBit = 16;
export const countUnit = 32;
export const longCount = 7;
