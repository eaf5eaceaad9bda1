import { createJournal } from "../../device/journal/journal.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { fakeFlash as fakePages } from "../support/fake-flash.ts";
import { fakeFlash, fakeJournal } from "../support/fake-journal.ts";
import { journalContract } from "./journal.ts";

journalContract("the fake", () => {
  const flash = fakeFlash();
  return { start: () => fakeJournal(flash, () => 0) };
});

journalContract("flash in pages", () => {
  const flash = fakePages();
  return { start: () => createJournal({ flash, platform: fakeClock(), dayBytes: 1e9 }) };
});
