/** The same sample to the server; says whether the same bits come back. */
import type { Prediction } from '../../src/core/mlp.ts';
import type { Sample } from '../inputs/sample.ts';
import { percent } from '../words.ts';

export interface Question {
  readonly sample: Sample;
  readonly prediction: Prediction;
  /** Which of the registry's models; default: the bundled one. */
  readonly served?: { readonly model: string; readonly version: number } | undefined;
}

interface ServerAnswer {
  model: string;
  version: number;
  predictions: { class: string; confidence: number; probabilities: number[] }[];
}

export async function serverAnswer({ sample: { given }, prediction, served }: Question): Promise<string> {
  const query = served === undefined ? '' : `?model=${encodeURIComponent(served.model)}&version=${served.version}`;
  const [type, sent] =
    given instanceof Uint8Array
      ? (['application/octet-stream', Uint8Array.from(given)] as const)
      : (['application/json', JSON.stringify({ inputs: given })] as const);
  const response = await fetch(`/predict${query}`, {
    method: 'POST',
    headers: { 'content-type': type },
    body: sent,
  });
  const body = await response.json();
  if (!response.ok) return `The server refused: ${body.error}`;
  const { model, version, predictions }: ServerAnswer = body;
  const [first] = predictions;
  if (first === undefined) return 'The server sent no prediction.';
  const same = first.probabilities.every((probability, label) => probability === prediction.probabilities[label]);
  const name = `${model} version ${version}`;
  if (same) return `The server checkAgrees, bit for bit (${name}).`;
  return `The server has another model (${name}): ${first.class}, ${percent(first.confidence)}.`;
}
