/** The page: a drawing on one side, its answer on the other. */
import { messageOf } from '../src/core/errors.ts';
import type { Prediction } from '../src/core/mlp.ts';
import { parameterCount } from '../src/core/spec.ts';
import { digitInputs } from '../src/data/image.ts';
import { DrawingPad } from './drawing-pad.ts';
import { type BrowserNetwork, loadNetwork } from './network.ts';

/** Below this share of certainty the page says that it does not know. */
const UNSURE_BELOW = 0.6;

interface Answer {
  readonly pixels: Uint8Array;
  readonly prediction: Prediction;
}

const result = element('result', HTMLElement);
/** What a screen reader says: not at every movement, as the visible text changes. */
const spoken = element('spoken', HTMLElement);
const serverSays = element('server', HTMLElement);
const askButton = element('ask', HTMLButtonElement);
const undoButton = element('undo', HTMLButtonElement);
const clearButton = element('clear', HTMLButtonElement);
const bars = makeBars(element('bars', HTMLOListElement));
const seen = element('seen', HTMLCanvasElement);

let network: BrowserNetwork | undefined;
let answer: Answer | undefined;
let frame = 0;

const pad = new DrawingPad(element('pad', HTMLCanvasElement), {
  changed() {
    serverSays.textContent = '';
    undoButton.disabled = pad.empty;
    clearButton.disabled = pad.empty;
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(update);
  },
  paused() {
    cancelAnimationFrame(frame);
    update();
    spoken.textContent = result.textContent;
  },
});

undoButton.addEventListener('click', () => pad.undo());
clearButton.addEventListener('click', () => pad.clear());
askButton.addEventListener('click', () => void askServer());
document.addEventListener('keydown', (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === 'z') pad.undo();
});
element('file', HTMLInputElement).addEventListener('change', (event) => {
  const input = event.currentTarget as HTMLInputElement;
  void openPicture(input.files?.[0]);
  input.value = '';
});
document.addEventListener('paste', (event) => void openPicture(event.clipboardData?.files[0]));
document.addEventListener('dragover', (event) => event.preventDefault());
document.addEventListener('drop', (event) => {
  event.preventDefault();
  void openPicture(event.dataTransfer?.files[0]);
});

try {
  network = await loadNetwork();
  element('parameters', HTMLElement).textContent = parameterCount(network.info.spec.layers).toLocaleString('en-US');
  // Whoever was faster than the network has drawn something already.
  update();
} catch (error) {
  result.textContent = `The network could not be loaded: ${messageOf(error)}`;
}

/** Reads the pad and shows what the network makes of it. */
function update(): void {
  answer = undefined;
  result.textContent = pad.empty ? 'Nothing drawn yet' : 'Loading the network …';
  if (network !== undefined && !pad.empty) {
    try {
      const pixels = digitInputs(pad.image(), 'the picture');
      answer = { pixels, prediction: network.predict(pixels) };
      result.textContent = inWords(answer.prediction, network.info.classes);
    } catch (error) {
      // A picture without ink, say.
      result.textContent = messageOf(error);
    }
  }
  askButton.disabled = answer === undefined;
  showPixels(answer?.pixels ?? new Uint8Array(784));
  bars.forEach(({ item, progress, output }, digit) => {
    const probability = answer?.prediction.probabilities[digit] ?? 0;
    progress.value = probability;
    output.textContent = answer === undefined ? '' : percent(probability);
    item.classList.toggle('best', digit === answer?.prediction.label);
  });
}

function inWords({ label, probabilities }: Prediction, classes: readonly string[]): string {
  const certainty = probabilities[label] ?? 0;
  const unsure = certainty < UNSURE_BELOW ? 'Not sure, perhaps' : 'This is';
  return `${unsure} ${classes[label] ?? label}, ${percent(certainty)}`;
}

/** The same 784 bytes to the server; says whether the same bits come back. */
async function askServer(): Promise<void> {
  const asked = answer;
  if (asked === undefined) return;
  serverSays.textContent = 'Asking …';
  const says = await serverAnswer(asked).catch((error: unknown) => `The server did not answer: ${messageOf(error)}`);
  // The drawing may have gone on meanwhile.
  if (answer === asked) serverSays.textContent = says;
}

async function serverAnswer({ pixels, prediction }: Answer): Promise<string> {
  const response = await fetch('/predict', {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: Uint8Array.from(pixels),
  });
  const body = await response.json();
  if (!response.ok) return `The server refused: ${body.error}`;
  const [first] = body.predictions as { class: string; confidence: number; probabilities: number[] }[];
  if (first === undefined) return 'The server sent no prediction.';
  const same = first.probabilities.every((probability, digit) => probability === prediction.probabilities[digit]);
  const model = `${body.model} version ${body.version}`;
  if (same) return `The server agrees, bit for bit (${model}).`;
  return `The server has another model (${model}): ${first.class}, ${percent(first.confidence)}.`;
}

async function openPicture(file: File | undefined): Promise<void> {
  if (file === undefined) return;
  try {
    pad.show(await createImageBitmap(file));
  } catch {
    result.textContent = `${file.name || 'That'} is no picture that this browser can read`;
    spoken.textContent = result.textContent;
  }
}

function showPixels(pixels: Uint8Array): void {
  const data = new ImageData(28, 28);
  for (const [i, grey] of pixels.entries()) data.data.set([grey, grey, grey, 255], 4 * i);
  seen.getContext('2d')?.putImageData(data, 0, 0);
}

function makeBars(list: HTMLOListElement) {
  return Array.from({ length: 10 }, (_, digit) => {
    const item = document.createElement('li');
    const label = document.createElement('span');
    const progress = document.createElement('progress');
    const output = document.createElement('output');
    label.textContent = String(digit);
    progress.setAttribute('aria-label', `Probability of ${digit}`);
    progress.max = 1;
    progress.value = 0;
    item.append(label, progress, output);
    list.append(item);
    return { item, progress, output };
  });
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function element<Kind extends HTMLElement>(id: string, kind: abstract new () => Kind): Kind {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`the page has no ${id}`);
}
