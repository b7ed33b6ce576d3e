/**
 * All programs, in the order of the README.
 */
import type { Program } from './lesson.ts';
import { autoencoder } from './models/autoencoder.ts';
import { gan } from './models/gan.ts';
import { lenet } from './models/lenet.ts';
import { mlp } from './models/mlp.ts';
import { mobilenet } from './models/mobilenet.ts';
import { resnet } from './models/resnet.ts';
import { siamese } from './models/siamese.ts';
import { unet } from './models/unet.ts';
import { vae } from './models/vae.ts';

/** The programs of the gallery. */
export const programs: readonly Program[] = [mlp, lenet, resnet, mobilenet, unet, autoencoder, vae, gan, siamese];
