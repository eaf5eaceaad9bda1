import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { AWSCloudWatchLogs } from "../../../agent/cloudwatch/client.ts";
import { findRegion } from "../../../agent/cloudwatch/region.ts";
import { scratchDirectory } from "../../support/local-endpoint.ts";

const config = `
[default]
region = eu-west-1

# the fleet's own account
[profile fleet]
output = json
region=ap-southeast-2 # Sydney
s3 =
  region = nowhere-1
[profile bare]
output = json
`;

/** A home with a configuration file, and a credentials file where a text is given. */
const homeWith = async (credentials?: string): Promise<string> => {
  const home = await scratchDirectory();
  await mkdir(join(home, ".aws"));
  await writeFile(join(home, ".aws/config"), config);
  if (credentials !== undefined) await writeFile(join(home, ".aws/credentials"), credentials);
  return home;
};

describe("region", () => {
  it.each([
    [{ AWS_REGION: "us-east-2", AWS_DEFAULT_REGION: "us-west-1" }, "us-east-2"],
    [{ AWS_DEFAULT_REGION: "us-west-1" }, "us-west-1"],
    [{ AWS_REGION: "" }, "eu-west-1"],
    [{ AWS_PROFILE: "fleet" }, "ap-southeast-2"],
    [{ AWS_PROFILE: "bare" }, undefined],
    [{ AWS_PROFILE: "absent" }, undefined],
  ])("with %o is %s", async (environment, expected) => {
    const HOME = await homeWith();

    expect(findRegion({ HOME, ...environment })).toBe(expected);
  });

  it("is that of the credentials file where the other has none", async () => {
    const HOME = await homeWith("[bare]\nregion = eu-north-1\n");

    expect(findRegion({ HOME, AWS_PROFILE: "bare" })).toBe("eu-north-1");
  });

  it("is looked for in the files that the environment names", async () => {
    const home = await homeWith();

    expect(findRegion({ AWS_CONFIG_FILE: join(home, ".aws/config") })).toBe("eu-west-1");
  });

  it("is unknown where there are no files", () => {
    expect(findRegion({})).toBeUndefined();
    expect(findRegion({ HOME: "/nowhere" })).toBeUndefined();
  });

  it("is used by a client that is given none", async () => {
    const environment = { HOME: await homeWith(), AWS_PROFILE: "fleet" };

    const client = new AWSCloudWatchLogs(undefined, "KEY", "secret", { environment });
    await client.close();

    expect(() => new AWSCloudWatchLogs(undefined, "KEY", "secret", { environment: {} })).toThrow(
      'Cannot use region ""',
    );
  });
});
