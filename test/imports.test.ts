import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

interface Import {
  file: string;
  /** Path from the root, or the name of a package. */
  target: string;
  isPackage: boolean;
}

const sourcesIn = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name));

const importsOf = (folder: string): Import[] =>
  sourcesIn(folder).flatMap((file) => {
    const text = readFileSync(join(root, file), "utf8");
    const found = [
      ...text.matchAll(/^(?:import|export)\b(?:[^"';=]*?\bfrom)?\s*["']([^"'\n]+)["'];/gm),
    ];
    return found.map(([, specifier = ""]) => {
      const isPackage = !specifier.startsWith(".");
      const target = isPackage ? specifier : normalize(join(dirname(file), specifier));
      return { file, target, isPackage };
    });
  });

const show = ({ file, target }: Import): string => `${file} imports ${target}`;

describe("shared", () => {
  it("imports nothing but itself", () => {
    const imports = importsOf("shared");

    expect(imports.length).toBeGreaterThan(0);
    expect(imports.filter(({ target }) => !target.startsWith("shared/")).map(show)).toEqual([]);
  });
});

describe("device", () => {
  const isHost = (file: string): boolean =>
    file.startsWith("device/platforms/node") || file.startsWith("device/examples/");

  it("imports itself and shared, and packages only where a program or Node's platform does", () => {
    const imports = importsOf("device");

    const wrong = imports.filter(
      ({ file, target, isPackage }) =>
        !(isPackage ? isHost(file) : /^(device|shared)\//.test(target)),
    );

    expect(imports.length).toBeGreaterThan(0);
    expect(wrong.map(show)).toEqual([]);
  });
});

describe("agent", () => {
  /** What a part of the agent may import of the others; types of the contracts included. */
  const allowed: Record<string, string[]> = {
    clock: [],
    session: [],
    cloudwatch: ["errors"],
    commands: ["errors", "metrics", "time"],
    intake: ["errors", "metrics", "time"],
    local: ["cloudwatch", "errors"],
    spool: ["clock", "errors", "remembered", "session", "time"],
    dictionary: ["errors", "time"],
    page: ["agent", "errors", "fleet-status", "metrics", "spool"],
    shards: ["errors", "metrics", "pipeline", "settings", "spool", "time"],
    delivery: [
      ...["clock", "cloudwatch", "errors", "metrics", "remembered", "settings", "spool", "time"],
    ],
  };
  const partOf = (path: string): string => path.replace(/^agent\//, "").replace(/(\.ts|\/.*)$/, "");

  it("imports shared and itself, never device or test", () => {
    const imports = importsOf("agent").filter(({ isPackage }) => !isPackage);

    const wrong = imports.filter(({ target }) => !/^(agent|shared)\//.test(target));

    expect(imports.length).toBeGreaterThan(0);
    expect(wrong.map(show)).toEqual([]);
  });

  it.each(Object.entries(allowed))("lets %s import only %j of the other parts", (part, others) => {
    const imports = importsOf("agent").filter(({ file }) => partOf(file) === part);

    const wrong = imports.filter(
      ({ target, isPackage }) =>
        !isPackage && target.startsWith("agent/") && ![part, ...others].includes(partOf(target)),
    );

    expect(imports.length).toBeGreaterThan(0);
    expect(wrong.map(show)).toEqual([]);
  });
});
