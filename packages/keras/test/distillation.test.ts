/**
 * Distillation: values by hand, what is trained, and features of layers.
 */
import { describe, expect, test } from 'vitest';
import { Distiller, DistillationLoss, FeatureDistillation, LogitsDistillation } from '../src/distillation.ts';
import { Input, layers, Model, normal, Sequential, setSeed, tensor, type Tensor } from '../src/index.ts';

const logSoftmax = (row: readonly number[]): number[] => {
  const total = Math.log(row.reduce((sum, v) => sum + Math.exp(v), 0));
  return row.map((v) => v - total);
};

describe('losses', () => {
  const teacher = [
    [2, 0, -1],
    [0, 1, 3],
  ];
  const student = [
    [1, 1, 0],
    [0, 0, 1],
  ];

  test('the divergence of softened probabilities, times the temperature squared', () => {
    const wanted =
      teacher.reduce((sum, row, i) => {
        const [p, q] = [logSoftmax(row.map((v) => v / 2)), logSoftmax(student[i]!.map((v) => v / 2))];
        return sum + p.reduce((total, v, k) => total + Math.exp(v) * (v - q[k]!), 0);
      }, 0) *
      (4 / 2);
    const loss = new LogitsDistillation({ temperature: 2 });
    const context = { teacher: tensor(teacher), student: tensor(student) };
    expect(loss.computeLoss(context).arraySync()).toBeCloseTo(wanted, 5);
    expect(loss.computeLoss({ ...context, student: context.teacher }).arraySync()).toBeCloseTo(0, 6);
  });

  test('other losses compare divided logits; features are compared as they are', () => {
    const context = { teacher: tensor([[2, 4]]), student: tensor([[0, 2]]) };
    expect(new LogitsDistillation({ temperature: 2, loss: 'mse' }).computeLoss(context).arraySync()).toBe(1);
    expect(new FeatureDistillation().computeLoss(context).arraySync()).toBe(4);
    expect(
      new FeatureDistillation({ loss: 'mae' })
        .computeLoss({ teacher: [context.teacher, context.teacher], student: [context.student, context.teacher] })
        .arraySync(),
    ).toBe(1);
    expect(() => new FeatureDistillation().computeLoss({ ...context, student: tensor([[1]]) })).toThrow(
      'the teacher gives shape [1, 2] and the student [1, 1]',
    );
    expect(() => new LogitsDistillation({ temperature: 0 })).toThrow('temperature must be above 0');
  });
});

/** Points in three classes, by the larger of two coordinates and a third class in the middle. */
function points(seed: number, count: number): { x: Tensor; y: Int32Array } {
  setSeed(seed);
  const x = normal([count, 2]);
  const values = x.dataSync();
  const y = Int32Array.from({ length: count }, (_, i) => {
    const [a, b] = [Number(values[2 * i]), Number(values[2 * i + 1])];
    return a * a + b * b < 0.7 ? 2 : Number(a > b);
  });
  return { x, y };
}

const network = (units: number, name: string): Sequential =>
  new Sequential(
    [
      new layers.Dense(units, { activation: 'relu', inputShape: [2], name: `${name}_features` }),
      new layers.Dense(3, { name: `${name}_logits` }),
    ],
    { name },
  );

async function trainedTeacher(): Promise<Sequential> {
  const { x, y } = points(1, 600);
  const teacher = network(64, 'teacher');
  const { losses, optimizers } = await import('../src/index.ts');
  teacher.compile({
    optimizer: new optimizers.Adam(0.02),
    loss: new losses.SparseCategoricalCrossentropy({ fromLogits: true }),
    metrics: ['accuracy'],
  });
  await teacher.fit(x, y, { epochs: 40, verbose: 0 });
  return teacher;
}

describe('Distiller', () => {
  test('a student learns from its teacher alone, which stays as it is', { timeout: 120_000 }, async () => {
    const teacher = await trainedTeacher();
    const weights = await Promise.all(teacher.getWeights().map((w) => w.array()));
    const { x, y } = points(2, 400);
    setSeed(3);
    const student = network(12, 'student');
    const distiller = new Distiller(teacher, student, new LogitsDistillation({ temperature: 2 }), {
      studentLossWeight: 0,
    });
    const { optimizers } = await import('../src/index.ts');
    distiller.compile({ optimizer: new optimizers.Adam(0.03) });
    const { history } = await distiller.fit(points(4, 600).x, null, { epochs: 40, verbose: 0 });
    expect(Object.keys(history)).toEqual(['distillation_loss', 'loss', 'student_loss']);
    expect(history['distillation_loss']!.at(-1)).toBeLessThan(history['distillation_loss']![0]! / 10);
    const right = async (model: Model): Promise<number> => {
      const classes = (await model.predict(x, { verbose: 0 })).argMax(-1).dataSync();
      return y.reduce((sum, label, i) => sum + Number(Number(classes[i]) === label), 0) / y.length;
    };
    const [taught, learnt] = [await right(teacher), await right(student)];
    expect(taught).toBeGreaterThan(0.9);
    expect(learnt).toBeGreaterThan(taught - 0.1);
    expect(await Promise.all(teacher.getWeights().map((w) => w.array()))).toEqual(weights);
    expect(distiller.trainableWeights.map(({ path }) => path)).toEqual(student.weights.map(({ path }) => path));
    const [own, given] = [await student.predict(x, { verbose: 0 }), await distiller.predict(x, { verbose: 0 })];
    expect(await given.array()).toEqual(await own.array());
  });

  test('the loss is the weighted sum of its parts', async () => {
    setSeed(5);
    const [teacher, student] = [network(4, 'teacher'), network(4, 'student')];
    const { x, y } = points(6, 32);
    const distiller = new Distiller(
      teacher,
      student,
      [
        new LogitsDistillation({ temperature: 1, loss: 'mse' }),
        new FeatureDistillation({ teacherLayerName: 'teacher_features', studentLayerName: 'student_features' }),
      ],
      { distillationLossWeights: [2, 0.5], studentLossWeight: 0.25 },
    );
    distiller.compile({ optimizer: 'sgd', loss: 'sparse_categorical_crossentropy' });
    const logs = await distiller.evaluate(x, y, { verbose: 0, returnDict: true });
    const mse = (a: Tensor, b: Tensor): number => Number(a.sub(b).square().mean().arraySync());
    const features = (model: Sequential): Tensor => model.layers[0]!.apply(x);
    const distillation = 2 * mse(teacher.apply(x), student.apply(x)) + 0.5 * mse(features(teacher), features(student));
    expect(logs['distillation_loss']).toBeCloseTo(distillation, 5);
    student.compile({ loss: 'sparse_categorical_crossentropy' });
    expect(logs['student_loss']).toBeCloseTo((await student.evaluate(x, y, { verbose: 0 })) as number, 5);
    expect(logs['loss']).toBeCloseTo(0.25 * logs['student_loss']! + 0.75 * distillation, 5);
  });

  test('features of functional models train what is before them only', async () => {
    setSeed(7);
    const input = Input({ shape: [2] });
    const hidden = new layers.Dense(4, { name: 'hidden' }).apply(input);
    const student = new Model(input, new layers.Dense(3, { name: 'out' }).apply(hidden));
    const teacher = network(4, 'teacher');
    const loss = new FeatureDistillation({ teacherLayerName: 'teacher_features', studentLayerName: 'hidden' });
    const distiller = new Distiller(teacher, student, loss, { studentLossWeight: 0 });
    distiller.compile({ optimizer: 'adam' });
    const out = await student.getLayer('out').weights[0]!.value.array();
    const before = await student.getLayer('hidden').weights[0]!.value.array();
    await distiller.fit(points(8, 64).x, null, { epochs: 2, verbose: 0 });
    expect(await student.getLayer('out').weights[0]!.value.array()).toEqual(out);
    expect(await student.getLayer('hidden').weights[0]!.value.array()).not.toEqual(before);
  });

  test('what does not fit', () => {
    const [teacher, student] = [network(4, 'teacher'), network(4, 'student')];
    const loss = new LogitsDistillation();
    expect(() => new Distiller(new Sequential([new layers.Dense(1)]), student, loss)).toThrow('is not built');
    expect(() => new Distiller(teacher, student, [])).toThrow('expected distillation losses');
    expect(() => new Distiller(teacher, student, loss, { studentLossWeight: 2 })).toThrow('from 0 to 1');
    expect(() => new Distiller(teacher, student, loss, { distillationLossWeights: [1, 2] })).toThrow(
      'expected 1 distillation',
    );
    expect(() => new Distiller(teacher, student, new FeatureDistillation({ teacherLayerName: 'none' }))).toThrow(
      'no layer',
    );
    class Squared extends DistillationLoss {
      override computeLoss(): Tensor {
        return tensor(9);
      }
    }
    expect(new Distiller(teacher, student, new Squared()).studentLossWeight).toBe(0.5);
  });
});
