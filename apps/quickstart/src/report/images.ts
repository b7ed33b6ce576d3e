// The grid of test images with the model's answers.
import { escapeText as escape, formatShare as percent } from '@dl/keras/reports';
import type { ReportImage } from './data.ts';
import { pngDataUri } from './png.ts';

const figure = (image: ReportImage, classNames: readonly string[]): string => {
  const truth = classNames[image.label] ?? `class ${image.label}`;
  const answer = classNames[image.predicted] ?? `class ${image.predicted}`;
  const isRight = image.label === image.predicted;
  const sure = image.confidence === undefined ? '' : ` <span class="sure">${percent(image.confidence)}</span>`;
  const caption = isRight
    ? `<span class="said"><span class="sign">✓</span> ${escape(answer)}</span>${sure}`
    : `<span class="said"><span class="sign">✗</span> ${escape(answer)}</span>${sure}<span class="truth">is ${escape(truth)}</span>`;
  const alt = isRight ? truth : `${truth}, taken for ${answer}`;
  return (
    `<figure class="${isRight ? 'image' : 'image mistake'}"><img src="${pngDataUri(image.pixels, image.width, image.height)}" ` +
    `width="${image.width}" height="${image.height}" alt="${escape(alt)}"/><figcaption>${caption}</figcaption></figure>`
  );
};

/** The images as a grid, in the order given. */
export const imageGrid = (images: readonly ReportImage[], classNames: readonly string[]): string =>
  `<div class="images">${images.map((image) => figure(image, classNames)).join('')}</div>`;
