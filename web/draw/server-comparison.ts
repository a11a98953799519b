/** Sends the sample to the server and compares the two predictions. */
import type { Prediction } from '../../src/core/mlp.ts';
import { formatPercent } from '../format.ts';
import type { Sample } from '../inputs/sample.ts';
import { createClient } from '../service.ts';
import type { RegisteredVersion } from './selected-model.ts';

/** `registered` is the model to ask for; default: the bundled one. Returns a sentence with the result. */
export async function compareWithServer(
  { raw }: Sample,
  { probabilities }: Prediction,
  registered: RegisteredVersion | undefined,
): Promise<string> {
  const samples = raw instanceof Uint8Array ? Uint8Array.from(raw) : { inputs: [...raw] };
  const { model, version, predictions } = await createClient().predict(samples, registered);
  const [prediction] = predictions;
  if (prediction === undefined) return 'The server returned no prediction.';
  const name = `${model} version ${version}`;
  const same = prediction.probabilities.every((probability, label) => probability === probabilities[label]);
  if (same) return `The server returned identical probabilities (${name}).`;
  return `The server returned ${prediction.class} (${formatPercent(prediction.confidence)}), using ${name}.`;
}
