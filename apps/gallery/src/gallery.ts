/**
 * All programs, in the order of the README.
 */
import type { Program } from './lesson.ts';
import { autoencoder } from './models/autoencoder.ts';
import { gan } from './models/gan.ts';
import { gpt } from './models/gpt.ts';
import { lenet } from './models/lenet.ts';
import { mlp } from './models/mlp.ts';
import { mobilenet } from './models/mobilenet.ts';
import { recommender } from './models/recommender.ts';
import { resnet } from './models/resnet.ts';
import { siamese } from './models/siamese.ts';
import { tabular } from './models/tabular.ts';
import { tagger } from './models/tagger.ts';
import { transformer } from './models/transformer.ts';
import { translator } from './models/translator.ts';
import { unet } from './models/unet.ts';
import { vae } from './models/vae.ts';

/** The programs of the gallery. */
export const programs: readonly Program[] = [
  mlp,
  lenet,
  resnet,
  mobilenet,
  unet,
  autoencoder,
  vae,
  gan,
  siamese,
  tagger,
  translator,
  transformer,
  gpt,
  recommender,
  tabular,
];
