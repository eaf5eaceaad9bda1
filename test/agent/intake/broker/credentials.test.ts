import { utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createCredentials } from "../../../../agent/intake/broker/credentials.ts";
import { fakeTime } from "../../../support/fake-time.ts";
import { scratchDirectory } from "../../../support/local-endpoint.ts";

/** As `mosquitto_passwd` 2.0 wrote them: `secret`, and `l'été`. */
const pumpLine =
  "pump:$7$101$y/v0eMX8IK2hyTg3$LBQN7YItJk7W6QvbcmELaC13wy7B3e6ne2h0XcE55brDeocZL/3KN4vJ2zxOuBZsDbz6dwAWdhuY4PFN8QyIcg==";
const lineLine =
  "line-3.*:$7$101$CRMOo86GgNCUU88o$Ff24AYOlr728nV3r3GhPfJ1SVMuYnshmvb0h+Vf5kKwaAKHPZHeFQvvUKD1goHtHkhpG7N+JDzpvdMpJuzLT5A==";

const startCredentials = async (...lines: string[]) => {
  const path = join(await scratchDirectory(), "passwords");
  const time = fakeTime();
  const troubles: string[] = [];
  const write = async (...next: string[]): Promise<void> => {
    await writeFile(path, next.join("\n"));
    await utimes(path, time.epochMs() / 1_000, time.epochMs() / 1_000);
  };
  await write(...lines);
  const credentials = await createCredentials({
    path,
    time,
    onTrouble: (message) => troubles.push(message),
  });
  const check = (name: string, password: string) => credentials.check(name, Buffer.from(password));
  return { credentials, check, path, time, troubles, write };
};

describe("credentials", () => {
  it("take the names and passwords of a file that mosquitto_passwd wrote", async () => {
    const { check } = await startCredentials("# devices", "", pumpLine, lineLine, "");

    expect(await check("pump", "secret")).not.toBeNull();
    expect(await check("line-3.*", "l'été")).not.toBeNull();
  });

  it.each([
    ["a wrong password", "pump", "Secret"],
    ["no password", "pump", ""],
    ["an unknown name", "door", "secret"],
    ["a name that is only meant by another", "line-3.1", "l'été"],
  ])("refuse %s", async (_what, name, password) => {
    const { check } = await startCredentials(pumpLine, lineLine);

    expect(await check(name, password)).toBeNull();
  });

  it("refuse a client that gives no name, or no password", async () => {
    const { credentials } = await startCredentials(pumpLine);

    expect(await credentials.check(undefined, Buffer.from("secret"))).toBeNull();
    expect(await credentials.check("pump", undefined)).toBeNull();
  });

  it("let a name speak for the device of that name, or for those its stars stand for", async () => {
    const { check } = await startCredentials(pumpLine, lineLine);

    const pump = await check("pump", "secret");
    const line = await check("line-3.*", "l'été");

    expect(["pump", "pump-7", "pum", "line-3.1"].map((device) => pump?.(device))).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(["line-3.1", "line-3.", "line-3x1", "a-line-3.1"].map((each) => line?.(each))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it("follow changes of the file, looking at most once a second", async () => {
    const { check, time, write } = await startCredentials(pumpLine);
    time.advance(999);
    await write(lineLine);

    const early = await check("pump", "secret");
    time.advance(1);

    expect(early).not.toBeNull();
    expect(await check("pump", "secret")).toBeNull();
    expect(await check("line-3.*", "l'été")).not.toBeNull();
  });

  it("stay as they are where the file has become unreadable, and say so", async () => {
    const { check, path, time, troubles, write } = await startCredentials(pumpLine);
    time.advance(1_000);
    await write(pumpLine, "door:secret");

    expect(await check("pump", "secret")).not.toBeNull();
    expect(troubles).toEqual([
      `Cannot read passwords again: line 2 of "${path}" is no name with a PBKDF2-SHA512 hash, make it with mosquitto_passwd; those read before stay`,
    ]);
  });

  it("do not start without their file, or with a line that is none", async () => {
    const missing = createCredentials({ path: "/nowhere", time: fakeTime(), onTrouble() {} });

    await expect(missing).rejects.toMatchObject({ code: "PASSWORDS_UNREADABLE" });
    await expect(startCredentials("pump:secret")).rejects.toThrow(/^Cannot read passwords: line 1/);
  });
});
