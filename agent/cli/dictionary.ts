import { basename, dirname, extname, join } from "node:path";
import { Command, Option } from "commander";

type Write = (line: string) => void;

interface BuildFlags {
  outfile?: string;
  dictionary?: string;
  format: "cjs" | "esm" | "iife";
  minify: boolean;
  target?: string;
  names?: string;
}

const count = (number: number, what: string): string =>
  `${number} ${what}${number === 1 ? "" : "s"}`;

const runBuild = async (entry: string, flags: BuildFlags, write: Write): Promise<void> => {
  // Loaded here, so that no other command carries a compiler.
  const { buildProgram, savedBytes } = await import("../dictionary/build.ts");
  const outfile = flags.outfile ?? join("dist", `${basename(entry, extname(entry))}.js`);
  const dictionaryFile = flags.dictionary ?? join(dirname(outfile), "dictionary.json");
  const { dictionary, warnings } = await buildProgram({
    ...flags,
    entry,
    outfile,
    dictionaryFile,
    names: flags.names?.split(",").map((name) => name.trim()),
  });
  const { entries, hash } = dictionary;
  const calls = entries.reduce((sum, { places }) => sum + places.length, 0);
  for (const warning of warnings) write(`warning: ${warning}`);
  write(
    `Replaced ${count(entries.length, "format")} in ${count(calls, "call")}: ${savedBytes(dictionary)} bytes of text left the program.`,
  );
  write(`Wrote ${outfile}, and ${dictionaryFile} with the hash ${hash}.`);
};

const help = `
Log calls with a literal format carry a token of a few bytes instead, and createLogger({ ... }) is
given the dictionary's hash. The program's own files are bundled; modules named as packages are left
to the board, or to node_modules. Give the dictionary to the agent, each build's under its own name.`;

/** `fleetlog dictionary build <entry>` */
export const dictionaryCommand = (
  write: Write = (line) => process.stdout.write(`${line}\n`),
): Command => {
  const command = new Command("dictionary").description("formats that stay off device and wire");
  command
    .command("build <entry>")
    .description("build a program whose log formats are tokens, and their dictionary")
    .addHelpText("after", help)
    .option("--outfile <file>", "the program; dist/<entry>.js by default")
    .option("--dictionary <file>", "the dictionary; dictionary.json beside the program by default")
    .addOption(
      new Option("--format <format>", "how the program is loaded")
        .choices(["cjs", "esm", "iife"])
        .default("cjs"),
    )
    .option("--minify", "make the program small", false)
    .option("--target <target>", "syntax the program may use, such as es2015")
    .option("--names <names>", "names taken for loggers wherever they appear (log,logger)")
    .action((entry: string, flags: BuildFlags) => runBuild(entry, flags, write));
  return command;
};
