import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  type CredentialProvider,
  createCredentialSource,
  refreshPauseMs,
  renewBeforeMs,
  withoutSecrets,
} from "../../../agent/cloudwatch/credentials.ts";
import type { AwsCredentials } from "../../../agent/cloudwatch/sign.ts";

const secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const hourMs = 3_600_000;

/** Gives keys numbered from 1, each valid for an hour by the clock it is given. */
const countingProvider = (now: () => number) => {
  let asked = 0;
  return vi.fn<CredentialProvider>(async () => {
    asked += 1;
    return {
      accessKeyId: `KEY${asked}`,
      secretAccessKey: secret,
      expiration: new Date(now() + hourMs),
    };
  });
};

const startAt = (startMs = 0) => {
  const clock = { ms: startMs };
  const now = () => clock.ms;
  const provider = countingProvider(now);
  return { clock, now, provider, source: createCredentialSource({ provider, now }) };
};

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe("credentials", () => {
  it("are the keys and token given, for ever", async () => {
    const keys = { accessKeyId: "KEY", secretAccessKey: secret, sessionToken: "token" };
    const source = createCredentialSource({ keys, now: () => 0 });

    const held = await source.get();

    expect(held).toMatchObject(keys);
    expect(await source.refresh(held)).toBe(false);
  });

  it.each([
    [{ accessKeyId: "KEY", secretAccessKey: "" }, /no secret access key/],
    [{ accessKeyId: "", secretAccessKey: secret }, /no access key id/],
  ])("are refused where one of two keys is missing", (keys, told) => {
    const act = () => createCredentialSource({ keys, now: () => 0 });

    expect(act).toThrow(told);
    expect(act).toThrow(expect.objectContaining({ code: "CREDENTIALS_UNAVAILABLE" }));
  });

  it("are asked for once, though many calls wait for them", async () => {
    const { source, provider } = startAt();

    const held = await Promise.all([source.get(), source.get(), source.get()]);

    expect(held.map(({ accessKeyId }) => accessKeyId)).toEqual(["KEY1", "KEY1", "KEY1"]);
    expect(provider).toHaveBeenCalledTimes(1);
  });

  it("are renewed beside the calls before they expire", async () => {
    const { source, provider, clock } = startAt();
    await source.get();

    clock.ms = hourMs - renewBeforeMs;
    const during = await Promise.all([source.get(), source.get()]);
    await settle();
    const after = await source.get();

    expect(during.map(({ accessKeyId }) => accessKeyId)).toEqual(["KEY1", "KEY1"]);
    expect(after.accessKeyId).toBe("KEY2");
    expect(provider).toHaveBeenCalledTimes(2);
  });

  it("stay in use while a renewal fails and they are valid", async () => {
    const { source, provider, clock } = startAt();
    await source.get();
    provider.mockRejectedValue(new Error("metadata service is busy"));

    clock.ms = hourMs - renewBeforeMs;
    const first = await source.get();
    await settle();
    const second = await source.get();

    expect([first.accessKeyId, second.accessKeyId]).toEqual(["KEY1", "KEY1"]);
    expect(provider).toHaveBeenCalledTimes(2);
  });

  it("are waited for once they have expired", async () => {
    const { source, clock } = startAt();
    await source.get();

    clock.ms = hourMs;
    const held = await source.get();

    expect(held.accessKeyId).toBe("KEY2");
  });

  it("are asked for anew, once for all calls that AWS refused", async () => {
    const { source, provider } = startAt();
    const refused = await source.get();

    const answers = await Promise.all([source.refresh(refused), source.refresh(refused)]);

    expect(answers).toEqual([true, true]);
    expect((await source.get()).accessKeyId).toBe("KEY2");
    expect(provider).toHaveBeenCalledTimes(2);
  });

  it("are not asked for again and again where the provider has nothing newer", async () => {
    const clock = { ms: 0 };
    const provider = vi.fn(async () => ({ accessKeyId: "KEY", secretAccessKey: secret }));
    const source = createCredentialSource({ provider, now: () => clock.ms });
    const refused = await source.get();

    const answers = [await source.refresh(refused), await source.refresh(refused)];
    const askedBefore = provider.mock.calls.length;
    clock.ms = refreshPauseMs;
    await source.refresh(refused);

    expect(answers).toEqual([false, false]);
    expect(askedBefore).toBe(2);
    expect(provider).toHaveBeenCalledTimes(3);
  });

  it("are asked for at each call until the provider answers", async () => {
    const { source, provider } = startAt();
    provider.mockRejectedValueOnce(new Error("no metadata service"));

    await expect(source.get()).rejects.toThrow("Cannot get AWS credentials: no metadata service");
    const held = await source.get();

    expect(held.accessKeyId).toBe("KEY1");
  });

  it.each([{}, { accessKeyId: "KEY" }, undefined])("are refused where %o comes", async (given) => {
    const provider = async () => given as unknown as AwsCredentials;
    const source = createCredentialSource({ provider, now: () => 0 });

    await expect(source.get()).rejects.toThrow(/there is no/);
  });

  it("never stand in an error, whatever a provider says", async () => {
    const provider = async () => {
      throw new Error(`process gave ${secret} and ${"t".repeat(400)}`);
    };
    const source = createCredentialSource({ provider, now: () => 0 });

    const error = await source.get().catch((thrown: unknown) => thrown as Error);

    expect(`${error} ${JSON.stringify(error)}`).not.toMatch(/wJalr|tttt/);
    expect(error).not.toHaveProperty("cause", expect.anything());
  });

  it("never stand in an error of a parser that quotes its input", () => {
    const parse = () => JSON.parse(`${secret.slice(0, 12)} {`);
    let told = "";
    try {
      parse();
    } catch (thrown) {
      told = withoutSecrets(String((thrown as Error).message));
    }

    expect(told).toContain("not valid JSON");
    expect(told).not.toContain("wJalr");
  });
});

describe("standard provider chain", () => {
  const isolate = async (profile: string) => {
    const folder = await mkdtemp(join(tmpdir(), "fleetlog-profile-"));
    await writeFile(join(folder, "credentials"), profile);
    vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", join(folder, "credentials"));
    vi.stubEnv("AWS_CONFIG_FILE", join(folder, "config"));
    vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
    vi.stubEnv("AWS_ACCESS_KEY_ID", "");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "");
    return folder;
  };
  let folder = "";

  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true, force: true });
  });

  it("finds keys in the environment", async () => {
    folder = await isolate("");
    vi.stubEnv("AWS_ACCESS_KEY_ID", "FROMENV");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", secret);
    vi.stubEnv("AWS_SESSION_TOKEN", "token");

    const held = await createCredentialSource({ now: Date.now }).get();

    expect(held).toMatchObject({
      accessKeyId: "FROMENV",
      secretAccessKey: secret,
      sessionToken: "token",
    });
  });

  it("finds keys in the shared profile, and those that replace them", async () => {
    const profile = (key: string) =>
      `[fleet]\naws_access_key_id = ${key}\naws_secret_access_key = ${secret}\n`;
    folder = await isolate(profile("FIRST"));
    vi.stubEnv("AWS_PROFILE", "fleet");
    const source = createCredentialSource({ now: Date.now });

    const first = await source.get();
    await writeFile(join(folder, "credentials"), profile("SECOND"));
    const isNewer = await source.refresh(first);
    const second = await source.get();

    expect([first.accessKeyId, isNewer, second.accessKeyId]).toEqual(["FIRST", true, "SECOND"]);
  });

  it("says that there are no credentials where there are none", async () => {
    folder = await isolate("");

    await expect(createCredentialSource({ now: Date.now }).get()).rejects.toThrow(
      /Cannot get AWS credentials/,
    );
  });

  it("is not loaded where keys or a provider are given", async () => {
    const loadChain = vi.fn();
    const keys = { accessKeyId: "KEY", secretAccessKey: secret };

    await createCredentialSource({ keys, now: () => 0, loadChain }).get();
    await createCredentialSource({ provider: async () => keys, now: () => 0, loadChain }).get();

    expect(loadChain).not.toHaveBeenCalled();
  });
});
