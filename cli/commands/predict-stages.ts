/** `predict --explain`: the stages from images to inputs, as a page. */
import { EdgeMlpError } from '../../src/core/errors.ts';
import { formatConfidence, isRecognized } from '../../src/core/recognition.ts';
import { explainPicture, type PictureStage } from '../../src/data/picture/index.ts';
import { reduce, wholeBox } from '../../src/data/picture/raster.ts';
import type { ModelInfo } from '../../src/format/metadata.ts';
import { checkTakesImages, type readInput } from '../data/samples.ts';
import { writeWhole } from '../files.ts';
import { openModel } from '../model.ts';
import { formatCount } from '../numbers.ts';
import { type ExplainedPicture, stagesPage } from '../report/picture-stages.ts';
import { note } from '../terminal.ts';
import { nameAnswer } from './prediction-output.ts';

/** Longer sides are reduced for the page. */
const SHOWN_SIDE = 400;

/**
 * Writes the page of the files that `read` returns. Images that cannot be read have their stages up to the error. Throws
 * EdgeMlpError "bad-argument" without images, or "bad-data" for one that cannot be decoded.
 */
export async function writeStages(
  model: string,
  files: readonly string[],
  out: string,
  read: typeof readInput,
): Promise<void> {
  const pictures: ExplainedPicture[] = [];
  const predictor = await openModel(model);
  for (const file of files) {
    const { name, decode } = await read(file);
    if (decode === undefined) continue;
    const image = await decode();
    const stages: PictureStage[] = [];
    const answer = describe(predictor, (info) => {
      checkTakesImages(info, name);
      return explainPicture(image, info, name, stages).inputs;
    });
    pictures.push({ name, answer, stages: stages.map(shrink) });
  }
  if (pictures.length === 0) {
    throw new EdgeMlpError('bad-argument', '--explain: expected images (PNG, JPEG or WebP), got other files');
  }
  await writeWhole(out, [stagesPage(model, pictures)]);
  note(`${out}: stages of ${formatCount(pictures.length, 'image')}`);
}

/** The predicted class with its probability, or the message of the error. */
function describe(
  { model: { info }, mlp }: Awaited<ReturnType<typeof openModel>>,
  prepare: (info: ModelInfo) => Uint8Array,
): string {
  try {
    const { label, probabilities } = mlp.predict(prepare(info));
    const name = nameAnswer(info.classes[label] ?? String(label), isRecognized(info, probabilities));
    return `${name} · ${formatConfidence(probabilities[label] ?? 0)} sure`;
  } catch (error) {
    if (error instanceof EdgeMlpError) return error.message;
    throw error;
  }
}

function shrink({ name, image }: PictureStage): PictureStage {
  const factor = Math.ceil(Math.max(image.width, image.height) / SHOWN_SIDE);
  return { name, image: reduce(image, factor, wholeBox(image)) };
}
