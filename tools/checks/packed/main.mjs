// Installs the packed packages in empty folders and uses them as each kind of user would: one package alone, a few
// packages by hand, the whole framework; in JavaScript (import and require) and strict TypeScript.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack, root, run } from './pack.mjs';

const work = mkdtempSync(join(tmpdir(), 'dl-packed-'));
const tarballs = pack(work);

const ALONE = `
const x = tensor([[1, 2], [3, 4]]);
if (x.matmul(x).sum().itemSync() !== 54) throw new Error('tensor computed wrongly');
`;
const BY_HAND = `
setBackend(cpu());
const w = new Variable([0, 0]);
const x = tensor([[1, 0], [0, 1], [1, 1]]);
const y = tensor([1, 2, 3]);
const optimizer = new Adam(0.1);
for (let i = 0; i < 400; i++) {
  const { grads } = variableGrads(() => x.matmul(w).sub(y).square().mean(), [w]);
  optimizer.apply(grads, [w]);
}
const [a, b] = w.value.dataSync();
if (Math.abs(a - 1) > 0.05 || Math.abs(b - 2) > 0.05) throw new Error('regression ended at ' + a + ', ' + b);
`;
const WHOLE = `
const small = MobileNetV2({ inputShape: [32, 32, 3], alpha: 0.35, classes: 2 });
if (small.output.shape[1] !== 2) throw new Error('MobileNetV2 has another output');
const bytes = writeSafetensors(new Map([['w', { dtype: 'int8', shape: [1], data: Int8Array.of(7) }]]));
if (readSafetensors(bytes).arrays.get('w')!.data[0] !== 7) throw new Error('safetensors were read wrongly');
const data = Array.from({ length: 64 }, (_, i) => Array.from({ length: 32 }, (_, j) => Math.sin(i * j)));
const labels = data.map((_, i) => Array.from({ length: 10 }, (_, k) => Number(k === i % 10)));
const model = new Sequential();
model.add(new layers.Dense(64, { activation: 'relu', inputShape: [32] }));
model.add(new layers.Dense(64, { activation: 'relu' }));
model.add(new layers.Dense(10));
model.compile({
  optimizer: new optimizers.Adam(0.01),
  loss: new losses.CategoricalCrossentropy({ fromLogits: true }),
  metrics: ['accuracy'],
});
model.fit(data, labels, { epochs: 10, batchSize: 32, verbose: 0 }).then(async (history) => {
  if (getBackend().name !== 'cpu') throw new Error('backend is ' + getBackend().name);
  const loss = history.history['loss']!;
  if (!(loss.at(-1)! < loss[0]!)) throw new Error('the loss did not fall');
  const more = await model.fit(data, labels, { epochs: 2, worker: true, verbose: 0 });
  const later = more.history['loss']!;
  if (!(later.at(-1)! < loss[0]!)) throw new Error('the loss did not fall in a worker');
  const { port1, port2 } = new MessageChannel();
  serveModel(model, port1);
  const loaded = await connect(port2).evaluate(data, labels, { returnDict: true, verbose: 0 });
  if (!('accuracy' in loaded)) throw new Error('a served model has no accuracy');
  if (!(await history.toSVG()).startsWith('<svg')) throw new Error('learning curves are no SVG');
  const curve = await rocCurve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]);
  if (curve.area !== 0.75) throw new Error('the ROC curve has the area ' + curve.area);
  if ((await compareBackends(model, data)).first !== null) throw new Error('backends differ');
  port1.close();
});
`;
const USES = {
  alone: [['@dl/tensor'], { '@dl/tensor': ['tensor'] }, ALONE],
  byHand: [
    ['@dl/tensor', '@dl/autograd', '@dl/optim', '@dl/backend-cpu'],
    {
      '@dl/tensor': ['setBackend', 'tensor', 'Variable'],
      '@dl/autograd': ['variableGrads'],
      '@dl/optim': ['Adam'],
      '@dl/backend-cpu': ['cpu'],
    },
    BY_HAND,
  ],
  whole: [
    Object.keys(tarballs),
    {
      '@dl/keras': ['Sequential', 'layers', 'losses', 'optimizers', 'getBackend'],
      '@dl/keras/applications': ['MobileNetV2'],
      '@dl/keras/debug': ['compareBackends'],
      '@dl/keras/reports': ['rocCurve'],
      '@dl/keras/worker': ['connect', 'serveModel'],
      '@dl/formats': ['readSafetensors', 'writeSafetensors'],
    },
    WHOLE,
  ],
};

try {
  for (const [use, [packages, names, body]] of Object.entries(USES)) {
    const folder = join(work, use);
    mkdirSync(folder);
    const dependencies = Object.fromEntries(packages.map((name) => [name, tarballs[name]]));
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
    run(folder, 'npm', 'install', '--no-audit', '--no-fund', '--prefer-offline');
    const plain = body.replaceAll(']!', ']').replaceAll(')!', ')');
    const pairs = Object.entries(names);
    const imports = pairs.map(([from, list]) => `import { ${list.join(', ')} } from '${from}';\n`).join('');
    const requires = pairs.map(([from, list]) => `const { ${list.join(', ')} } = require('${from}');\n`).join('');
    writeFileSync(join(folder, 'import.mjs'), imports + plain);
    writeFileSync(join(folder, 'require.cjs'), requires + plain);
    writeFileSync(join(folder, 'strict.ts'), imports + body.replace('const [a, b]', 'const [a = 0, b = 0]'));
    run(folder, process.execPath, 'import.mjs');
    run(folder, process.execPath, 'require.cjs');
    const flags = ['--strict', '--noEmit', '--target', 'es2022', '--module', 'nodenext', '--skipLibCheck', 'false'];
    run(
      folder,
      process.execPath,
      join(root, 'node_modules/typescript/bin/tsc'),
      ...flags,
      '--lib',
      'es2023,dom,esnext.disposable',
      'strict.ts',
    );
    console.log(`packed, ${use}: import, require and strict TypeScript work on Node ${process.versions.node}`);
  }
} catch (error) {
  console.error(error.message, error.stdout ?? '', error.stderr ?? '');
  process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
