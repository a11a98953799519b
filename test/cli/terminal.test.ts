/** Texts from files, names and servers, on their way to a terminal. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { escapeControls } from '../../cli/escape-controls.ts';
import { edgeMlp, TERMINAL, temporaryFolder } from '../support/cli.ts';
import { serve } from '../support/http.ts';

/** A title, a cleared screen, a link, C1 forms of both, DEL, carriage return, backspace and a reversed text. */
const HOSTILE = '\x1b]0;title\x07\x1b[2J\x1b]8;;http://x\x1b\\a\x9b2J\x9d0;b\x9c\x7f\r\b\u202ecod\u2066.exe\u2069';
const FORGED = 'c\nerror: forged';

/** First and last code of characters that terminals execute, without line feed and tab. */
const EXECUTED = [
  [0x00, 0x08],
  [0x0b, 0x1f],
  [0x7f, 0x9f],
  [0x61c, 0x61c],
  [0x200e, 0x200f],
  [0x2028, 0x202e],
  [0x2066, 0x2069],
] as const;

function findControls(text: string): string[] {
  return [...text].filter((character) => {
    const code = character.charCodeAt(0);
    return EXECUTED.some(([first, last]) => first <= code && code <= last);
  });
}

describe('escapeControls', () => {
  it('leaves no control character, and does not change strings in JSON', () => {
    const codes = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code));
    for (const code of codes) expect(findControls(escapeControls(code))).toEqual([]);
    const all = codes.join('');
    expect(JSON.parse(escapeControls(JSON.stringify(all)))).toBe(all);
  });

  it('keeps line feeds, tabs, letters that are written from right to left, and joined emoji', () => {
    const text = 'a\tb\nשלום مرحبا 👩‍🔬 é ─ ←';
    expect(escapeControls(text)).toBe(text);
    expect(escapeControls('\x1b[2J\x9b\u202e')).toBe('\\u001b[2J\\u009b\\u202e');
  });
});

/** No control reached a stream, and no text imitated a line of the command. */
function expectClean({ stdout, stderr }: { stdout: string; stderr: string }): void {
  expect(findControls(stdout + stderr)).toEqual([]);
  expect(`\n${stdout}\n${stderr}`).not.toContain('\nerror: forged');
}

it('shows names of columns and classes of files with escapes, and exactly in JSON', async () => {
  const cwd = temporaryFolder();
  const rows = Array.from({ length: 40 }, (_, i) => `${i % 2},${i},"${i % 2 === 0 ? HOSTILE : FORGED}"`);
  const file = `set ${HOSTILE.replaceAll('/', '')}.csv`;
  writeFileSync(join(cwd, file), `"x${HOSTILE}","y${FORGED}",kind\n${rows.join('\n')}\n`);
  const options = ['--hidden', '2', '--epochs', '50', '--report', 'report.html'];
  const train = await edgeMlp(['train', '--data', file, ...options], { cwd });
  expect(train.code).toBe(0);
  expect(findControls(readFileSync(join(cwd, 'report.html'), 'utf8'))).toEqual([]);
  expectClean(train);
  expect(train.stderr).toContain('set \\u001b]0;title\\u0007');
  for (const args of [
    ['inspect', 'model.safetensors'],
    ['evaluate', 'model.safetensors', '--data', file],
    ['predict', 'model.safetensors', file],
    ['data', 'info', file],
  ]) {
    const shown = await edgeMlp(args, { cwd });
    expect(shown).toMatchObject({ code: 0, stdout: expect.stringContaining('\\u001b]0;title') });
    expectClean(shown);
    const json = await edgeMlp([...args, '--json'], { cwd });
    expectClean(json);
    // A line break within a cell is read as a line feed.
    const exact = JSON.stringify(HOSTILE.replace('\r', '\n')).slice(1, -1);
    expect(JSON.stringify(JSON.parse(json.stdout))).toContain(exact);
  }
});

it.each([
  ['a missing model', ['inspect', `m${HOSTILE}`]],
  ['a file that is missing from the data', ['train', '--data', `d${FORGED}`]],
  ['the value of an option', ['train', '--learning-rate', HOSTILE]],
  ['a choice', ['evaluate', 'm', '--part', HOSTILE]],
  ['an unknown option', ['train', `--x${HOSTILE}`]],
  ['an unknown command', [HOSTILE]],
  ['a mirror', ['data', 'fetch', '--mirror', `http://127.0.0.1:9/${FORGED}/`, `ftp:${HOSTILE}`]],
  ['an address', ['models', 'list', '--remote', `http://${HOSTILE}`]],
])('shows %s in an error with escapes', async (_, args) => {
  const failed = await edgeMlp(args, { cwd: temporaryFolder() });
  expect(failed.code).toBeGreaterThan(0);
  expect(failed.stderr).not.toContain('bug in edge-mlp');
  expectClean(failed);
});

it('shows texts of a service with escapes', async () => {
  const url = await serve((request, response) => {
    response.setHeader('content-type', 'application/json');
    if (request.url === '/sweeps') {
      const sweep = { id: HOSTILE, data: FORGED, runs: 1, created: HOSTILE };
      response.end(JSON.stringify({ sweeps: [sweep] }));
    } else response.writeHead(404).end(JSON.stringify({ error: `${HOSTILE}${FORGED}` }));
  });
  const listed = await edgeMlp(['sweeps', 'list', '--remote', url]);
  expect(listed).toMatchObject({ code: 0, stdout: expect.stringContaining('title') });
  expectClean(listed);
  const json = await edgeMlp(['sweeps', 'list', '--remote', url, '--json']);
  expectClean(json);
  expect(JSON.parse(json.stdout).sweeps[0]).toMatchObject({ id: HOSTILE, data: FORGED });
  const refused = await edgeMlp(['models', 'list', '--remote', url]);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('\\u001b[2J') });
  expectClean(refused);
});

it('shows names in progress bars with escapes', async () => {
  const cwd = temporaryFolder();
  const folder = `digits ${HOSTILE.replaceAll('/', '')}`;
  for (const name of ['one', 'two']) {
    mkdirSync(join(cwd, folder, name), { recursive: true });
    writeFileSync(
      join(cwd, folder, name, '1.png'),
      encode({ width: 2, height: 2, data: new Uint8Array(4), channels: 1 }),
    );
  }
  const { stdout, stderr, code } = await edgeMlp(['data', 'info', folder], { cwd, env: TERMINAL });
  expect(code).toBe(0);
  expect(stderr).toContain('reading digits \\u001b]0;title');
  expect(stderr).not.toContain('\x1b[2J');
  // The bar itself moves, saves and restores the cursor.
  const others = ['\x1b[', '\x1b7', '\x1b8'].reduce((text, own) => text.replaceAll(own, ''), stderr);
  expectClean({ stdout, stderr: others });
});
