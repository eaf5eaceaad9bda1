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

/** As `bootText`, which is asked for several times with the boot of one frame. */
export const textOfBoot = (boot: Boot): string => {
  if (boot === lastBoot) return lastText;
  lastText = bootText(boot);
  lastBoot = boot;
  return lastText;
};
