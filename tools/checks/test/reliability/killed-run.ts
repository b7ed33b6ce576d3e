/**
 * A process that trains and saves all the time, to be killed: once started anew as often as it takes, it writes what it ends
 * with. What each start finds is checked first.
 */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { callbacks, layers, models, optimizers, Sequential, setSeed } from '@dl/keras';

const [folder = '', withBackup = 'yes'] = process.argv.slice(2);
const file = (name: string): string => `${folder}/${name}`;

setSeed(5);
const rows = Array.from({ length: 24 }, (_, i) => [Math.sin(i), Math.cos(2 * i), i / 24]);
const targets = rows.map(([a, b, c]) => [a! * c! - b!]);

const model = new Sequential([
  new layers.Dense(48, { activation: 'relu', inputShape: [3] }),
  new layers.BatchNormalization(),
  new layers.Dropout(0.25),
  new layers.Dense(1),
]);
model.compile({ optimizer: new optimizers.Adam(0.01, { useEma: true }), loss: 'mse' });

// The old file or the new one, whole.
if (existsSync(file('model.keras'))) {
  const saved = await models.loadModel(file('model.keras'));
  if (saved.countParams() !== model.countParams()) throw new Error('model.keras is another model');
}

const list = [
  new callbacks.ReduceLROnPlateau({ monitor: 'loss', patience: 1, minDelta: 0.05 }),
  new callbacks.ModelCheckpoint(file('model.keras'), { saveFreq: 2 }),
];
if (withBackup === 'yes') list.push(new callbacks.BackupAndRestore(file('backup'), { saveFreq: 1 }) as never);
const { history } = await model.fit(rows, targets, { epochs: 5, batchSize: 4, callbacks: list, verbose: 0 });

const variables = [...model.variables, ...model.optimizer.variables];
const state = await Promise.all(variables.map(async (variable) => [...(await variable.read().data())]));
writeFileSync(file('end.json'), JSON.stringify({ state, history, left: readdirSync(folder).sort() }));
