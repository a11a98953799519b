/** HTML pages without scripts and external files, for light and dark mode, phones and paper. */
import { escapeControls } from '../escape-controls.ts';

/** Escaped HTML. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Template of HTML. Values are escaped unless they are Html. Lists are joined. */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Html(parts.reduce((text, part, i) => text + render(values[i - 1]) + part));
}

type HtmlValue = string | number | Html | undefined | readonly (Html | string)[];

function render(value: HtmlValue): string {
  if (value === undefined) return '';
  if (value instanceof Html) return value.text;
  if (typeof value === 'object') return value.map(render).join('');
  return String(value).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

export function page(title: string, body: Html): string {
  return escapeControls(
    `<!doctype html>\n${
      html`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="edge-mlp">
<title>${title}</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>`.text
    }\n`,
  );
}

const MARK = new Html(' class="best"');

/**
 * A table with names in the first column and numbers in the others. The row with index `best` is marked.
 * Without titles there is no header row.
 */
export function dataTable(
  header: readonly (string | Html)[],
  rows: readonly (readonly (string | Html)[])[],
  best?: number,
): Html {
  const cells = (row: readonly (string | Html)[]) =>
    row.map((cell, i) => (i === 0 ? html`<th scope="row">${cell}</th>` : html`<td>${cell}</td>`));
  const titled = header.some((title) => title !== '');
  const head = titled ? html`<thead><tr>${header.map(headerCell)}</tr></thead>\n` : undefined;
  return html`<div class="wide" tabindex="0"><table>
${head}<tbody>${rows.map((row, i) => html`<tr${i === best ? MARK : undefined}>${cells(row)}</tr>\n`)}</tbody>
</table></div>`;
}

/** Screen readers announce empty headers. */
function headerCell(title: string | Html): Html {
  return title === '' ? html`<td></td>` : html`<th scope="col">${title}</th>`;
}

/** A figure with caption and a link to its CSV file. */
export function figure(content: Html, caption: string | Html, data?: string): Html {
  const link = data === undefined ? undefined : html` <a href="${data}">Data</a>`;
  return html`<figure>${content}<figcaption>${caption}${link}</figcaption></figure>`;
}

export function tiles(items: readonly (readonly [name: string, value: string | Html])[]): Html {
  return html`<dl class="tiles">${items.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

const STYLE = `
:root { --paper: #fdfdfc; --ink: #1d2229; --faint: #667080; --line: #d8dce2; --heat: #2f7fc1; --alarm: #c2541b; --tint: #f1f3f6; --link: #1f6fb2; --shadow: #1d222955; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #14171c; --ink: #e4e7ec; --faint: #99a3b1; --line: #343b46; --heat: #4e9fe0; --alarm: #e8814a; --tint: #1d2229; --link: #7db8ec; --shadow: #e4e7ec70; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1.25rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0.5rem 0; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 0.75rem; border-bottom: 1px solid var(--line); padding-bottom: 0.25rem; }
p { margin: 0.5rem 0; max-width: 44rem; }
.lead { color: var(--faint); }
.question { margin: 0.75rem 0 1rem; padding: 0.6rem 1rem; max-width: 44rem; border-left: 0.3rem solid var(--heat); background: var(--tint); }
.question p { margin: 0; }
.question p::before { content: 'Question: '; font-weight: 650; }
data[title] { text-decoration: underline dotted var(--line); text-underline-offset: 0.2em; cursor: help; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: 0.75rem; margin: 1.25rem 0; padding: 0; }
.tiles div { background: var(--tint); border-radius: 0.5rem; padding: 0.75rem 1rem; }
.tiles dt { color: var(--faint); font-size: 0.85rem; }
.tiles dd { margin: 0; font-size: 1.45rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
.tiles dd small { display: block; color: var(--faint); font-size: 0.9rem; }
/* A shadow at an edge shows that the table continues there. The covers scroll with the table, the shadows do not. */
.wide {
  overflow-x: auto;
  background:
    linear-gradient(to right, var(--paper) 40%, transparent) left / 2.5rem 100% no-repeat local,
    linear-gradient(to left, var(--paper) 40%, transparent) right / 2.5rem 100% no-repeat local,
    linear-gradient(to right, var(--shadow), transparent) left / 1.25rem 100% no-repeat scroll,
    linear-gradient(to left, var(--shadow), transparent) right / 1.25rem 100% no-repeat scroll;
}
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.9rem; }
sub { line-height: 0; }
th, td { padding: 0.3rem 0.7rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child { text-align: left; }
thead th { color: var(--faint); font-weight: 500; vertical-align: bottom; white-space: normal; max-width: 8rem; overflow-wrap: break-word; }
tbody th { font-weight: 500; }
.names td { white-space: normal; max-width: 12rem; min-width: 4rem; }
.plain td { text-align: left; white-space: normal; overflow-wrap: anywhere; }
.matrix td { text-align: center; min-width: 2.4rem; padding: 0.3rem; border: 1px solid var(--paper); }
.matrix td.correct { background: color-mix(in srgb, var(--heat) calc(var(--share) * 1%), transparent); }
.matrix td.wrong { background: color-mix(in srgb, var(--alarm) calc(var(--share) * 1%), transparent); }
.upright thead th + th { vertical-align: bottom; text-align: left; }
.upright thead span { writing-mode: vertical-rl; transform: rotate(180deg); white-space: nowrap; max-height: 12rem; }
.matrix td.zero { color: var(--faint); background: none; }
figure { margin: 1rem 0 1.5rem; }
figure svg [aria-roledescription='point']:hover { stroke: currentColor; stroke-width: 2; }
figcaption { color: var(--faint); font-size: 0.9rem; max-width: 44rem; }
figure svg { display: block; width: 100%; height: auto; min-width: 27rem; max-width: 42rem; }
.legend { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; font-size: 0.9rem; }
figure .legend svg { margin-right: 0.4rem; vertical-align: -0.05rem; display: inline; width: 0.75rem; min-width: 0; }
.legend span { white-space: nowrap; }
figure .square svg { width: 100%; max-width: 28rem; min-width: 0; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 0 2rem; }
.pair figure svg { min-width: 0; }
.pair figure:only-child svg { max-width: 28rem; }
a { color: var(--link); }
nav ul { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; padding: 0; list-style: none; font-size: 0.95rem; }
.notice { border-left: 0.3rem solid var(--alarm); background: var(--tint); padding: 0.75rem 1rem; max-width: 44rem; }
.best { font-weight: 650; }
.best th::after { content: ' ◂ best'; color: var(--heat); font-weight: 500; }
.formula { display: flex; flex-wrap: wrap; justify-content: center; align-items: center; gap: 0.5rem 1.6rem; max-width: 44rem; margin: 0.9rem 0; padding: 0.35rem 0; overflow-x: auto; overflow-y: hidden; }
.formula math { font-size: 1.15rem; width: auto; margin: 0; }
h3 { font-size: 1rem; margin: 1.5rem 0 0.5rem; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(6.5rem, 1fr)); gap: 0.9rem; padding: 0; list-style: none; }
.pictures img { width: 100%; height: auto; aspect-ratio: 1; image-rendering: pixelated; border-radius: 0.3rem; background: #000; display: block; }
.stages { grid-template-columns: repeat(auto-fill, minmax(10rem, 1fr)); }
.stages img { object-fit: contain; }
.pictures li { font-size: 0.85rem; line-height: 1.35; }
.pictures small { color: var(--faint); }
code { font-size: 0.85rem; overflow-wrap: anywhere; }
@media (max-width: 40rem) {
  table { font-size: 0.82rem; }
  th, td { padding: 0.3rem 0.2rem; }
  tbody th { white-space: normal; max-width: 9rem; overflow-wrap: break-word; }
  thead th { max-width: 4.6rem; font-size: 0.72rem; }
  .matrix tbody th { min-width: 0; }
  td code { white-space: normal; }
  .plain tr { display: block; border-bottom: 1px solid var(--line); padding: 0.3rem 0; }
  .plain tbody th { max-width: none; }
  .plain th, .plain td { display: block; border: 0; padding: 0.1rem 0; }
  .matrix th, .matrix td { min-width: 1.4rem; padding: 0.25rem 0.1rem; }
}
@media print { body { background: none; color: #000; } h2 { break-after: avoid; } figure, .pictures li { break-inside: avoid; } main { max-width: none; padding: 0; } }
`;
