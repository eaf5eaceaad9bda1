import { fakeFlash, fakeJournal } from "../support/fake-journal.ts";
import { journalContract } from "./journal.ts";

journalContract("fake flash", () => {
  const flash = fakeFlash();
  return { start: () => fakeJournal(flash, () => 0) };
});
