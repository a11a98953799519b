/** A page with the stages from each image to the inputs of a model. */
import type { PictureStage } from '../../src/data/picture/index.ts';
import { type Html, html, page } from './html.ts';
import { pictureAddress } from './pictures.ts';

export interface ExplainedPicture {
  readonly name: string;
  /** The prediction, or the message of the error. */
  readonly answer: string;
  readonly stages: readonly PictureStage[];
}

export function stagesPage(model: string, pictures: readonly ExplainedPicture[]): string {
  return page(
    'How images were read',
    html`<h1>How images were read</h1>
<p class="lead">${model} sees the last image of each row.</p>
${pictures.map(
  ({ name, answer, stages }) => html`<h2>${name}</h2>
<p>${answer}</p>
<ul class="pictures stages">${stages.map(showStage)}</ul>
`,
)}`,
  );
}

function showStage({ name, image: { width, height, pixels } }: PictureStage): Html {
  return html`<li><img src="${pictureAddress(pixels, [height, width])}" alt="" width="${width}" height="${height}">
${name}</li>
`;
}
