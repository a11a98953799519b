/** Sends the sample to the server and compares the two answers. */

import type { Answer } from '../answers/answer.ts';
import { describeTargets } from '../answers/target-values.ts';
import { formatConfidence } from '../format.ts';
import type { Sample } from '../inputs/sample.ts';
import { createClient } from '../service.ts';
import type { RegisteredVersion } from './selected-model.ts';

/** `registered` is the model to ask for; default: the bundled one. Returns a sentence with the result. */
export async function compareWithServer(answer: Answer, registered: RegisteredVersion | undefined): Promise<string> {
  const { same, text, model, version } = await ('values' in answer
    ? askForValues(answer, registered)
    : askForClass(answer, registered));
  const name = `${model} version ${version}`;
  const kind = 'values' in answer ? 'values' : 'probabilities';
  return same ? `The server returned identical ${kind} (${name}).` : `The server returned ${text}, using ${name}.`;
}

async function askForClass(
  { sample, prediction }: Extract<Answer, { prediction: unknown }>,
  registered: RegisteredVersion | undefined,
) {
  const { predictions, ...answered } = await createClient().predict(encodeSample(sample), registered);
  const [{ probabilities = [], confidence = 0, class: name } = {}] = predictions;
  const same =
    probabilities.length > 0 && probabilities.every((value, label) => value === prediction.probabilities[label]);
  return {
    ...answered,
    same,
    text: name === undefined ? 'no prediction' : `${name} (${formatConfidence(confidence)})`,
  };
}

async function askForValues(
  { sample, values }: Extract<Answer, { values: unknown }>,
  registered: RegisteredVersion | undefined,
) {
  const { predictions, ...answered } = await createClient().predictValues(encodeSample(sample), registered);
  const returned = predictions[0]?.values ?? {};
  const same = Object.entries(values).every(([name, value]) => value === returned[name]);
  return { ...answered, same, text: describeTargets(returned) || 'no prediction' };
}

function encodeSample({ raw }: Sample) {
  return raw instanceof Uint8Array ? Uint8Array.from(raw) : { inputs: [...raw] };
}
