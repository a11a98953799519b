/** Writes docs/cli.md from the help of all commands: npm run docs:cli. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Command, Help } from 'commander';
import { createProgram } from '../cli/program.ts';

const INTRODUCTION = `# Command reference

Run \`npx edge-mlp <command>\`. This page is generated from the help of the commands by \`npm run docs:cli\`.

Every command accepts \`--help\`. Results go to stdout and progress goes to stderr. The exit status is 0 for success, 1 for a
failure, 2 for wrong usage, 130 after Ctrl-C, 143 after SIGTERM and 129 after SIGHUP, a closed terminal. Training saves a
checkpoint first; a second Ctrl-C ends it at once.

In text from files, names and services, control characters and controls of text direction are printed as in JSON, for example
\`\\u001b\`. A line break within such a text is followed by two spaces. The strings of \`--json\` are exact. HTML
reports have the same escapes. CSV and other files have the original text. If stdout cannot be written, for example because the disk is full, the command
finishes its work and ends with status 1. A reader that closes the pipe, such as \`head\`, does not change the status.

| environment variable | meaning |
|---|---|
| \`EDGE_MLP_DATA\` | folder with the files of named data sets |
| \`EDGE_MLP_CACHE\` | folder for downloads and finished runs (default: the system's cache folder) |
| \`EDGE_MLP_MIRRORS\` | URLs, comma-separated, of folders that have one folder for each named data set |
| \`EDGE_MLP_TOKEN\` | bearer token for a service |
| \`EDGE_MLP_WIDEN\` | 0: compute with 128 bits, as \`--no-widen\` does ([widening](internals/performance.md#widening)) |
| \`EDGE_MLP_DEBUG\` | 1: print the stack trace of an unexpected error |
`;

export function formatCommandReference(): string {
  const program = createProgram();
  const commands = listCommands(program);
  const links = commands.map((command) => {
    const name = commandPath(command);
    return `- [${name}](#${name.replaceAll(' ', '-')}): ${command.description()}`;
  });
  return `${[INTRODUCTION, links.join('\n'), ...commands.map(formatCommand)].join('\n')}\n`;
}

/** Commands without subcommands, in the order of the help. */
function listCommands(parent: Command): Command[] {
  return parent.commands.flatMap((command) => (command.commands.length > 0 ? listCommands(command) : [command]));
}

/** `data fetch` */
function commandPath(command: Command): string {
  const parent = command.parent;
  return parent?.parent ? `${commandPath(parent)} ${command.name()}` : command.name();
}

function formatCommand(command: Command): string {
  const help = command.createHelp();
  const description = command.description();
  const lines = [`\n## ${commandPath(command)}\n`, `${description.charAt(0).toUpperCase()}${description.slice(1)}.\n`];
  lines.push('```sh', `edge-mlp ${commandPath(command)} ${command.usage()}`, '```\n');
  const terms = [
    ...help.visibleArguments(command).map((argument) => row(help.argumentTerm(argument), help.argumentDescription(argument))),
    ...help.visibleOptions(command).filter(isOwnOption).map((option) => row(help.optionTerm(option), help.optionDescription(option))),
  ];
  if (terms.length > 0) lines.push('| argument or option | meaning |', '|---|---|', ...terms, '');
  const [notes = '', examples = ''] = readAfterHelp(command).split('Examples:\n');
  if (notes.trim() !== '') lines.push(formatNotes(notes.trim()), '');
  lines.push('```sh', ...examples.trimEnd().split('\n').map(formatExample), '```');
  return lines.join('\n');
}

function isOwnOption(option: ReturnType<Help['visibleOptions']>[number]): boolean {
  return option.long !== '--help';
}

function row(term: string, description: string): string {
  return `| \`${term}\` | ${description.replaceAll('|', '\\|')} |`;
}

/** The text that follows the options in the help. */
function readAfterHelp(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
  });
  command.outputHelp();
  return text.slice(command.helpInformation().length);
}

/** Notes with indented lines are preformatted. */
function formatNotes(notes: string): string {
  return notes
    .split('\n\n')
    .map((part) => (/^ {2}/m.test(part) ? `\`\`\`text\n${part}\n\`\`\`` : part))
    .join('\n\n');
}

/** `  $ command    comment` becomes `command    # comment`. */
function formatExample(line: string): string {
  return line.replace(/^ {2}\$ /, '').replace(/^(.*?\S)( {2,})(\S.*)$/, '$1$2# $3');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(new URL('cli.md', import.meta.url), formatCommandReference());
