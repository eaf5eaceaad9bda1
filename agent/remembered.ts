import { type Boot, bootText } from "../shared/frame.ts";

/** Names that are remembered; of more all are forgotten. */
const rememberedNames = 16_384;

/** The same function, which remembers what it was asked for: for names that come with each frame. */
export const createRemembered = (make: (name: string) => string): ((name: string) => string) => {
  const made = new Map<string, string>();
  return (asked) => {
    const known = made.get(asked);
    if (known !== undefined) return known;
    if (made.size >= rememberedNames) made.clear();
    const fresh = make(asked);
    made.set(asked, fresh);
    return fresh;
  };
};

let lastBoot: Boot | undefined;
let lastText = "";

/** By nonce: of several boots of one flash, the one asked for last. */
const texts = new Map<number, { number: number; text: string }>();

const rememberedText = (boot: Boot): string => {
  const known = texts.get(boot.nonce);
  if (known?.number === boot.number) return known.text;
  if (texts.size >= rememberedNames) texts.clear();
  const text = bootText(boot);
  texts.set(boot.nonce, { number: boot.number, text });
  return text;
};

/**
 * As `bootText`, which is asked for several times with the boot of each frame. The very same text each
 * time: looking something up by a new one takes as long as making it.
 */
export const textOfBoot = (boot: Boot): string => {
  if (boot === lastBoot) return lastText;
  lastText = rememberedText(boot);
  lastBoot = boot;
  return lastText;
};
